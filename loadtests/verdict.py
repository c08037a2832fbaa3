"""Decides how a trial ended, from observations alone.

Pure: no clock and no file is read here. The order of the questions is the point: a kill is a result whatever else went
wrong, and a measurement that cannot be trusted is never called a success.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from loadtests.record import Arrivals, Ending, Exit, Harness, ImportRow, Kernel, Samples, TruthCheck

# A choice: the sampler aims at 50 ms; half a second without a reading can hide a peak of several imports.
LONGEST_GAP_S = 0.5
# A choice: each process of Locust has one core; busy or starved for more than this, its delays shape what it reports.
GENERATOR_BUSY_RATIO = 0.9
# A choice: in a load of milliseconds, as when every request is refused, the ratio is noise and nothing was saturated.
SHORTEST_JUDGED_LOAD_S = 1.0
# Rule: memory is only measured while imports overlap, so a level counts as run at nine tenths of it.
IN_FLIGHT_RATIO = 0.9
# Measured: 900 000 refaults in six seconds while thrashing, none in a healthy import; a choice far from both.
THRASHING_FAULTS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen during one trial."""

    scenario: Literal["import", "hold", "locustfile"]
    limit_bytes: int  # asked for
    in_flight_most: int  # imports that the setting and the users allow at once
    became_ready: bool
    kernel: Kernel | None
    samples: Samples
    exit: Exit
    imports: Sequence[ImportRow]
    generator: str  # finished | timed_out | stopped | failed | unstarted
    generator_message: str
    harness: Harness
    truth: TruthCheck | None
    arrivals: Arrivals | None = None  # only where arrivals are open


@dataclass(frozen=True, slots=True)
class Verdict:
    """An ending and the sentence that says which figures decided it."""

    ending: Ending
    reason: str


def decide(seen: Evidence) -> Verdict:
    """Say how the trial ended."""
    for question in (_limit, _killed, _ended_by_itself, _measured, _generator, _finished, _correct, _overlapped):
        verdict = question(seen)
        if verdict is not None:
            return verdict
    told = f"{_of_all(seen, len(seen.imports))} completed{_counted(seen)}{_kept_up(seen)}"
    return Verdict(Ending.COMPLETED, told)


def _limit(seen: Evidence) -> Verdict | None:
    if seen.kernel is None:
        return Verdict(Ending.INVALID, "the cgroup could not be read at the end")
    if seen.kernel.limit_bytes != seen.limit_bytes:
        return Verdict(
            Ending.INVALID,
            f"the limit read back is {seen.kernel.limit_bytes} bytes, not the {seen.limit_bytes} asked for",
        )
    return None


def _killed(seen: Evidence) -> Verdict | None:
    if seen.kernel is not None and seen.kernel.oom_kills > 0:
        survived = " while the main process lived on" if seen.exit.by_harness else ""
        return Verdict(Ending.OOM_KILLED, f"the cgroup's oom_kill counter rose by {seen.kernel.oom_kills}{survived}")
    # The machine's counter includes kills inside cgroups, which have been ruled out above.
    machine = seen.kernel.machine_oom_kills if seen.kernel is not None else 0
    if machine > 0 and seen.exit.signal == 9 and not seen.exit.by_harness:  # noqa: PLR2004 - SIGKILL
        return Verdict(Ending.GLOBAL_OOM, f"the machine's oom_kill counter rose by {machine}, the cgroup's did not")
    return None


def _ended_by_itself(seen: Evidence) -> Verdict | None:
    if not seen.exit.by_harness:
        how = f"signal {seen.exit.signal}" if seen.exit.signal else f"exit code {seen.exit.code}"
        return Verdict(Ending.CRASHED, f"the target ended by itself with {how}")
    if not seen.became_ready:
        return Verdict(Ending.TIMED_OUT, "the target never became ready")
    return None


def _measured(seen: Evidence) -> Verdict | None:
    times = seen.samples.at_s
    if len(times) < 2:  # noqa: PLR2004 - one reading is no series
        return Verdict(Ending.INVALID, f"only {len(times)} memory readings were taken")
    gap_s = max(later - earlier for earlier, later in pairwise(times))
    if gap_s > LONGEST_GAP_S:
        return Verdict(Ending.INVALID, f"memory went unread for {gap_s:.2f} s, longer than {LONGEST_GAP_S} s")
    return None


