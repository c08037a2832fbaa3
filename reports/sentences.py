"""Puts findings into sentences: the verdict and what it rests on. Pure; figures are rounded here and nowhere before."""

import statistics
from collections import Counter
from collections.abc import Sequence

from reports import texts
from reports.ablation import Ablation
from reports.findings import Findings
from reports.grid import BATCH, Saving
from reports.line import Line, others_wait
from reports.model import Capacity, Level, Lies, OtherPace, State, Why
from reports.observation import Observation, Outcome
from reports.stats import CONFIDENCE

STATES = {State.SAFE: "SAFE", State.NOT_SAFE: "NOT SAFE", State.CANNOT_TELL: "CANNOT BE TOLD"}
STARTS = {
    "aligned": "all start at once, the worst case",
    "staggered": "starts are staggered",
    "poisson": "arrivals are open, one user each",
}


def verdict(findings: Findings) -> str:
    """Answer the operator's question in one sentence with its evidence."""
    found, run = findings.capacity, findings.evidence.run
    level = found.headline
    imports = f"{texts.spelled(level.users)} concurrent {_work(found)}"
    at = f"at {texts.mib_chosen(run.limit_bytes)}"
    evidence = _evidence(level, findings)
    if level.state is State.CANNOT_TELL:
        return f"Whether {imports} are safe {at} {STATES[level.state]}: {evidence}."
    return f"{imports.capitalize()} are {STATES[level.state]} {at}: {evidence}."


def _work(found: Capacity) -> str:
    """Name what runs at once: imports, or bare requests where nothing is imported."""
    games = found.anchor.games_per_user
    return f"imports of {texts.count(games, 'game')}" if games else "requests"


def _evidence(level: Level, findings: Findings) -> str:
    run = findings.evidence.run
    if level.why is Why.UNTRIED:
        return f"no trial ran {texts.spelled(level.users)} at once"
    if level.why is Why.VOID:
        void = texts.some_ids([seen.trial_id for seen in level.trials])
        return f"none of {texts.count(len(level.trials), 'trial')} could be trusted ({void})"
    if level.why is Why.FAILED:
        return f"{_failures(level.trials)}{_reached(level)}"
    if level.why is Why.FEWER_FAILED:
        return f"fewer at once already ran out of memory ({_failures(_fewer(level, findings.capacity))})"
    peak = f"highest unreclaimable peak {texts.mib(level.highest_peak_bytes or 0.0)} in {_trials(level)}"
    if level.bound_bytes is None or level.why is Why.NO_BOUND:
        return f"{peak}, {_counted(level)}, but too few comparable trials for a bound"
    beyond = _above_bound(level)
    left = run.limit_bytes - max(level.bound_bytes, level.highest_peak_bytes or 0.0)
    leaves = f"leaves {texts.mib(left)}" if left >= 0 else f"passes the limit by {texts.mib(-left)}"
    return (
        f"{peak}, upper 95/95 bound {texts.mib(level.bound_bytes)}{beyond}, which {leaves} "
        f"(reserve wanted {texts.mib_chosen(run.reserve_bytes)}); {_counted(level)}"
    )


def _above_bound(level: Level) -> str:
    above = [seen for seen in level.having(Outcome.PASSED) if (seen.peak_bytes or 0.0) > (level.bound_bytes or 0.0)]
    if not above:
        return ""
    verb = "lies" if len(above) == 1 else "lie"
    return f" ({texts.some_ids([seen.trial_id for seen in above], 2)} {verb} above it)"


def _failures(trials: Sequence[Observation]) -> str:
    """Say how many of *trials* failed, how, and which."""
    failed = [seen for seen in trials if seen.outcome is Outcome.FAILED]
    told = [seen for seen in trials if seen.outcome is not Outcome.VOID]
    ways = Counter(seen.trial.ending.value for seen in failed)
    how = texts.listed([f"{number} {ending}" for ending, number in sorted(ways.items())])
    return (
        f"{len(failed)} of {texts.count(len(told), 'trial')} failed "
        f"({how}: {texts.some_ids([seen.trial_id for seen in failed])})"
    )


def _reached(level: Level) -> str:
    """Say how far memory had come when the trials failed, where that was read."""
    peaks = [seen.peak_bytes for seen in level.having(Outcome.FAILED) if seen.peak_bytes is not None]
    return f"; the last reading before an end was at most {texts.mib(max(peaks))}" if peaks else ""


