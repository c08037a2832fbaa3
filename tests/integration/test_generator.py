"""Promises of the load generator, kept by a real Locust against a scripted importer."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from loadtests.errors import GeneratorUnusable
from loadtests.generator import Load, RunningGenerator, start_generator
from tests.servers import running

USERS = ("ann", "bob", "cid", "dee", "eve")
# Locust's start takes half a second; a machine that runs other tests as well may need ten times that.
READY_WITHIN_S = 15.0
NOBODY = "http://127.0.0.1:1"  # nothing listens on the port kept for a service that no machine runs


@contextmanager
def stand_in(script: str = "completes", *arguments: str) -> Iterator[str]:
    """A scripted importer that runs five imports at once."""
    with running(["tests.stand_in_importer", "--script", script, "--at-once", "5", *arguments]) as url:
        yield url


@contextmanager
def ready_generator(url: str, folder: Path, **changes: Any) -> Iterator[RunningGenerator]:
    """A generator whose five users wait for their release."""
    plain = {"users": USERS, "games_per_user": 10, "start": "aligned", "time_limit_s": 10.0, "poll_interval_s": 0.05}
    with start_generator(Load(url=url, **{**plain, **changes}), folder) as generator:
        assert generator.wait_ready(READY_WITHIN_S)
        yield generator


def journal(url: str) -> list[dict[str, Any]]:
    """What the stand-in was asked so far."""
    asked: list[dict[str, Any]] = httpx.get(url + "/journal", trust_env=False).json()
    return asked


def ended_within(pid: int, timeout_s: float) -> bool:
    """Wait for a process that may be no child of ours."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    finally:
        os.close(watched)


def test_users_are_released_together(tmp_path: Path) -> None:
    """Aligned users touch nothing before the release, and then all send at once: within 20 ms on a machine at rest."""
    with stand_in() as url, ready_generator(url, tmp_path) as generator:
        assert generator.load_started_s is None
        assert journal(url) == []
        released_s = time.monotonic()
        generator.release()
        assert generator.wait(5)
        asked = [entry for entry in journal(url) if entry["method"] == "POST"]
        made = generator.collect(released_s)
    assert sorted(entry["body"]["user_id"] for entry in asked) == sorted(USERS)
    assert {entry["body"]["limit"] for entry in asked} == {10}
    assert made.load_started_s is not None
    sent_s = [row.sent_s for row in made.imports if row.sent_s is not None]
    assert len(sent_s) == 5
    assert 0 <= made.load_started_s <= min(sent_s)
    assert max(sent_s) - made.load_started_s < 0.25  # a busy machine gives five greenlets their turn late
    assert {row.scheduled_s for row in made.imports} == {made.load_started_s}


def test_a_finished_load_is_told_in_full(tmp_path: Path) -> None:
    """Each import's times are in order, its figures are the server's own, and every request has a row."""
    with stand_in("completes", "--polls", "4") as url, ready_generator(url, tmp_path) as generator:
        generator.release()
        assert generator.wait(5)
        made = generator.collect(time.monotonic())
        asked = journal(url)
    assert (made.outcome, made.message) == ("finished", "5 of 5 imports were watched to their end.")
    assert [row.user for row in made.imports] == list(USERS)
    for row in made.imports:
        times = (row.scheduled_s, row.sent_s, row.accepted_s, row.done_s)
        assert sorted(time_s for time_s in times if time_s is not None) == list(times)
        assert (row.state, row.queue_position, row.fetched, row.elapsed_s, row.error) == ("completed", 0, 10, 0.5, None)
    assert len({row.import_id for row in made.imports}) == 5
    names = [row.name for row in made.requests]
    assert len(names) == len(asked)
    assert set(names) == {"POST /api/v1/import-more-games", "GET /api/v1/imports/{id}"}
    assert made.cpu_s is not None
    assert 0 < made.cpu_s < made.wall_s


def test_staggered_users_follow_one_another(tmp_path: Path) -> None:
    """Staggered users send at fixed distances from the release, in the order of the load."""
    with stand_in() as url, ready_generator(url, tmp_path, start="staggered", stagger_s=0.2) as generator:
        generator.release()
        assert generator.wait(5)
        assert generator.load_started_s is not None
        made = generator.collect(generator.load_started_s)
    for place, row in enumerate(made.imports):
        assert row.scheduled_s == pytest.approx(place * 0.2)
        assert row.sent_s == pytest.approx(place * 0.2, abs=0.05)


