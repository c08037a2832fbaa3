"""Promises of generator and checks against the real importer, fed by the fake upstream."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadtests.generator import Load, start_generator
from loadtests.smoke import run_smoke
from tests.servers import running

READY_WITHIN_S = 15.0
GAMES = 30


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The importer with three places, behind an upstream that is not in a hurry: 500 games a second."""
    folder = tmp_path_factory.mktemp("importer")
    upstream = ["fake_lichess", "--profile", "lichess", "--speed", "20", "--max-streams", "0", "--seed", "1"]
    with running(upstream) as fake:
        environment = {"DATABASE_PATH": str(folder / "games.sqlite3"), "LICHESS_BASE_URL": fake}
        with running(["importer"], environment) as url:
            yield url


def test_five_users_meet_three_places(importer: str, tmp_path: Path) -> None:
    """Three imports run at once, two wait their turn, all complete, and the rows agree with the server's own word."""
    users = tuple(f"player{number}" for number in range(1, 6))
    with start_generator(Load(importer, users, GAMES, "aligned", 30.0), tmp_path) as generator:
        assert generator.wait_ready(READY_WITHIN_S)
        generator.release()
        assert generator.wait(30)
        made = generator.collect(time.monotonic())
    assert made.outcome == "finished"
    assert sorted(row.queue_position or 0 for row in made.imports) == [0, 0, 0, 1, 2]
    for row in made.imports:
        item = httpx.get(f"{importer}/api/v1/imports/{row.import_id}", trust_env=False).json()
        assert (row.user, row.state, row.stored) == (item["user_id"], "completed", GAMES)
        assert (row.fetched, row.duplicates, row.rejected) == (item["fetched"], item["duplicates"], item["rejected"])
        assert row.queue_wait_s == item["queue_wait_s"]
        assert row.done_s is not None
        assert row.sent_s is not None
        assert row.accepted_s is not None
        assert row.sent_s <= row.accepted_s <= row.done_s
        # The end is seen at the next look; how much later depends on how busy the machine is.
        assert item["elapsed_s"] + item["queue_wait_s"] <= row.done_s - row.sent_s
    assert made.cpu_s is not None
    assert made.cpu_s / made.wall_s < 0.5


def test_the_published_checks_pass_and_pass_again(importer: str) -> None:
    """The importer passes the four published checks, also with accounts that it has imported before."""
    users = tuple(f"player{number}" for number in range(11, 15))
    for _ in range(2):
        checks = run_smoke(importer, users, GAMES, 30.0)
        assert [check.passed for check in checks] == [True] * 4, checks
