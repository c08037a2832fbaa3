"""How what was seen becomes an ending."""

from dataclasses import replace

import pytest

from loadtests.record import NO_SAMPLES, Arrivals, Ending, Exit, Harness, ImportRow, Kernel, Samples, TruthCheck
from loadtests.verdict import Evidence, decide, mean_in_flight

MIB = 1024 * 1024
STOPPED = Exit(code=0, signal=None, by_harness=True)
KERNEL = Kernel(
    limit_bytes=512 * MIB, peak_bytes=None, oom_kills=0, machine_oom_kills=0, limit_hits=0, vm_hwm_bytes=None
)
HARNESS = Harness(
    sampler_interval_s=0.05,
    sampler_late_max_s=0.0,
    sampler_cpu_s=0.0,
    generator_cpu_s=1.0,
    generator_wall_s=10.0,
    locust_version="x",
)


def row(state: str = "completed", accepted_s: float = 0.0, elapsed_s: float | None = 4.0) -> ImportRow:
    return ImportRow(
        user="player1",
        scheduled_s=0.0,
        sent_s=0.0,
        accepted_s=accepted_s,
        done_s=None,
        import_id="1",
        state=state,
        queue_position=0,
        queue_wait_s=0.0,
        first_game_after_s=0.0,
        elapsed_s=elapsed_s,
        fetched=None,
        stored=None,
        duplicates=None,
        rejected=None,
        error=None,
    )


def samples(times: tuple[float, ...], major_faults: tuple[int, ...] | None = None) -> Samples:
    columns = {name: tuple(0 for _ in times) for name in Samples.model_fields}
    return Samples.model_validate({**columns, "at_s": times, "major_faults": major_faults or columns["at_s"]})


STEADY = samples(tuple(number * 0.05 for number in range(100)))
GOOD = Evidence(
    scenario="import",
    limit_bytes=512 * MIB,
    in_flight_most=2,
    became_ready=True,
    kernel=KERNEL,
    samples=STEADY,
    exit=STOPPED,
    imports=(row(), row()),
    generator="finished",
    generator_message="",
    harness=HARNESS,
    truth=TruthCheck(expected=10, stored=10, missing=0, unexpected=0, doubled=0),
)
KILLED = Exit(code=None, signal=9, by_harness=False)


AGREED = {"expected": 0, "stored": 0, "missing": 0, "unexpected": 0, "doubled": 0}
ARRIVALS = Arrivals(per_s=2.0, backlog_growth_per_s=0.5, backlog_most=4)
HELD_ROW = row().model_copy(
    update={"accepted_s": None, "done_s": 4.0, "queue_wait_s": None, "first_game_after_s": None, "elapsed_s": None}
)
HELD = replace(GOOD, scenario="hold", imports=(HELD_ROW, HELD_ROW), truth=None)


def kernel(**changes: int) -> Kernel:
    return KERNEL.model_copy(update=changes)