def test_a_dead_server_ends_the_load_within_a_second(tmp_path: Path) -> None:
    """When the server dies in the middle nobody goes on asking; each row keeps what was known and says so."""
    with stand_in("dies", "--polls", "5") as url, ready_generator(url, tmp_path) as generator:
        generator.release()
        assert generator.wait(2)
        made = generator.collect(time.monotonic())
    assert made.outcome == "finished"
    last_answer_s = max(row.sent_s + row.response_s for row in made.requests if row.status == 200)
    assert made.load_ended_s is not None
    assert made.load_ended_s - last_answer_s < 1
    for row in made.imports:
        assert (row.state, row.done_s) == ("running", None)
        assert row.import_id is not None
        assert row.error is not None
        assert row.error.startswith("the server died or stopped answering: ")
    lost = [row for row in made.requests if row.status is None]
    assert 5 <= len(lost) <= 10
    assert all(row.error for row in lost)


@pytest.mark.parametrize(
    ("script", "state", "error", "outcome"),
    [
        ("rejects", "rejected", "422: limit must be between 1 and 100000", "finished"),
        ("overloaded", "rejected", "503: try again later", "finished"),
        ("babbles", "rejected", "202: the answer names no import_id", "finished"),
        ("fails", "failed", "no such player", "finished"),
        ("forgets", "running", "the server no longer knows the import: 404: no such import", "finished"),
        ("stutters", "completed", None, "finished"),
        ("never", "running", "not done within the 1 s of the load", "timed_out"),
        ("hangs", "running", "not done within the 1 s of the load", "timed_out"),
    ],
)
def test_every_user_has_a_row_whatever_happens(
    tmp_path: Path, script: str, state: str, error: str | None, outcome: str
) -> None:
    """Refused, failed, forgotten or unending: each import's row says how it went, and the time limit holds."""
    with stand_in(script) as url, ready_generator(url, tmp_path, time_limit_s=1.0) as generator:
        generator.release()
        assert generator.wait(3)
        made = generator.collect(time.monotonic())
    assert [(row.user, row.state, row.error) for row in made.imports] == [(user, state, error) for user in USERS]
    assert made.outcome == outcome
    assert made.wall_s < 1.2


def test_nobody_listening_is_told_at_once(tmp_path: Path) -> None:
    """Against an address where nobody listens every user sends once, gets no answer, and leaves."""
    with ready_generator(NOBODY, tmp_path) as generator:
        generator.release()
        assert generator.wait(2)
        made = generator.collect(time.monotonic())
    assert {row.state for row in made.imports} == {"unanswered"}
    assert all("refused" in (row.error or "") for row in made.imports)
    assert [row.status for row in made.requests] == [None] * 5


@pytest.mark.parametrize("script", ["never", "hangs"])
def test_stopping_keeps_the_rows_and_leaves_no_process(tmp_path: Path, script: str) -> None:
    """A load that is stopped in the middle ends soon, has a row of every user, and may be stopped again."""
    with stand_in(script) as url, ready_generator(url, tmp_path) as generator:
        child = psutil.Process(generator.pid)
        generator.release()
        assert not generator.wait(0.5)
        generator.stop()
        generator.stop()
        assert not child.is_running()
        made = generator.collect(time.monotonic())
    assert made.outcome == "stopped"
    assert {(row.state, row.error) for row in made.imports} == {
        ("running", "the load was stopped before the import was done")
    }
    assert made.wall_s < 3


def test_stopping_before_the_release_sends_nothing(tmp_path: Path) -> None:
    """Users that were never released are reported as unsent, and the server never heard of them."""
    with stand_in() as url:
        with ready_generator(url, tmp_path) as generator:
            generator.stop()
            made = generator.collect(time.monotonic())
        assert journal(url) == []
    assert {(row.state, row.sent_s) for row in made.imports} == {("unsent", None)}
    assert (made.outcome, made.load_started_s, made.requests) == ("stopped", None, ())


