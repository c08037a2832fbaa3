"""Kills the importer at random moments until every import it accepted is complete, and compares with the truth.

``python -m tests.crashing --crashes 200 --seed 7`` is the long form of what the suite does with fewer crashes.
"""

import argparse
import random
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from importer.store import Account, ImportFilter, ImportRow, Status, Store
from tests.importer_nursery import Nursery, nursery
from tests.importer_process import true_ids
from tests.servers import running

FAKE = ["fake_lichess", "--profile", "unlimited", "--games", "150", "--seed", "5"]
GAMES_WANTED = 60
USERS_A_ROUND = 3

# A choice: from a death before the server listens to one after several imports are done, most of them in between.
LIFE_MOST_S = 0.5

# Small batches make many moments between two commits; one import always waits while two run.
SETTINGS = {"IMPORT_BATCH_SIZE": "7", "EXISTING_GAMES_PAGE_SIZE": "5", "MAX_CONCURRENT_IMPORTS": "2"}


@dataclass
class Crashes:
    """What was killed, and in which states."""

    lives: int = 0
    rounds: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)  # phases as the database had them after each death


def environment(path: Path, upstream: str) -> dict[str, str]:
    """Return the settings of an importer on the database in *path*."""
    return {"DATABASE_PATH": str(path / "games.sqlite3"), "LICHESS_BASE_URL": upstream, **SETTINGS}


def state(url: str | None, user: str) -> dict[str, Any]:
    """Return the unfinished import of a user as a living server shows it: asking for it again returns it."""
    body = {"user_id": user, "platform": "lichess", "limit": GAMES_WANTED}
    shown: dict[str, Any] = httpx.post(f"{url}/api/v1/import-more-games", json=body, timeout=10).json()
    return shown


def request(url: str | None, users: Sequence[str]) -> list[str]:
    """Ask for an import of each user; return those that were accepted before the server died."""
    accepted: list[str] = []
    try:
        for user in users if url is not None else []:
            assert state(url, user)["import_id"]
            accepted.append(user)
    except httpx.TransportError:
        pass  # it died: what it did not accept is asked for again
    return accepted


def imports(path: Path, user: str) -> list[ImportRow]:
    """Return the imports of a user as a dead server left them.

    A copy is read: whoever opens the files themselves tidies up, which is left for the next server to do.
    """
    with TemporaryDirectory() as copy:
        for file in path.glob("games.sqlite3*"):
            shutil.copy(file, copy)
        with closing(Store(f"{copy}/games.sqlite3")) as store:
            return store.list_imports(ImportFilter(user_id=user), None, 10)


def assert_the_truth(path: Path, upstream: str, user: str, wanted: int = GAMES_WANTED) -> None:
    """Compare what is stored with what an import that nobody disturbed would have stored."""
    (row,) = imports(path, user)
    assert (row.status, row.stored, row.error) == (Status.COMPLETED, wanted, None), row
    assert row.fetched == row.stored + row.duplicates + row.rejected, row
    with closing(Store(str(path / "games.sqlite3"))) as store:
        stored = [game_id for game_id, _ in store.newest_first(Account("lichess", user))]
    assert sorted(stored) == sorted(true_ids(upstream, user, max=wanted))


def one_round(here: Nursery, path: Path, upstream: str, chance: random.Random, seen: Crashes) -> None:
    """Let importers die until the imports of new users are complete; they must be exactly the truth."""
    users = [f"player{seen.rounds:03}{letter}" for letter in "abcde"[:USERS_A_ROUND]]
    missing = list(users)
    while missing or any(row.status is not Status.COMPLETED for user in users for row in imports(path, user)):
        url = here.start(environment(path, upstream), chance.uniform(0, LIFE_MOST_S))
        accepted = request(url, missing)
        missing = [user for user in missing if user not in accepted]
        if url is not None:
            here.await_death()
        seen.lives += 1
        seen.unfinished.update({row.phase for user in users for row in imports(path, user)})
    for user in users:
        assert_the_truth(path, upstream, user)
    seen.rounds += 1


def crash(crashes: int, seed: int, path: Path) -> Crashes:
    """Kill importers at least *crashes* times."""
    chance = random.Random(seed)
    seen = Crashes()
    with running(FAKE) as upstream, nursery() as here:
        while seen.lives < crashes:
            one_round(here, path, upstream, chance, seen)
    return seen


def main(argv: Sequence[str]) -> int:
    """Crash as often as the command line asks for; whatever is not the truth raises."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashing", description=__doc__)
    parser.add_argument("--crashes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        seen = crash(arguments.crashes, arguments.seed, Path(folder))
    found = ", ".join(f"{phase} {count}" for phase, count in sorted(seen.unfinished.items()))
    sys.stdout.write(
        f"{seen.lives} servers killed over {seen.rounds * USERS_A_ROUND} imports of {GAMES_WANTED} games; "
        f"found after a death: {found}; every game of the truth stored, each once\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
