"""Capacity: what each number of imports at once is shown to be, from its failures and from the line's bound. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from loadtests.record import Ending, Run, Trial, Upstream
from reports.line import Line, fit_line, others_wait
from reports.observation import Observation, Outcome, without_slots
from reports.pool import anchor, conditions, mode
from reports.stats import CONFIDENCE, Estimate, failure_bound_ratio
from reports.trials import Evidence

# The operator's question is whether three imports fit at once; a search asks for the most that are safe instead.
HEADLINE_USERS: Final = 3
SEARCH_PLAN: Final = "find"
# The operator asks about one to five users; a run may go further.
FEWEST_LEVELS: Final = 5
# Endings that say memory ran out: where fewer imports ran into them, more will.
_MEMORY_RAN_OUT: Final = (Ending.OOM_KILLED, Ending.THRASHED, Ending.GLOBAL_OOM)


class State(Enum):
    """What the trials show about a number of imports at once."""

    SAFE = "safe"
    NOT_SAFE = "not safe"
    CANNOT_TELL = "cannot be told"


class Why(Enum):
    """What decided a state."""

    FAILED = "a trial failed"
    FEWER_FAILED = "fewer already ran out of memory"
    OVER = "leaves less than the reserve"
    WITHIN = "bound leaves the reserve"
    UNTRIED = "no trial was run"
    VOID = "no trial could be trusted"
    NO_BOUND = "too few comparable trials for a bound"


@dataclass(frozen=True, slots=True)
class Level:
    """One number of imports at once: the trials that ran it and what they show."""

    users: int
    trials: tuple[Observation, ...]
    state: State
    why: Why
    highest_peak_bytes: float | None
    expected_bytes: float | None
    bound_bytes: float | None  # of the kinds of trials that were run, the highest
    within_data: bool  # whether the expectation and the bound lie within the range of the fitted trials
    failure_bound_ratio: float | None  # from counting alone

    def having(self, outcome: Outcome) -> tuple[Observation, ...]:
        """Trials of this level with *outcome*."""
        return tuple(seen for seen in self.trials if seen.outcome is outcome)


class Lies(Enum):
    """Where a peak lies against the interval that is expected of it."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class OtherPace:
    """A trial in another upstream mode beside what the pooled trials expect of it."""

    seen: Observation
    expected: Estimate | None

    @property
    def lies(self) -> Lies | None:
        """Where its peak lies against one more pooled trial's; None where that cannot be told."""
        if self.expected is None or self.seen.peak_bytes is None or self.seen.outcome is not Outcome.PASSED:
            return None
        if self.seen.peak_bytes > self.expected.high:
            return Lies.ABOVE
        return Lies.BELOW if self.seen.peak_bytes < self.expected.low else Lies.WITHIN


@dataclass(frozen=True, slots=True)
class Capacity:
    """The answer to the operator's question."""

    anchor: Trial  # whose conditions the pooled trials share
    line: Line | None
    is_search: bool  # whether the run looked for the most that are safe, so that no number was asked about
    levels: tuple[Level, ...]
    other_pace: tuple[OtherPace, ...]

    @property
    def mode(self) -> Upstream:
        """Upstream mode of the pooled trials."""
        return self.anchor.upstream

    @property
    def setting(self) -> dict[str, str]:
        """Setting of the pooled trials, without what decides how many imports run at once."""
        return without_slots(self.anchor.setting)

    def level(self, users: int) -> Level:
        """The level of *users*, which every capacity has up to the most users tried and at least to five."""
        return self.levels[users - 1]

    @property
    def headline(self) -> Level:
        """The level that is asked about: three, or what a search found; the lowest it tried where none is safe."""
        if not self.is_search:
            return self.level(HEADLINE_USERS)
        tried = [level.users for level in self.levels if level.trials]
        return self.level(self.shown_safe or min(tried, default=1))

    @property
    def shown_safe(self) -> int:
        """The most imports at once that are shown safe, with none fewer shown unsafe; 0 when there are none."""
        most = 0
        for level in self.levels:
            if level.state is State.NOT_SAFE:
                break
            most = level.users if level.state is State.SAFE else most
        return most


