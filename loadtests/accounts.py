"""Prepares the accounts of a run and checks afterwards that every expected game is stored exactly once.

Stored games are written and listed by the target's own commands, never by touching its tables, and always outside a
trial's cgroup.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from loadtests.errands import Errands
from loadtests.errors import UsageError
from loadtests.process import Cores
from loadtests.record import TruthCheck
from loadtests.target import Store, Target
from loadtests.upstream import Game, RunningUpstream


@dataclass(frozen=True, slots=True)
class Accounts:
    """What every trial of a run starts from, and what it must end with."""

    users: tuple[str, ...]
    new_games: int  # each user's import must add
    stored_games: int  # each user already has
    folder: Path | None  # holds the prepared store; None when the target has no store commands
    expected_ids: Mapping[str, frozenset[str]]  # by user, after the import


@dataclass(frozen=True, slots=True)
class Commands:
    """How to run the target's store commands."""

    target: Target
    store: Store
    python: str
    environment: Mapping[str, str]
    cores: Cores | None = None  # no trial runs meanwhile, so they may be the target's as well

    def add(self, user: str, file: Path, folder: Path) -> None:
        """Store the PGN *file* for *user* in *folder*."""
        self._run(self.store.add_command, folder, {"user": user, "file": str(file)})

    def listed(self, user: str, folder: Path) -> tuple[str, ...]:
        """Return the ids of *user*'s stored games in *folder*."""
        return tuple(self._run(self.store.list_command, folder, {"user": user}).split())

    def _run(self, words: Sequence[str], folder: Path, values: Mapping[str, str]) -> str:
        errands = Errands(self.target, self.python, self.environment, self.cores)
        return errands.run(words, folder, values).stdout


def prepare(upstream: RunningUpstream, commands: Commands | None, wanted: Accounts, scratch: Path) -> Accounts:
    """Fill the store with every user's older games and return the accounts as they turned out.

    Args:
        upstream: where the games come from.
        commands: the target's store commands; None leaves the accounts empty and unchecked.
        wanted: users, new and stored games asked for, and the folder to prepare; a short history gives fewer.
        scratch: folder for files that are not kept.
    """
    truths = {user: upstream.truth(user) for user in wanted.users}
    shortest = min(truths.values(), key=len)
    new_games = _boundary(shortest, wanted.new_games)
    stored = _boundary(shortest, new_games + wanted.stored_games) - new_games if commands is not None else 0
    if commands is not None and wanted.folder is not None and stored:
        for user, truth in truths.items():
            _fill(upstream, commands, Account(user, truth, new_games, stored), (wanted.folder, scratch))
    expected = {user: frozenset(game.game_id for game in truth[: new_games + stored]) for user, truth in truths.items()}
    return Accounts(wanted.users, new_games, stored, wanted.folder if stored else None, expected)


@dataclass(frozen=True, slots=True)
class Account:
    """One user's history, newest first, and where it is split."""

    user: str
    truth: tuple[Game, ...]
    new_games: int
    stored_games: int


def check(accounts: Accounts, users: Sequence[str], commands: Commands, folder: Path) -> TruthCheck:
    """Compare the stored games of *users* in *folder* with the truth."""
    # One process for each user, side by side: starting them one after the other cost more than the rest of a trial.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        listed = pool.map(lambda user: commands.listed(user, folder), users)
        stored = {user: Counter(ids) for user, ids in zip(users, listed, strict=True)}
    wanted = {user: accounts.expected_ids[user] for user in users}
    return TruthCheck(
        expected=sum(len(ids) for ids in wanted.values()),
        stored=sum(counts.total() for counts in stored.values()),
        missing=sum(len(wanted[user] - stored[user].keys()) for user in users),
        unexpected=sum(len(stored[user].keys() - wanted[user]) for user in users),
        doubled=sum(counts.total() - len(counts) for counts in stored.values()),
    )


def _boundary(truth: Sequence[Game], new_games: int) -> int:
    """Return the first index at or after *new_games* where the time changes: a window cannot split an instant."""
    index = min(new_games, len(truth))
    while 0 < index < len(truth) and truth[index].created_at_ms == truth[index - 1].created_at_ms:
        index += 1
    return index


def _fill(upstream: RunningUpstream, commands: Commands, account: Account, folders: tuple[Path, Path]) -> None:
    folder, scratch = folders
    games = account.truth[account.new_games : account.new_games + account.stored_games]
    file = scratch / f"{account.user}.pgn"
    upstream.save_games(account.user, games[-1].created_at_ms, account.truth[account.new_games - 1].created_at_ms, file)
    commands.add(account.user, file, folder)
    file.unlink()
    found = len(commands.listed(account.user, folder))
    if found != len(games):
        raise UsageError(
            f"target {commands.target.name}: its add command stored {found} of {account.user}'s {len(games)} games. "
            "Try the command by hand."
        )