CASES = [
    (GOOD, Ending.COMPLETED, "exactly the 10 expected"),
    (replace(GOOD, truth=None), Ending.COMPLETED, "not compared"),
    (HELD, Ending.COMPLETED, "2 of 2 requests completed"),
    (
        replace(HELD, imports=(HELD_ROW, HELD_ROW.model_copy(update={"sent_s": 3.0}))),
        Ending.INVALID,
        "1.25 of 2 requests overlapped",
    ),
    (
        replace(HELD, scenario="locustfile", truth=TruthCheck(**AGREED, said="fine")),
        Ending.COMPLETED,
        "2 of 2 users completed, the target's own check agrees",
    ),
    (
        replace(HELD, truth=TruthCheck(**{**AGREED, "missing": 1}, said="the ledger is short")),
        Ending.CRASHED,
        "the target's own check disagrees: the ledger is short",
    ),
    (
        replace(HELD, imports=(HELD_ROW, HELD_ROW.model_copy(update={"sent_s": 3.9})), arrivals=ARRIVALS),
        Ending.COMPLETED,
        "arriving 2 a second, the backlog reached 4 and changed by +0.50 a second",
    ),
    (
        replace(HELD, arrivals=ARRIVALS.model_copy(update={"backlog_growth_per_s": None})),
        Ending.COMPLETED,
        "arriving 2 a second, the backlog reached 4",
    ),
    (replace(GOOD, kernel=None), Ending.INVALID, "could not be read"),
    (replace(GOOD, kernel=kernel(limit_bytes=MIB)), Ending.INVALID, "limit read back"),
    (replace(GOOD, kernel=kernel(oom_kills=1), exit=KILLED), Ending.OOM_KILLED, "rose by 1"),
    (replace(GOOD, kernel=kernel(oom_kills=2)), Ending.OOM_KILLED, "main process lived on"),
    (replace(GOOD, kernel=kernel(machine_oom_kills=1), exit=KILLED), Ending.GLOBAL_OOM, "the machine's"),
    (replace(GOOD, kernel=kernel(machine_oom_kills=1)), Ending.COMPLETED, ""),
    (replace(GOOD, exit=KILLED), Ending.CRASHED, "signal 9"),
    (replace(GOOD, exit=Exit(code=137, signal=None, by_harness=False)), Ending.CRASHED, "exit code 137"),
    (replace(GOOD, became_ready=False), Ending.TIMED_OUT, "never became ready"),
    (replace(GOOD, samples=NO_SAMPLES), Ending.INVALID, "only 0"),
    (replace(GOOD, samples=samples((0.0, 0.05, 0.7))), Ending.INVALID, "0.65 s"),
    (replace(GOOD, generator="failed", generator_message="no such file"), Ending.INVALID, "no such file"),
    (replace(GOOD, imports=()), Ending.INVALID, "no rows"),
    (
        replace(GOOD, harness=HARNESS.model_copy(update={"generator_cpu_s": 9.5})),
        Ending.GENERATOR_SATURATED,
        "9.5 s of processor time and waited 0.0 s for it in 10.0 s",
    ),
    (
        replace(GOOD, harness=HARNESS.model_copy(update={"generator_waited_s": 8.5})),
        Ending.GENERATOR_SATURATED,
        "1.0 s of processor time and waited 8.5 s",
    ),
    (
        replace(GOOD, harness=HARNESS.model_copy(update={"generator_cpu_s": 9.5, "generator_processes": 2})),
        Ending.COMPLETED,
        "",
    ),
    (replace(GOOD, harness=HARNESS.model_copy(update={"generator_waited_s": 7.5})), Ending.COMPLETED, ""),
    (replace(GOOD, harness=HARNESS.model_copy(update={"generator_cpu_s": None})), Ending.COMPLETED, ""),
    (
        replace(GOOD, harness=HARNESS.model_copy(update={"generator_cpu_s": 0.01, "generator_wall_s": 0.01})),
        Ending.COMPLETED,
        "",
    ),
    (replace(GOOD, imports=(row(), row("running"))), Ending.TIMED_OUT, "1 of 2 imports unfinished"),
    (
        replace(GOOD, imports=(row("running"),), samples=samples((0.0, 0.2), (0, 900))),
        Ending.THRASHED,
        "4500 major faults",
    ),
    (replace(GOOD, imports=(row(), row("failed"))), Ending.CRASHED, "1 of 2 imports failed"),
    (
        replace(GOOD, truth=TruthCheck(expected=10, stored=10, missing=1, unexpected=0, doubled=1)),
        Ending.CRASHED,
        "1 missing, 0 unexpected, 1 doubled of 10",
    ),
    (replace(GOOD, imports=(row(), row(accepted_s=4.0))), Ending.INVALID, "1.00 of 2 imports overlapped"),
]


@pytest.mark.parametrize(("seen", "ending", "words"), CASES)
def test_what_was_seen_decides_the_ending(seen: Evidence, ending: Ending, words: str) -> None:
    """Each ending follows from its own evidence, and its sentence carries the figures that decided it."""
    verdict = decide(seen)
    assert verdict.ending is ending
    assert words in verdict.reason


def test_a_kill_outranks_everything_seen_after_it() -> None:
    """A kill by the limit stays a kill although the imports, the truth and the generator failed with it."""
    seen = replace(GOOD, kernel=kernel(oom_kills=1), exit=KILLED, imports=(), generator="failed", truth=None)
    assert decide(seen).ending is Ending.OOM_KILLED


def test_a_faultless_standstill_is_no_thrashing() -> None:
    """Without two readings in time there is no rate of faults, and an unfinished import has merely timed out."""
    seen = replace(GOOD, imports=(row("running"),), samples=samples((0.1, 0.1)))
    assert decide(seen).ending is Ending.TIMED_OUT


def test_overlap_is_judged_until_the_first_import_is_done() -> None:
    """A queued fourth import, which runs after the others, does not lower the level that three of them held."""
    rows = [row(), row(), row(), row(accepted_s=4.0, elapsed_s=1.5)]
    assert mean_in_flight(rows) == pytest.approx(3.0)


def test_overlap_is_unknown_when_the_target_does_not_report_times() -> None:
    """A target without its own durations is not judged by them, and neither is an import of no length."""
    assert mean_in_flight([row(elapsed_s=None)]) is None
    assert mean_in_flight([row(elapsed_s=0.0)]) is None
    assert mean_in_flight([HELD_ROW.model_copy(update={"done_s": None})]) is None