def _fewer(level: Level, found: Capacity) -> tuple[Observation, ...]:
    failing = [fewer for fewer in found.levels[: level.users - 1] if fewer.having(Outcome.FAILED)]
    return failing[-1].trials if failing else ()


def _trials(level: Level) -> str:
    return texts.count(len(level.having(Outcome.PASSED)), "trial")


def _counted(level: Level) -> str:
    failed, passed = len(level.having(Outcome.FAILED)), len(level.having(Outcome.PASSED))
    return f"{failed} of {texts.count(failed + passed, 'trial')} failed"


def counting(level: Level) -> str:
    """Say what counting alone proves, beside the model's bound."""
    if level.failure_bound_ratio is None:
        return f"Counting alone: no valid trial with {texts.spelled(level.users)} imports at once."
    failed, passed = len(level.having(Outcome.FAILED)), len(level.having(Outcome.PASSED))
    return (
        f"Counting alone: {texts.count(failed, 'failure')} in {texts.count(failed + passed, 'trial')} "
        f"{'bounds' if failed == 1 else 'bound'} the failure probability at {texts.percent(level.failure_bound_ratio)} "
        f"({texts.percent(CONFIDENCE)} confidence)."
    )


def shown_safe(found: Capacity) -> str:
    """Say how many imports at once are shown safe."""
    most = found.shown_safe
    tried = max((level.users for level in found.levels if level.trials), default=0)
    if most == 0:
        return "No number of imports at once is shown safe."
    users = "One import" if most == 1 else f"Up to {texts.spelled(most)} imports"
    if most == tried:
        return f"{users} at once {'is' if most == 1 else 'are'} shown safe, the most that was tried."
    following = next((level for level in found.levels[most:] if level.trials), None)
    beyond = f"; {texts.spelled(following.users)}: {following.state.value}" if following else ""
    return f"{users} at once {'is' if most == 1 else 'are'} shown safe{beyond}."


def conditions(findings: Findings) -> str:
    """Say under which conditions the pooled trials ran."""
    found, run = findings.capacity, findings.evidence.run
    worst = STARTS[found.anchor.start]
    account = (
        f"every user imports {texts.count(found.anchor.games_per_user, 'game')} into an account that holds "
        f"{found.anchor.stored_games_per_user} already; "
    )
    return (
        f"Measured with upstream {texts.upstream_mode(found.mode)}; setting {texts.setting(found.setting)}; "
        f"{account if found.anchor.games_per_user else ''}{worst}; plan {run.plan}, seed {run.seed}."
    )


def line(found: Capacity) -> str:
    """Describe the fitted line, or say why there is none."""
    if found.line is None:
        return "No line is fitted: too few comparable trials completed."
    fit = found.line
    trials = texts.count(len(fit.trials), "trial")
    degrees = f"{texts.trimmed(fit.fit.dof)} degree{'' if fit.fit.dof == 1 else 's'} of freedom"
    spread = f"spread between trials {texts.mib(fit.fit.spread)} ({degrees})"
    if fit.base is None or fit.need is None:
        mean = texts.mib(fit.expected_bytes(fit.lowest) or 0.0)
        level = texts.tested_range(fit.lowest, fit.lowest)
        return f"Only trials with {level} could be fitted: {trials}, mean peak {mean}, {spread}." + _killed(fit)
    return (
        f"Every import in flight adds {texts.mib(fit.need.value)} to the peak (95 % interval "
        f"{texts.mib_interval(fit.need.low, fit.need.high)}), over a base of {texts.mib(fit.base.value)}: least "
        f"squares on {trials} at {texts.tested_range(fit.lowest, fit.highest)}, {spread}."
        + _waiting(fit)
        + _killed(fit)
    )


def _waiting(line: Line) -> str:
    if line.waiting is None:
        return ""
    adds = line.waiting
    return (
        f" Where others wait for their turn the peak is {texts.mib(adds.value)} higher (95 % interval "
        f"{texts.mib_interval(adds.low, adds.high)}), and so is its bound."
    )


def _killed(line: Line) -> str:
    if not line.killed:
        return ""
    which = texts.some_ids([seen.trial_id for seen in line.killed])
    return (
        f" {texts.count(len(line.killed), 'trial')} that ran out of memory ({which}) entered as needs above the limit, "
        "neither left out nor taken for the limit itself."
    )


