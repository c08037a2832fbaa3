"""Promises of a load that Locust's own master spreads over its own workers, on one machine."""

import time
from pathlib import Path

import psutil
import pytest

from loadtests.generator import Load, RunningGenerator, start_generator
from loadtests.orders import Start
from tests.servers import running

USERS = ("ann", "bob", "cid", "dee", "eve")
# A master waits a second for its workers; a machine that runs other tests as well may need ten times that.
READY_WITHIN_S = 30.0


def crew(url: str, folder: Path, start: Start = "aligned") -> RunningGenerator:
    """Five users over two workers."""
    load = Load(url, USERS, 10, start, 20.0, 0.05, stagger_s=0.2, workers=2)
    return start_generator(load, folder)


def family(generator: RunningGenerator) -> list[psutil.Process]:
    """The master's workers."""
    return list(psutil.Process(generator.pid).children(recursive=True))


def running_still(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are neither gone nor wait to be reaped."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("start", ["aligned", "staggered"])
def test_the_records_are_those_of_one_process(tmp_path: Path, start: Start) -> None:
    """Each user is imported once, in its place of the schedule, with every time in order; the workers' time counts."""
    with (
        running(["tests.stand_in_importer", "--at-once", "5", "--polls", "4"]) as url,
        crew(url, tmp_path, start) as generator,
    ):
        assert generator.wait_ready(READY_WITHIN_S)
        workers = family(generator)
        assert len(workers) == 2
        released_s = time.monotonic()
        generator.release()
        assert generator.wait(20)
        made = generator.collect(released_s)
        assert running_still(workers) == []
    assert (made.outcome, made.message) == ("finished", "5 of 5 imports were watched to their end.")
    assert [row.user for row in made.imports] == list(USERS)
    assert len(made.requests) == 5 * 5, "each was asked for once and looked at four times"
    offsets = [row.scheduled_s - made.imports[0].scheduled_s for row in made.imports]
    assert offsets == pytest.approx([0.0] * 5 if start == "aligned" else [0.0, 0.2, 0.4, 0.6, 0.8])
    for row in made.imports:
        times = (row.scheduled_s, row.sent_s, row.accepted_s, row.done_s)
        assert sorted(at_s for at_s in times if at_s is not None) == list(times)
        assert row.state == "completed"
    assert made.load_started_s is not None
    assert made.cpu_s is not None
    assert 0 < made.cpu_s < 2 * made.wall_s


def test_a_load_that_is_stopped_leaves_no_worker(tmp_path: Path) -> None:
    """Stopped in the middle, users over several workers say what they were at, and no process remains."""
    with (
        running(["tests.stand_in_importer", "--at-once", "5", "--polls", "400"]) as url,
        crew(url, tmp_path) as generator,
    ):
        assert generator.wait_ready(READY_WITHIN_S)
        workers = family(generator)
        generator.release()
        made = generator.collect(time.monotonic())
        assert running_still(workers) == []
    assert made.outcome == "stopped"
    assert {row.state for row in made.imports} <= {"unsent", "unanswered", "queued", "running"}
    assert made.load_ended_s is not None
