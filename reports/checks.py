"""Reasons to doubt the answer, each with its figures and a remedy. Pure.

A doubt never changes a verdict: what must change it is in the model.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from reports import texts
from reports.line import others_wait
from reports.model import Capacity, Lies, State
from reports.observation import Observation, Outcome
from reports.stats import CONFIDENCE, lack_of_fit, predicted, sample_interval
from reports.trials import Evidence

# Rule: 0 failures in 59 trials bound the failure probability at 5 %, the share that the tolerance bound leaves too.
ENOUGH_TRIALS: Final = 59
# Simulated (tests/laws/test_censored_laws.py) for designs of two to ten trials a level, with the highest level at the
# limit and above it.
CENSORED_COVERAGE: Final = "93 to 97 %"
REPEAT_MORE: Final = "Run `make loadtest PLAN=full`, which repeats every setting."


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to doubt, with the figures it rests on, and what would remove it."""

    finding: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks look at."""

    evidence: Evidence
    capacity: Capacity


def doubts(evidence: Evidence, found: Capacity) -> tuple[Doubt, ...]:
    """Return every reason to doubt, the gravest first."""
    case = Case(evidence, found)
    return tuple(doubt for check in _CHECKS for doubt in check(case))


def _interrupted(case: Case) -> Iterator[Doubt]:
    planned, recorded = case.evidence.run.trials_planned, case.evidence.recorded
    if recorded < planned or case.evidence.cut_short:
        cut = "; the last line is cut off" if case.evidence.cut_short else ""
        yield Doubt(
            f"The run was interrupted: {recorded} of {planned} planned trials were recorded{cut}.",
            "Run the load test to its end; until then levels that come late in the plan may be missing.",
        )


def _priming_failed(case: Case) -> Iterator[Doubt]:
    for seen in case.evidence.priming:
        if seen.outcome is Outcome.FAILED:
            yield Doubt(
                f"The priming trial {seen.trial_id} ended {seen.trial.ending.value}; it is not counted.",
                "Look at its reason in the table of trials: a fresh machine would meet it first.",
            )


def _void_trials(case: Case) -> Iterator[Doubt]:
    void = [seen for seen in case.evidence.trials if seen.outcome is Outcome.VOID]
    if void:
        of = texts.count(len(case.evidence.trials), "trial")
        which = texts.some_ids([seen.trial_id for seen in void])
        yield Doubt(
            f"{len(void)} of {of} could not be trusted and are left out of every figure ({which}).",
            "Their reasons are in the table of trials; free the machine of other work and run again.",
        )


def _settings_ignored(case: Case) -> Iterator[Doubt]:
    for seen in case.evidence.trials:
        told = seen.trial.effective_setting
        for name, wanted in sorted(seen.trial.setting.items()):
            if name in told and told[name] != wanted:
                yield Doubt(
                    f"Trial {seen.trial_id} asked for {name}={wanted}, and the target says it ran with {told[name]}.",
                    "Find out why the target did not take it; until then figures by that setting mean nothing.",
                )
                return


def _few_trials(case: Case) -> Iterator[Doubt]:
    level = case.capacity.headline
    counted = len(level.having(Outcome.PASSED)) + len(level.having(Outcome.FAILED))
    if level.failure_bound_ratio is not None and counted < ENOUGH_TRIALS and not level.having(Outcome.FAILED):
        runs = texts.count(counted, "trial")
        yield Doubt(
            f"Counting alone says little: no failure in {runs} with {texts.spelled(level.users)} imports at once still "
            f"allows a failure probability of {texts.percent(level.failure_bound_ratio)} "
            f"({texts.percent(CONFIDENCE)} confidence); {ENOUGH_TRIALS} trials would bring it to 5 %."
            + (" The verdict rests on the bound of the line." if level.state is State.SAFE else ""),
            REPEAT_MORE,
        )


def _staggered(case: Case) -> Iterator[Doubt]:
    if case.capacity.anchor.start != "aligned":
        yield Doubt(
            f"Starts were staggered in all of {texts.count(len(case.evidence.trials), 'trial')}: peaks are typical, "
            "not the highest.",
            "Judge safety on a plan with aligned starts.",
        )


def _still_growing(case: Case) -> Iterator[Doubt]:
    trials = case.capacity.line.trials if case.capacity.line else ()
    slopes = [seen.tail_slope_bytes_per_s for seen in trials if seen.tail_slope_bytes_per_s is not None]
    slope = sample_interval(slopes, CONFIDENCE)
    if slope is not None and slope.low > 0:
        longest_s = max(seen.wall_s or 0.0 for seen in trials)
        free_bytes = case.evidence.run.limit_bytes - case.evidence.run.reserve_bytes - _highest_bytes(case)
        lasting = f"; at that pace the reserve is reached after {texts.seconds(free_bytes / slope.value)} more"
        yield Doubt(
            f"Memory had not levelled off: over the last third of the imports it still grew by "
            f"{texts.mib(slope.value)}/s (95 % interval {texts.mib_interval(slope.low, slope.high)}/s, "
            f"{texts.count(len(slopes), 'trial')}){lasting if free_bytes > 0 else ''}. The imports took "
            f"{texts.seconds(longest_s)} at most; longer ones may peak higher.",
            "Import more games per user and see where it levels off; if it never does, it is a leak.",
        )


def _line_bends(case: Case) -> Iterator[Doubt]:
    line = case.capacity.line
    if line is None or not line.has_slope or line.killed:
        return
    groups: dict[tuple[int, bool], list[float]] = {}
    for seen in line.trials:
        groups.setdefault((seen.in_flight, others_wait(seen)), []).append(seen.peak_bytes or 0.0)
    rows = {(users, wait): line.row(users, others_wait=wait) or () for users, wait in groups}
    probability = lack_of_fit(line.fit, [(rows[group], peaks) for group, peaks in groups.items()])
    if probability is None or probability >= 1 - CONFIDENCE:
        return
    off_bytes = {group: sum(peaks) / len(peaks) - predicted(line.fit, rows[group]) for group, peaks in groups.items()}
    worst = max(off_bytes, key=lambda group: abs(off_bytes[group]))
    yield Doubt(
        f"The peaks do not lie on a straight line (by chance alone: {texts.percent(probability)}): at "
        f"{texts.count(worst[0], 'user')} they lie {texts.mib(abs(off_bytes[worst]))} "
        f"{'above' if off_bytes[worst] > 0 else 'below'} it on average. The bound takes the bend for spread.",
        "Read the dots rather than the line, and do not extend it to more users.",
    )


def _highest_bytes(case: Case) -> float:
    return max((level.highest_peak_bytes or 0.0 for level in case.capacity.levels), default=0.0)


def _killed_trials_fitted(case: Case) -> Iterator[Doubt]:
    line = case.capacity.line
    if line is not None and line.killed:
        yield Doubt(
            f"{texts.count(len(line.killed), 'trial')} of the line's {len(line.killed) + len(line.trials)} ran out of "
            "memory and only say that the need is above the limit. Bounds with such trials are approximate: in "
            f"simulations of them {CENSORED_COVERAGE} held what {texts.percent(CONFIDENCE)} should.",
            "Measure under a higher limit, at which none fails, for an exact bound.",
        )


def _above_the_bound(case: Case) -> Iterator[Doubt]:
    level = case.capacity.headline
    bound_bytes = level.bound_bytes
    if bound_bytes is None or not level.within_data:
        return
    above = [seen for seen in level.having(Outcome.PASSED) if (seen.peak_bytes or 0.0) > bound_bytes]
    if above:
        which = texts.some_ids([seen.trial_id for seen in above])
        yield Doubt(
            f"{texts.count(len(above), 'trial')} with {texts.spelled(level.users)} imports at once peaked above the "
            f"bound of {texts.mib(bound_bytes)}, by {texts.mib((level.highest_peak_bytes or 0.0) - bound_bytes)} at "
            f"most ({which}). A bound on 95 % of trials is passed now and then; what is left under the limit is "
            "counted from the highest peak.",
            "Where it happens in several trials, read the highest peak rather than the bound.",
        )


def _other_pace(case: Case) -> Iterator[Doubt]:
    if not case.capacity.other_pace and case.capacity.mode.games_per_s is None:
        yield Doubt(
            "No trial ran at the upstream's true pace: 0 of "
            f"{texts.count(len(case.evidence.trials), 'trial')}. Real imports last longer and wait more.",
            "Add a `pace` series to the plan; the standard plan has one.",
        )
    for other in case.capacity.other_pace:
        if other.lies is Lies.ABOVE and other.expected is not None:
            yield Doubt(
                f"At another pace, {texts.upstream_mode(other.seen.trial.upstream)}, trial {other.seen.trial_id} "
                f"peaked at {texts.mib(other.seen.peak_bytes or 0.0)}, where the pooled trials expect at most "
                f"{texts.mib(other.expected.high)}.",
                "Repeat the pace series. Where it stays above, judge safety on that pace.",
            )


def _late_sampler(case: Case) -> Iterator[Doubt]:
    late = [
        (seen.trial.harness.sampler_late_max_s, seen)
        for seen in case.evidence.trials
        if seen.trial.harness.sampler_late_max_s is not None and seen.outcome is not Outcome.VOID
    ]
    if not late:
        return
    worst_s, seen = max(late, key=lambda pair: pair[0])
    if worst_s > seen.trial.harness.sampler_interval_s:
        yield Doubt(
            f"A memory reading came {texts.seconds(worst_s)} late in trial {seen.trial_id}, more than the "
            f"{texts.seconds(seen.trial.harness.sampler_interval_s)} between readings: a shorter peak can be missed.",
            "Compare the peak with the process's own high-water mark in the table of trials; free the machine.",
        )


def _other_settings_failed(case: Case) -> Iterator[Doubt]:
    level_ids = {seen.trial_id for level in case.capacity.levels for seen in level.trials}
    failed = [
        seen for seen in case.evidence.trials if seen.outcome is Outcome.FAILED and seen.trial_id not in level_ids
    ]
    if failed:
        which = texts.some_ids([seen.trial_id for seen in failed])
        yield Doubt(
            f"{texts.count(len(failed), 'trial')} with other settings failed ({which}); the verdict does not speak of "
            "those settings.",
            f"Keep to the setting of the verdict: {texts.setting(case.capacity.setting)}.",
        )


def _failed_requests(case: Case) -> Iterator[Doubt]:
    passed = [seen for seen in case.evidence.trials if seen.outcome is Outcome.PASSED and seen.failed_requests]
    if passed:
        requests = sum(seen.failed_requests for seen in passed)
        which = texts.some_ids([seen.trial_id for seen in passed])
        yield Doubt(
            f"{texts.count(requests, 'request')} failed in trials that completed ({which}).",
            "Look at the request rows of those trials in the records file.",
        )


def _coarse_kernel_memory(case: Case) -> Iterator[Doubt]:
    if case.evidence.run.host.cgroup_version == "v1":
        kernel = [_kernel_bytes_at_peak(seen) for seen in case.capacity.headline.trials if seen.timeline.at_s.size]
        if kernel:
            yield Doubt(
                f"Control groups of version 1 count all kernel memory, also what could be freed: up to "
                f"{texts.mib(max(kernel))} of the peaks with {texts.spelled(case.capacity.headline.users)} imports. "
                "The figure is too high by some of that, never too low.",
                "None needed for safety; a host with version 2 tells the two apart.",
            )


def _kernel_bytes_at_peak(seen: Observation) -> float:
    return float(seen.timeline.kernel_bytes[int(seen.timeline.total_bytes.argmax())])


def _unknown_revision(case: Case) -> Iterator[Doubt]:
    revision = case.evidence.run.host.revision
    if revision == "unknown" or revision.endswith("+dirty"):
        yield Doubt(
            f"The code that was measured is not a known commit (revision {revision}).",
            "Commit first, then measure, so that the run can be repeated.",
        )


_CHECKS: Final[tuple[Callable[[Case], Iterator[Doubt]], ...]] = (
    _interrupted,
    _priming_failed,
    _void_trials,
    _settings_ignored,
    _staggered,
    _still_growing,
    _above_the_bound,
    _killed_trials_fitted,
    _other_pace,
    _line_bends,
    _few_trials,
    _late_sampler,
    _other_settings_failed,
    _failed_requests,
    _coarse_kernel_memory,
    _unknown_revision,
)
