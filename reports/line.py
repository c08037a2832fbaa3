"""The straight line through per-trial peaks, and the bounds that follow from it. Pure.

unreclaimable peak = base + imports in flight x need (+ a constant where users wait for their turn), by least squares,
with one spread shared over the levels. A trial that ran out of memory enters as one whose need is above its limit, no
more and no less: leaving it out, or taking the limit for its need, would bias the line low. Trials that failed in
another way say nothing of memory and stay out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.record import Ending
from reports.censored import censored_least_squares
from reports.observation import Observation, Outcome
from reports.stats import (
    CONFIDENCE,
    CONTENT,
    Estimate,
    LinearFit,
    Row,
    mean_interval,
    predicted,
    prediction_interval,
    tolerance_bound,
)


@dataclass(frozen=True, slots=True)
class Line:
    """The fitted line, and where its data lie."""

    fit: LinearFit
    trials: tuple[Observation, ...]  # that passed
    killed: tuple[Observation, ...]  # that ran out of memory: their need is known to be above the limit
    lowest: int  # imports in flight
    highest: int  # of those that passed
    tells_waiting: bool  # whether it knows what waiting users add

    @property
    def has_slope(self) -> bool:
        """Whether more than one level was fitted, so that a need per import can be told."""
        return self.lowest != self.highest

    def covers(self, users: int) -> bool:
        """Whether *users* lies within the data."""
        return self.lowest <= users <= self.highest

    def row(self, users: float, *, others_wait: bool = False) -> Row | None:
        """Regressors at *users* in flight; None where one level alone says nothing about another."""
        if not self.has_slope and users != self.lowest:
            return None
        return _row(users, others_wait=others_wait, has_slope=self.has_slope, tells_waiting=self.tells_waiting)

    def expected_bytes(self, users: float) -> float | None:
        """Mean peak at *users* in flight with nobody waiting."""
        row = self.row(users)
        return None if row is None else predicted(self.fit, row)

    def bound_bytes(self, users: float, *, others_wait: bool = False) -> float | None:
        """Upper tolerance bound of the peak at *users* in flight."""
        row = self.row(users, others_wait=others_wait)
        return None if row is None else tolerance_bound(self.fit, row, CONTENT, CONFIDENCE)

    def next_trial(self, users: float) -> Estimate | None:
        """Interval in which one further trial's peak is expected, with nobody waiting."""
        row = self.row(users)
        return None if row is None else prediction_interval(self.fit, row, CONFIDENCE)

    @property
    def base(self) -> Estimate | None:
        """Memory without any import, by extrapolation to none."""
        return self._effect(0) if self.has_slope else None

    @property
    def need(self) -> Estimate | None:
        """What one more import in flight adds to the peak."""
        return self._effect(1) if self.has_slope else None

    @property
    def waiting(self) -> Estimate | None:
        """What it adds that other users wait for their turn."""
        return self._effect(len(self.fit.coefficients) - 1) if self.tells_waiting else None

    def _effect(self, position: int) -> Estimate:
        row = [0.0] * len(self.fit.coefficients)
        row[position] = 1.0
        return mean_interval(self.fit, row, CONFIDENCE)


def others_wait(seen: Observation) -> bool:
    """Whether more users asked than could run at once."""
    return seen.trial.users > seen.in_flight


def fit_line(comparable: Sequence[Observation]) -> Line | None:
    """Fit the trials that passed and those that ran out of memory; None when too few passed.

    Trials in which users wait enter with a term of their own: they run more imports in all and peak a little higher.
    Where that term cannot be told from the slope, they stay out.
    """
    told = [seen for seen in comparable if _is_told(seen)]
    alone = [seen for seen in told if not others_wait(seen)]
    if len(alone) < len(told):
        line = _fitted(told, tells_waiting=True)
        if line is not None:
            return line
    return _fitted(alone, tells_waiting=False)


def _is_told(seen: Observation) -> bool:
    """Whether a trial says how much memory was needed, or that it was more than the limit."""
    return ran_out(seen) or (seen.outcome is Outcome.PASSED and seen.peak_bytes is not None)


def ran_out(seen: Observation) -> bool:
    """Whether a trial ended because its own limit left it no memory."""
    return seen.trial.ending in (Ending.OOM_KILLED, Ending.THRASHED)


def _fitted(trials: Sequence[Observation], *, tells_waiting: bool) -> Line | None:
    passed = tuple(seen for seen in trials if not ran_out(seen))
    levels = sorted({seen.in_flight for seen in passed})
    # Where one level alone passed, those above it cannot give the line a slope.
    killed = tuple(seen for seen in trials if ran_out(seen) and (len(levels) > 1 or seen.in_flight in levels))
    entering = (*passed, *killed)
    rows = [
        _row(seen.in_flight, others_wait=others_wait(seen), has_slope=len(levels) > 1, tells_waiting=tells_waiting)
        for seen in entering
    ]
    values = [seen.peak_bytes or 0.0 for seen in passed] + [float(seen.trial.limit_bytes) for seen in killed]
    fit = censored_least_squares(rows, values, [False] * len(passed) + [True] * len(killed))
    return None if fit is None else Line(fit, passed, killed, levels[0], levels[-1], tells_waiting)


def _row(users: float, *, others_wait: bool, has_slope: bool, tells_waiting: bool) -> tuple[float, ...]:
    slope = (float(users),) if has_slope else ()
    waiting = (float(others_wait),) if tells_waiting else ()
    return (1.0, *slope, *waiting)
