"""Whatever ends the server at whatever moment, every import that it accepted ends up with exactly the truth's games."""

import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.crashing import FAKE, complete, crash
from tests.importer_nursery import Nursery, nursery
from tests.importer_process import poll
from tests.phases import GAMES_WANTED, PHASES, Scene, state
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


def test_forty_random_deaths_lose_and_double_nothing(tmp_path: Path) -> None:
    """Killed in every phase, then at any moment of an import; `make crash-test` does it 200 times."""
    seen = crash(40, 1, tmp_path)
    assert seen.lives >= 40
    assert {"queued", "reading_existing", "streaming"} <= set(seen.unfinished)


@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_in_each_phase_is_in_time_and_loses_nothing(
    here: Nursery, upstream: str, tmp_path: Path, phase: str
) -> None:
    """Whatever an import waits for, SIGTERM ends the server cleanly within ten seconds, and the next completes it."""
    scene = Scene(here, tmp_path, upstream)
    with PHASES[phase](scene) as user:
        asked_s = time.monotonic()
        assert here.signal(signal.SIGTERM) == 0
        assert time.monotonic() - asked_s < 10
    complete(scene, user)


@pytest.mark.parametrize("seed", range(5))
def test_a_power_cut_is_survived(here: Nursery, upstream: str, tmp_path: Path, seed: int) -> None:
    """A power cut leaves the files as they were at one moment, less the end of the log that was not synced.

    An import that was accepted is never in that part; where the log ends in the middle of a write, it ends there.
    """
    chance = random.Random(seed)
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    url = here.start(Scene(here, before, upstream).environment())
    import_id = state(url or "", "player1")["import_id"]
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
    complete(Scene(here, after, upstream), "player1")
