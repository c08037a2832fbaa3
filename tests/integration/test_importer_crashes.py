"""Whatever ends the server at whatever moment, every import that it accepted ends up with exactly the truth's games."""

import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.crashing import FAKE, GAMES_WANTED, assert_the_truth, crash, environment, imports, request, state
from tests.importer_nursery import Nursery, nursery
from tests.importer_process import end_of, poll
from tests.servers import running


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake Lichess without limits."""
    with running(FAKE) as url:
        yield url


@pytest.fixture(scope="module")
def here() -> Iterator[Nursery]:
    """Start importers by forking."""
    with nursery() as started:
        yield started


def complete(here: Nursery, path: Path, upstream: str, user: str) -> None:
    """Start a server that nobody kills, let it finish and compare with the truth."""
    url = here.start(environment(path, upstream))
    with httpx.Client(base_url=url or "") as client:
        for row in imports(path, user):
            assert end_of(client, row.import_id)["status"] == "completed"
    assert here.signal(signal.SIGTERM) == 0
    assert_the_truth(path, upstream, user)


def test_forty_random_deaths_lose_and_double_nothing(tmp_path: Path) -> None:
    """Killed again and again, from before it listens until after it is done; `make crash-test` does it 200 times."""
    seen = crash(40, 1, tmp_path)
    assert seen.lives >= 40
    assert {"queued", "reading_existing", "streaming"} <= set(seen.unfinished)


def in_the_queue(here: Nursery, path: Path, upstream: str) -> str:
    """Kill a server while the import of the returned user waits behind others, of which two run at once."""
    users = [f"player{number}" for number in range(9)]
    assert request(here.start(environment(path, upstream)), users) == users
    here.signal(signal.SIGKILL)
    assert imports(path, users[-1])[0].phase == "queued"
    return users[-1]


def while_reading(here: Nursery, path: Path, upstream: str) -> str:
    """Kill a server that cannot go on to streaming, because another program holds the database."""
    request(here.start(environment(path, upstream)), ["player1"])
    here.signal(signal.SIGKILL)
    with closing(sqlite3.connect(path / "games.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        url = here.start(environment(path, upstream))
        assert state(url, "player1")["phase"] == "reading_existing"
        here.signal(signal.SIGKILL)
    return "player1"


def while_streaming(here: Nursery, path: Path, upstream: str) -> str:
    """Kill a server in the middle of a stream."""
    url = here.start(environment(path, upstream))
    with httpx.Client(base_url=url or "") as client:
        import_id = state(url, "player1")["import_id"]
        while (phase := poll(client, import_id)["phase"]) not in {"streaming", "finished"}:
            pass
    assert phase == "streaming"
    here.signal(signal.SIGKILL)
    return "player1"


def when_finished(here: Nursery, path: Path, upstream: str) -> str:
    """Kill a server that has just stored the end of an import."""
    url = here.start(environment(path, upstream))
    with httpx.Client(base_url=url or "") as client:
        end_of(client, state(url, "player1")["import_id"])
    here.signal(signal.SIGKILL)
    return "player1"


@pytest.mark.parametrize("die", [in_the_queue, while_reading, while_streaming, when_finished])
def test_a_death_in_each_phase_is_survived(
    here: Nursery, upstream: str, tmp_path: Path, die: Callable[[Nursery, Path, str], str]
) -> None:
    """Wherever an import stands when its server is killed, the next server completes it."""
    complete(here, tmp_path, upstream, die(here, tmp_path, upstream))


@pytest.mark.parametrize("seed", range(5))
def test_a_power_cut_is_survived(here: Nursery, upstream: str, tmp_path: Path, seed: int) -> None:
    """A power cut leaves the files as they were at one moment, less the end of the log that was not synced.

    An import that was accepted is never in that part; where the log ends in the middle of a write, it ends there.
    """
    chance = random.Random(seed)
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    url = here.start(environment(before, upstream))
    import_id = state(url, "player1")["import_id"]
    log = before / "games.sqlite3-wal"
    synced_bytes, games = log.stat().st_size, chance.randrange(GAMES_WANTED)
    with httpx.Client(base_url=url or "") as client:
        while poll(client, import_id)["stored"] < games:
            pass
    assert here.signal(signal.SIGSTOP) is None
    shutil.copytree(before, after, ignore=shutil.ignore_patterns("*-shm"))
    here.signal(signal.SIGKILL)
    with (after / log.name).open("r+b") as copy:
        copy.truncate(chance.randint(synced_bytes, log.stat().st_size))
    complete(here, after, upstream, "player1")