def savings(findings: Findings) -> list[str]:
    """Say whether batch and page size matter, and by how much an import."""
    found = findings.grid
    if found is None:
        return ["This run has no batch x page series."]
    if found.failed:
        which = texts.some_ids([seen.trial_id for seen in found.failed])
        of = texts.count(len(found.trials), "trial")
        why = "peaks of the others alone would understate what it saves, so no effect is fitted"
        return [f"{len(found.failed)} of {of} in the batch x page series failed ({which}); {why}."]
    if not found.savings:
        return ["Too few trials of the batch x page series completed to tell an effect from chance."]
    limit_bytes = findings.evidence.run.limit_bytes
    return [_saving(saving, found.users, limit_bytes) for saving in found.savings]


def _saving(saving: Saving, users: int, limit_bytes: float) -> str:
    effect = saving.per_import_bytes
    what = "Batches" if saving.knob == BATCH else "Pages of known ids"
    change = f"{what} of {saving.smaller} instead of {saving.larger}"
    interval = f"{texts.mib(effect.value)} an import (95 % interval {texts.mib_interval(effect.low, effect.high)})"
    if not saving.is_told_from_nothing:
        return f"{change}: a saving of {interval}, which cannot be told from none."
    share = texts.percent(abs(effect.value) * users / limit_bytes)
    of_limit = f"{share} of the limit with {texts.spelled(users)} at once"
    if effect.value < 0:
        return f"{change}: a saving of {interval}; that is a cost, {of_limit}."
    return f"{change} save {interval}: {of_limit}."


def saved(found: Ablation) -> str:
    """Say what a target's import needs before the optimisations, and which of them are told from chance."""
    told = [step for step in found.steps if step.is_told and len(step.knobs) == 1]
    which = texts.listed([f"{texts.short_name(step.knobs[0])} ({texts.mib(step.saves_bytes.value)})" for step in told])
    alone = f"Told from chance, alone and an import: {which}." if told else "No change alone is told from chance."
    failed = f" {texts.count(len(found.failed), 'trial')} failed and are not in it." if found.failed else ""
    return (
        f"{found.target}, {texts.spelled(found.users)} imports at once with the settings before: peak "
        f"{texts.mib(found.before_bytes)}, {texts.mib(found.need_bytes)} an import over the idle server. "
        f"{alone}{failed}"
    )


def throughput(found: Capacity) -> str:
    """Say what more imports at once bring in games a second, in the pooled upstream mode."""
    fitted = found.line.trials if found.line else ()
    trials = [seen for seen in fitted if seen.games_per_s is not None and not others_wait(seen)]
    means = {
        users: statistics.fmean(seen.games_per_s or 0.0 for seen in trials if seen.in_flight == users)
        for users in sorted({seen.in_flight for seen in trials})
    }
    if not means:
        return "Throughput was not measured: no comparable trial completed."
    fewest, most = min(means), max(means)
    mode = f"Upstream: {texts.upstream_mode(found.mode)}."
    first = "One import alone stores" if fewest == 1 else f"{texts.spelled(fewest).capitalize()} imports at once store"
    one = f"{first} {texts.rate_cell(means[fewest])} games/s"
    if fewest == most:
        return f"{one}. {mode}"
    ratio = texts.figure(means[most] / means[fewest])
    more = f"{texts.spelled(most)} at once {texts.rate_cell(means[most])} games/s together, {ratio} times as many"
    return f"{one}, {more}. {mode}"


def other_pace(findings: Findings) -> list[str]:
    """Compare trials in other upstream modes with what the pooled trials expect of them."""
    return [_paced(other) for other in findings.capacity.other_pace] or [
        "This run has no trial in another upstream mode."
    ]


def _paced(other: OtherPace) -> str:
    seen = other.seen
    who = (
        f"Trial {seen.trial_id}, {texts.count(seen.trial.users, 'user')}, upstream "
        f"{texts.upstream_mode(seen.trial.upstream)}:"
    )
    if seen.outcome is not Outcome.PASSED or seen.peak_bytes is None:
        return f"{who} ended {seen.trial.ending.value}."
    took = f" in {texts.seconds(seen.wall_s)}" if seen.wall_s is not None else ""
    peak = f"{who} peak {texts.mib(seen.peak_bytes)}{took}"
    if other.expected is None:
        return f"{peak}; there is nothing to compare it with."
    expected = texts.mib_interval(other.expected.low, other.expected.high)
    lies = {
        Lies.WITHIN: "as this one does",
        Lies.BELOW: "and this one lies below: the pooled mode errs on the safe side",
        Lies.ABOVE: "and this one lies above",
    }
    where = f", {lies[other.lies]}" if other.lies else ""
    return f"{peak}. One more trial of the pooled mode would lie within {expected}{where}."
