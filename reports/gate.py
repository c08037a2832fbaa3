"""Whether a run may pass: hard limits, growth against a baseline, and what to answer when nothing was measured. Pure.

A broken limit is red at once. Growth is red only when a fresh run shows it too: chance seldom strikes twice. A gate
that measured nothing is red as well, loudly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from reports.baseline import Baseline, ClassBaseline, Growth, MachineClass, growths, mean_peaks_bytes
from reports.observation import Outcome
from reports.texts import mib
from reports.thresholds import Checked, Kept, Threshold, check
from reports.trials import Evidence


class Answer(Enum):
    """What the gate says, with its exit code."""

    PASS = 0
    THRESHOLD = 10
    REGRESSION = 11
    INVALID = 12


@dataclass(frozen=True, slots=True)
class Judged:
    """One run as the gate sees it."""

    run_id: str
    checks: tuple[Checked, ...]
    growths: tuple[Growth, ...]
    void: int  # trials that could not be trusted
    refusal: str | None  # why the baseline says nothing about it

    @property
    def broken(self) -> tuple[Checked, ...]:
        """Hard limits that were broken."""
        return tuple(one for one in self.checks if one.kept is Kept.BROKEN)

    @property
    def unmeasured(self) -> tuple[Checked, ...]:
        """Thresholds of which nothing was measured."""
        return tuple(one for one in self.checks if one.kept is Kept.NOT_MEASURED)

    @property
    def grown(self) -> tuple[Growth, ...]:
        """Groups that grew past their bound."""
        return tuple(one for one in self.growths if one.grew)


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer over one run, or over a run and its re-run."""

    answer: Answer
    reason: str
    runs: tuple[Judged, ...]
    wants_rerun: bool  # growth was seen once: a fresh run decides


def judge(evidence: Evidence, thresholds: Sequence[Threshold], baseline: Baseline | None) -> Judged:
    """Check one run; without a *baseline* its hard limits alone."""
    checks = tuple(check(threshold, evidence.trials) for threshold in thresholds)
    void = sum(seen.outcome is Outcome.VOID for seen in evidence.trials)
    found: tuple[Growth, ...] = ()
    refusal = None
    if baseline is not None:
        accepted = baseline.of(evidence.run.host)
        if accepted is None:
            known = "; ".join(str(one.machine) for one in baseline.classes) or "none"
            refusal = f"the baseline knows no run of this machine class ({MachineClass.of(evidence.run.host)}): {known}"
        else:
            found_bytes = mean_peaks_bytes(evidence.trials)
            found = growths(accepted, found_bytes)
            refusal = _unlike(accepted, set(found_bytes))
    return Judged(evidence.run.run_id, checks, found, void, refusal)


def _unlike(accepted: ClassBaseline, found: set[str]) -> str | None:
    """Say what keeps a run from being compared as a whole: a setting that goes unmeasured has not held."""
    known = {group for run in accepted.runs for group in run.mean_peak_bytes}
    for group in sorted(known - found):
        return f"the baseline's setting was not measured: {group}"
    for group in sorted(found - known):
        return f"the baseline knows no such setting: {group}"
    return None


def gate(runs: Sequence[Judged]) -> Gate:
    """Answer over a run, or over a run and its re-run."""
    last = runs[-1]
    broken = [(run, one) for run in runs for one in run.broken]
    if broken:
        run, one = broken[0]
        return Gate(Answer.THRESHOLD, _broken(run, one), tuple(runs), wants_rerun=False)
    if last.unmeasured:
        one = last.unmeasured[0]
        reason = f"nothing was measured for {one.threshold.text!r} ({last.void} trials void)"
        return Gate(Answer.INVALID, reason, tuple(runs), wants_rerun=False)
    if last.refusal is not None:
        remedy = (
            "Accept runs of this machine with `make gate-accept`, or check the hard limits alone with --no-baseline"
        )
        return Gate(Answer.INVALID, f"{last.refusal}. {remedy}", tuple(runs), wants_rerun=False)
    return _compared(runs)


def _compared(runs: Sequence[Judged]) -> Gate:
    in_all = set.intersection(*({one.group for one in run.grown} for run in runs))
    worst = max((one for one in runs[-1].grown if one.group in in_all), key=_excess_bytes, default=None)
    if worst is None:
        held = sum(len(run.checks) for run in runs)
        compared = len(runs[-1].growths)
        reason = f"{held} limits held, {compared} settings compared with the baseline, none grew"
        if len(runs) > 1 and runs[0].grown:
            reason = f"{reason} in both runs (the first alone did)"
        return Gate(Answer.PASS, reason, tuple(runs), wants_rerun=False)
    seen = "in both runs" if len(runs) > 1 else "in this run; a fresh run decides"
    reason = (
        f"memory grew {seen}: {mib(worst.found_bytes)}, where accepted runs have {mib(worst.expected_bytes)} and bound "
        f"it at {mib(worst.bound_bytes)} ({worst.group})"
    )
    return Gate(Answer.REGRESSION, reason, tuple(runs), wants_rerun=len(runs) == 1)


def _excess_bytes(growth: Growth) -> float:
    return growth.found_bytes - growth.bound_bytes


def _broken(run: Judged, one: Checked) -> str:
    trial = f", worst in trial {one.worst_trial}" if one.worst_trial else ""
    return f"{one.threshold.text!r} is broken: found {one.found:.6g} in run {run.run_id}{trial}"