def test_stopping_at_once_is_possible(tmp_path: Path) -> None:
    """A generator may be stopped while Locust is still starting."""
    with start_generator(Load(NOBODY, USERS, 10, "aligned", 5.0), tmp_path) as generator:
        generator.stop()
        made = generator.collect(time.monotonic())
    assert [row.state for row in made.imports] == ["unsent"] * 5
    assert made.outcome == "stopped"


def test_a_killed_generator_still_leaves_its_rows(tmp_path: Path) -> None:
    """When Locust itself is killed the load counts as failed, and what it had seen is not lost."""
    with stand_in("never") as url, ready_generator(url, tmp_path) as generator:
        generator.release()
        assert not generator.wait(0.5)
        psutil.Process(generator.pid).kill()
        assert generator.wait(2)
        made = generator.collect(time.monotonic())
    assert made.outcome == "failed"
    assert "-9" in made.message
    assert {row.state for row in made.imports} == {"running"}
    assert made.cpu_s is not None
    assert 0 < made.cpu_s < 1


def test_a_locust_file_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    """One sentence: the file, what Python says about it, and what to do."""
    broken = tmp_path / "mine.py"
    broken.write_text("import no_such_module_of_mine\n")
    load = Load(NOBODY, USERS, 10, "aligned", 5.0, locust_file=broken)
    words = r"mine\.py.*No module named 'no_such_module_of_mine'.*by hand"
    with start_generator(load, tmp_path) as generator, pytest.raises(GeneratorUnusable, match=words) as raised:
        generator.wait_ready(30)
    assert "\n" not in str(raised.value)


def test_leaving_the_block_ends_the_process(tmp_path: Path) -> None:
    """However the block is left, Locust is gone afterwards."""
    with contextlib.suppress(KeyboardInterrupt), ready_generator(NOBODY, tmp_path) as generator:
        child = psutil.Process(generator.pid)
        raise KeyboardInterrupt
    assert not child.is_running()


def test_locust_does_not_outlive_a_killed_harness(tmp_path: Path) -> None:
    """A harness that is killed leaves no Locust behind: the end of its input tells it."""
    program = (
        "import sys, pathlib; from loadtests.generator import Load, start_generator;"
        f"generator = start_generator(Load({NOBODY!r}, ('ann',), 1, 'aligned', 5.0), pathlib.Path(sys.argv[1]));"
        "generator.wait_ready(15); print(generator.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as harness:
        assert harness.stdout is not None
        pid = int(harness.stdout.readline())
        harness.send_signal(signal.SIGKILL)
    assert ended_within(pid, 5)


def test_a_locust_that_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    """When Locust ends before its users wait, the error carries what it printed."""
    with start_generator(Load(NOBODY, ("ann",), 0, "aligned", 5.0), tmp_path) as generator:
        with pytest.raises(GeneratorUnusable, match="LOAD_GAMES='0' cannot be used"):
            generator.wait_ready(READY_WITHIN_S)
        with pytest.raises(GeneratorUnusable, match="before its users were ready"):
            generator.collect(0.0)
        with pytest.raises(GeneratorUnusable, match="gone before its users were released"):
            generator.release()


def test_a_load_without_users_is_refused(tmp_path: Path) -> None:
    """Nobody to import for is an error of the caller, told before any process starts."""
    with pytest.raises(GeneratorUnusable, match="names no user"):
        start_generator(Load(NOBODY, (), 1, "aligned", 5.0), tmp_path)


def test_a_persons_own_locust_settings_do_not_bend_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables that Locust would obey by hand are without effect under the harness."""
    monkeypatch.setenv("LOCUST_RUN_TIME", "1")
    monkeypatch.setenv("LOCUST_USERS", "1")
    monkeypatch.setenv("LOCUST_CSV", str(tmp_path / "table"))
    with stand_in("completes", "--polls", "25") as url, ready_generator(url, tmp_path) as generator:
        generator.release()
        assert generator.wait(5)
        made = generator.collect(time.monotonic())
    assert made.wall_s > 1.1
    assert {row.state for row in made.imports} == {"completed"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["locust.log", "rows.jsonl"]
