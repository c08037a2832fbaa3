"""Kills the importer at random moments until every import it accepted is complete, and compares with the truth.

``python -m tests.crashing --crashes 200 --seed 7`` is the long form of what the suite does with fewer crashes.
"""

import argparse
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from importer.store import Account, ImportFilter, ImportRow, Status, Store
from tests.importer_nursery import nursery
from tests.importer_process import end_of, true_ids
from tests.phases import GAMES_WANTED, PHASES, Scene, give, state
from tests.servers import running

FAKE = ["fake_lichess", "--profile", "unlimited", "--games", "150", "--seed", "5"]
USERS_A_ROUND = 3

# A choice: beyond the time it takes to listen, which depends on how busy the machine is; so lives end from before the
# server listens to after several imports are done, most of them in between.
LIFE_MOST_S = 0.4
# After a 429 in random lives, so that some end in the wait and some after it.
BUSY_WAIT = {"UPSTREAM_BUSY_WAIT_S": "0.1"}
# What the first player of a round meets, each once: so random moments fall into every kind of waiting too.
TROUBLES = ("too-many-requests", "status-502", "html-200", "cut-inside-game", "cut-after-game", "stall")


@dataclass
class Crashes:
    """What was killed, and in which states."""

    start_s: float = 0.0  # how long a server takes to listen
    lives: int = 0
    rounds: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)  # phases as the database had them after each death
    phases: Counter[str] = field(default_factory=Counter)  # in which a server was killed on purpose


def request(url: str | None, users: Sequence[str]) -> list[str]:
    """Ask for an import of each user; return those that were accepted before the server died."""
    accepted: list[str] = []
    try:
        for user in users if url is not None else []:
            assert state(url or "", user)["import_id"]
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


def complete(scene: Scene, user: str) -> None:
    """Start a server that nobody kills, let it finish, and compare with the truth."""
    url = scene.here.start(scene.environment())
    with httpx.Client(base_url=url or "") as client:
        for row in imports(scene.path, user):
            assert end_of(client, row.import_id)["status"] == "completed"
    assert scene.here.signal(signal.SIGTERM) == 0
    assert_the_truth(scene.path, scene.upstream, user)


def start_time_s(scene: Scene) -> float:
    """Measure how long a server takes to listen."""
    began_s = time.monotonic()
    assert scene.here.start(scene.environment()) is not None
    took_s = time.monotonic() - began_s
    assert scene.here.signal(signal.SIGTERM) == 0
    return took_s


def die_in(phase: str, scene: Scene, seen: Crashes) -> None:
    """Kill a server while an import is in that phase; the next one must complete it."""
    scene.path.mkdir(exist_ok=True)
    with PHASES[phase](scene) as user:
        assert scene.here.signal(signal.SIGKILL) == -signal.SIGKILL
    complete(scene, user)
    seen.lives += 1
    seen.phases[phase] += 1


def one_round(scene: Scene, chance: random.Random, seen: Crashes) -> None:
    """Let importers die until the imports of new users are complete; they must be exactly the truth."""
    here, path, upstream = scene.here, scene.path, scene.upstream
    users = [f"player{seen.rounds:03}{letter}" for letter in "abcde"[:USERS_A_ROUND]]
    give(upstream, users[0], {"kind": TROUBLES[seen.rounds % len(TROUBLES)]})
    missing = list(users)
    while missing or any(row.status is not Status.COMPLETED for user in users for row in imports(path, user)):
        url = here.start(scene.environment(**BUSY_WAIT), chance.uniform(0, seen.start_s + LIFE_MOST_S))
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
    """Kill importers once in every phase, and then at random moments, at least *crashes* times in all."""
    chance = random.Random(seed)
    seen = Crashes()
    with running(FAKE) as upstream, nursery() as here:
        for phase in PHASES:
            die_in(phase, Scene(here, path / phase, upstream), seen)
        while seen.lives < crashes:
            seen.start_s = start_time_s(Scene(here, path, upstream))
            one_round(Scene(here, path, upstream), chance, seen)
    assert set(seen.phases) == set(PHASES)
    return seen


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def main(argv: Sequence[str]) -> int:
    """Crash as often as the command line asks for; whatever is not the truth raises."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashing", description=__doc__)
    parser.add_argument("--crashes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        seen = crash(arguments.crashes, arguments.seed, Path(folder))
    sys.stdout.write(
        f"{seen.lives} servers killed over {seen.rounds * USERS_A_ROUND + len(seen.phases)} imports of {GAMES_WANTED} "
        f"games; killed on purpose: {_listed(seen.phases)}; found after a death at random: {_listed(seen.unfinished)}; "
        "every game of the truth stored, each once\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