def _generator(seen: Evidence) -> Verdict | None:
    if seen.generator in ("failed", "unstarted") or not seen.imports:
        return Verdict(Ending.INVALID, f"the load generator {seen.generator}: {seen.generator_message or 'no rows'}")
    cpu_s, wall_s = seen.harness.generator_cpu_s, seen.harness.generator_wall_s
    if cpu_s is None or wall_s is None or wall_s < SHORTEST_JUDGED_LOAD_S:
        return None
    # What it had to wait for a processor delays it as much as what it computes.
    waited_s = seen.harness.generator_waited_s or 0.0
    if (cpu_s + waited_s) / wall_s / seen.harness.generator_processes > GENERATOR_BUSY_RATIO:
        return Verdict(
            Ending.GENERATOR_SATURATED,
            f"the load generator used {cpu_s:.1f} s of processor time and waited {waited_s:.1f} s for it "
            f"in {wall_s:.1f} s",
        )
    return None


def _finished(seen: Evidence) -> Verdict | None:
    unfinished = [row for row in seen.imports if row.state not in ("completed", "failed", "cancelled")]
    if not unfinished:
        return None
    faults_per_s = _major_faults_per_s(seen.samples)
    count = f"{_of_all(seen, len(unfinished))} unfinished when the time was up"
    if faults_per_s > THRASHING_FAULTS_PER_S:
        return Verdict(Ending.THRASHED, f"{count}, with {faults_per_s:.0f} major faults a second")
    return Verdict(Ending.TIMED_OUT, count)


def _correct(seen: Evidence) -> Verdict | None:
    failed = [row for row in seen.imports if row.state != "completed"]
    if failed:
        why = failed[0].error or failed[0].state
        return Verdict(Ending.CRASHED, f"{_of_all(seen, len(failed))} failed: {why}")
    if seen.truth is not None and not seen.truth.exactly_once():
        if seen.truth.said is not None:
            return Verdict(Ending.CRASHED, f"the target's own check disagrees: {seen.truth.said or 'without a word'}")
        return Verdict(Ending.CRASHED, f"stored games differ from the truth: {_differences(seen.truth)}")
    return None


def _overlapped(seen: Evidence) -> Verdict | None:
    if seen.arrivals is not None:  # how many there are at once is then an outcome, and no level that was asked for
        return None
    in_flight = mean_in_flight(seen.imports)
    if in_flight is not None and in_flight < IN_FLIGHT_RATIO * seen.in_flight_most:
        return Verdict(
            Ending.INVALID,
            f"only {in_flight:.2f} of {seen.in_flight_most} {_unit(seen)} overlapped, so the level was not exercised",
        )
    return None


def mean_in_flight(imports: Sequence[ImportRow]) -> float | None:
    """Mean number of imports streaming between the first game received and the first import done.

    In that window an aligned start must hold its level; afterwards imports end one by one and queued ones follow.
    A held request is in flight from sent to done. None when an importer does not report these times.
    """
    spans = [span for span in map(_span, imports) if span is not None]
    if not spans:
        return None
    begin, end = min(first for first, _ in spans), min(done for _, done in spans)
    if end <= begin:
        return None
    overlap_s = sum(max(0.0, min(done, end) - max(first, begin)) for first, done in spans)
    return overlap_s / (end - begin)


def _span(row: ImportRow) -> tuple[float, float] | None:
    """When the import streamed, or the request was in flight; None when that is not known."""
    if row.accepted_s is None:
        return None if row.sent_s is None or row.done_s is None else (row.sent_s, row.done_s)
    if row.queue_wait_s is None or row.first_game_after_s is None or row.elapsed_s is None:
        return None
    running_s = row.accepted_s + row.queue_wait_s
    return running_s + row.first_game_after_s, running_s + row.elapsed_s


def _major_faults_per_s(samples: Samples) -> float:
    if len(samples.at_s) < 2 or samples.at_s[-1] <= samples.at_s[0]:  # noqa: PLR2004 - a rate needs two readings
        return 0.0
    return (samples.major_faults[-1] - samples.major_faults[0]) / (samples.at_s[-1] - samples.at_s[0])


def _unit(seen: Evidence) -> str:
    return {"import": "imports", "hold": "requests", "locustfile": "users"}[seen.scenario]


def _of_all(seen: Evidence, count: int) -> str:
    return f"{count} of {len(seen.imports)} {_unit(seen)}"


def _counted(seen: Evidence) -> str:
    if seen.truth is not None and seen.truth.said is not None:
        return ", the target's own check agrees"
    if seen.scenario != "import":
        return ""
    if seen.truth is None:
        return ", stored games not compared with the upstream"
    return f", {seen.truth.stored} stored games, exactly the {seen.truth.expected} expected"


def _kept_up(seen: Evidence) -> str:
    if seen.arrivals is None:
        return ""
    growth = seen.arrivals.backlog_growth_per_s
    grew = "" if growth is None else f" and changed by {growth:+.2f} a second"
    return f"; arriving {seen.arrivals.per_s:g} a second, the backlog reached {seen.arrivals.backlog_most}{grew}"


def _differences(truth: TruthCheck) -> str:
    return f"{truth.missing} missing, {truth.unexpected} unexpected, {truth.doubled} doubled of {truth.expected}"