def capacity(evidence: Evidence) -> Capacity:
    """Judge every number of imports at once that the records speak about."""
    like = anchor(evidence.trials)
    alike = [seen for seen in evidence.trials if conditions(seen.trial) == conditions(like)]
    pooled = [seen for seen in alike if mode(seen.trial.upstream) == mode(like.upstream)]
    comparable = [seen for seen in pooled if _running_most(seen.trial) == seen.in_flight]
    line = fit_line(comparable)
    return Capacity(
        anchor=like,
        line=line,
        is_search=evidence.run.plan == SEARCH_PLAN,
        levels=_levels(alike, line, evidence.run),
        other_pace=tuple(
            OtherPace(seen, line.next_trial(seen.in_flight) if line else None)
            for seen in alike
            if mode(seen.trial.upstream) != mode(like.upstream)
        ),
    )


def _levels(alike: Sequence[Observation], line: Line | None, run: Run) -> tuple[Level, ...]:
    running = [seen for seen in alike if _running_most(seen.trial) == seen.in_flight]
    most = max([FEWEST_LEVELS, *(seen.in_flight for seen in running)])
    ran_out = [seen.in_flight for seen in running if seen.trial.ending in _MEMORY_RAN_OUT]
    fewer_ran_out = min(ran_out, default=most)
    levels = []
    for users in range(1, most + 1):
        trials = tuple(seen for seen in running if seen.in_flight == users)
        levels.append(_level(users, trials, line, (run, fewer_ran_out < users)))
    return tuple(levels)


def _running_most(trial: Trial) -> int:
    """Imports that hold a slot at once: above those in flight where connections are missing, and not compared."""
    return min(trial.users, int(trial.setting.get("MAX_CONCURRENT_IMPORTS", trial.users)))


def _level(users: int, trials: tuple[Observation, ...], line: Line | None, context: tuple[Run, bool]) -> Level:
    run, fewer_ran_out = context
    passed = [seen for seen in trials if seen.outcome is Outcome.PASSED]
    failures = sum(seen.outcome is Outcome.FAILED for seen in trials)
    peak_bytes = max((seen.peak_bytes for seen in passed if seen.peak_bytes is not None), default=None)
    bound_bytes = _highest_bound_bytes(line, users, trials) if line else None
    within_data = line is not None and line.covers(users)
    if failures or fewer_ran_out:
        state, why = State.NOT_SAFE, Why.FAILED if failures else Why.FEWER_FAILED
    elif not passed:
        state, why = State.CANNOT_TELL, Why.VOID if trials else Why.UNTRIED
    else:
        state, why = _compared(peak_bytes, bound_bytes if within_data else None, run.limit_bytes - run.reserve_bytes)
    return Level(
        users=users,
        trials=trials,
        state=state,
        why=why,
        highest_peak_bytes=peak_bytes,
        expected_bytes=line.expected_bytes(users) if line else None,
        bound_bytes=bound_bytes,
        within_data=within_data,
        failure_bound_ratio=failure_bound_ratio(failures, len(passed) + failures, CONFIDENCE),
    )


def _highest_bound_bytes(line: Line, users: int, trials: Sequence[Observation]) -> float | None:
    """Return the bound with nobody waiting, or the higher one with users waiting where such trials were run."""
    bounds = [
        line.bound_bytes(users, others_wait=waiting) for waiting in sorted({False, *(others_wait(s) for s in trials)})
    ]
    return max((bound for bound in bounds if bound is not None), default=None)


def _compared(peak_bytes: float | None, bound_bytes: float | None, allowed_bytes: float) -> tuple[State, Why]:
    """Compare the measured peak and the bound with what the reserve leaves."""
    if max(peak_bytes or 0.0, bound_bytes or 0.0) > allowed_bytes:
        return State.NOT_SAFE, Why.OVER
    if peak_bytes is None or bound_bytes is None:
        return State.CANNOT_TELL, Why.NO_BOUND
    return State.SAFE, Why.WITHIN
