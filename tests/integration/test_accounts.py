"""Accounts are prepared and checked through the target's own commands."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.accounts import Accounts, Commands, check, prepare
from loadtests.errors import UsageError
from loadtests.inputs import read_target
from loadtests.record import TruthCheck
from loadtests.target import Store, Target
from loadtests.upstream import RunningUpstream
from tests.servers import running

ENVIRONMENT = {"PATH": os.environ["PATH"]}
USERS = ("player1", "player2")


@pytest.fixture(scope="module")
def upstream() -> Iterator[RunningUpstream]:
    """Run a fake upstream whose accounts hold 60 games."""
    with running(["fake_lichess", "--profile", "unlimited", "--games", "60"]) as url:
        running_upstream = RunningUpstream(url, None)
        yield running_upstream
        running_upstream.close()


def importer_commands() -> Commands:
    target = read_target("importer")
    assert target.store is not None
    return Commands(target, target.store, sys.executable, ENVIRONMENT)


def listing_commands(list_command: tuple[str, ...], add_command: tuple[str, ...] = ("true",)) -> Commands:
    store = Store(file="x", add_command=add_command, list_command=list_command)
    target = Target.model_validate(
        {"name": "files", "python": "p", "command": ["c"], "ready_path": "/", "store": store.model_dump()}
    )
    return Commands(target, store, "p", ENVIRONMENT)


def test_accounts_hold_the_older_games_and_expect_the_newer(upstream: RunningUpstream, tmp_path: Path) -> None:
    """The store gets every game but the newest, and an import that adds nothing is found 10 games short."""
    folder = tmp_path / "store"
    folder.mkdir()
    accounts = prepare(upstream, importer_commands(), Accounts(USERS, 10, 50, folder, {}), tmp_path)
    assert (accounts.new_games, accounts.stored_games) == (10, 50)
    found = check(accounts, USERS, importer_commands(), folder)
    assert found == TruthCheck(expected=120, stored=100, missing=20, unexpected=0, doubled=0)
    assert not found.exactly_once()


def test_a_short_history_gives_fewer_games(upstream: RunningUpstream, tmp_path: Path) -> None:
    """An account of 60 games asked for 40 new and 50 stored keeps 20 stored; asked for 100 new it keeps none."""
    folder = tmp_path / "store"
    folder.mkdir()
    some = prepare(upstream, importer_commands(), Accounts(USERS[:1], 40, 50, folder, {}), tmp_path)
    none = prepare(upstream, importer_commands(), Accounts(USERS[:1], 100, 50, folder, {}), tmp_path)
    assert (some.new_games, some.stored_games) == (40, 20)
    assert (none.new_games, none.stored_games, none.folder) == (60, 0, None)


def test_a_target_without_a_store_starts_empty(upstream: RunningUpstream, tmp_path: Path) -> None:
    """Without store commands nothing is prepared and every game is new."""
    accounts = prepare(upstream, None, Accounts(USERS[:1], 40, 50, tmp_path, {}), tmp_path)
    assert (accounts.stored_games, accounts.folder) == (0, None)
    assert len(accounts.expected_ids["player1"]) == 40


def test_missing_unexpected_and_doubled_games_are_told_apart(tmp_path: Path) -> None:
    """One game lost, one from nowhere and one stored twice are each counted as what they are."""
    (tmp_path / "player1.ids").write_text("a\nb\nb\nx\n")
    commands = listing_commands(("cat", "{folder}/{user}.ids"))
    accounts = Accounts(("player1",), 3, 0, None, {"player1": frozenset("abc")})
    found = check(accounts, ("player1",), commands, tmp_path)
    assert found == TruthCheck(expected=3, stored=4, missing=1, unexpected=1, doubled=1)


def test_a_store_command_that_fails_is_named(upstream: RunningUpstream, tmp_path: Path) -> None:
    """The sentence names the target, the command and its last words."""
    commands = listing_commands(("true",), ("sh", "-c", "echo no such table >&2; exit 3"))
    with pytest.raises(UsageError, match=r"target files.*no such table"):
        prepare(upstream, commands, Accounts(("player1",), 10, 50, tmp_path, {}), tmp_path)


def test_a_store_command_that_stores_too_little_is_refused(upstream: RunningUpstream, tmp_path: Path) -> None:
    """An add command that says it succeeded and stored nothing does not pass as prepared."""
    with pytest.raises(UsageError, match=r"stored 0 of player1's 50 games"):
        prepare(upstream, listing_commands(("true",)), Accounts(("player1",), 10, 50, tmp_path, {}), tmp_path)


def test_a_window_never_splits_an_instant(tmp_path: Path) -> None:
    """Games of one day without a time are stored together or not at all, so a few more are stored than asked for."""
    tags = '[Event "e"]\n[Date "{year}.01.01"]\n[White "w{number}"]\n[Black "b"]\n[Result "1-0"]\n'
    game = tags + "\n1. e4 e5 2. {move} 1-0\n\n"
    moves = ("Nf3", "Nc3", "Bc4", "d4", "f4", "c3")
    texts = [game.format(year=2000 + number // 6, number=number, move=moves[number % 6]) for number in range(24)]
    file = tmp_path / "days.pgn"
    file.write_text("".join(texts))
    folder = tmp_path / "store"
    folder.mkdir()
    with running(["fake_lichess", "--profile", "unlimited", "--replay", str(file)]) as url:
        replayed = RunningUpstream(url, file)
        accounts = prepare(replayed, importer_commands(), Accounts(USERS[:1], 4, 9, folder, {}), tmp_path)
        replayed.close()
    assert (accounts.new_games + accounts.stored_games, len(accounts.expected_ids["player1"])) == (18, 18)
