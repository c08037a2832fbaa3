"""The straight line through per-trial peaks, and the bounds that follow from it. Pure.

unreclaimable peak = base + imports in flight x need (+ a constant where users wait for their turn), by least squares,
with one spread shared over the levels. From the lowest level at which a trial failed upwards nothing enters the line: a
killed trial's peak is only a lower bound, and leaving out just the killed ones of a level would bias it low. (A level
just at the limit that happens to pass still does, a little: see the law on coverage. Fitting killed trials as censored
ones would end that.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.observation import Observation, Outcome
from reports.stats import (
    CONFIDENCE,
    CONTENT,
    Estimate,
    LinearFit,
    Row,
    least_squares,
    mean_interval,
    predicted,
    prediction_interval,
    tolerance_bound,
)


@dataclass(frozen=True, slots=True)
class Line:
    """The fitted line, and where its data lie."""

    fit: LinearFit
    trials: tuple[Observation, ...]
    lowest: int  # imports in flight
    highest: int
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


def fit_line(comparable: Sequence[Observation], failing_from: int | None) -> Line | None:
    """Fit the passed trials below *failing_from*; None when they are too few.

    Trials in which users wait enter with a term of their own: they run more imports in all and peak a little higher.
    Where that term cannot be told from the slope, they stay out.
    """
    passed = [
        seen
        for seen in comparable
        if seen.outcome is Outcome.PASSED
        and seen.peak_bytes is not None
        and (failing_from is None or seen.in_flight < failing_from)
    ]
    alone = [seen for seen in passed if not others_wait(seen)]
    if len(alone) < len(passed):
        line = _fitted(passed, tells_waiting=True)
        if line is not None:
            return line
    return _fitted(alone, tells_waiting=False)


def _fitted(trials: Sequence[Observation], *, tells_waiting: bool) -> Line | None:
    levels = sorted({seen.in_flight for seen in trials})
    rows = [
        _row(
            seen.in_flight,
            others_wait=others_wait(seen),
            has_slope=len(levels) > 1,
            tells_waiting=tells_waiting,
        )
        for seen in trials
    ]
    fit = least_squares(rows, [seen.peak_bytes or 0.0 for seen in trials])
    return None if fit is None else Line(fit, tuple(trials), levels[0], levels[-1], tells_waiting)


def _row(users: float, *, others_wait: bool, has_slope: bool, tells_waiting: bool) -> tuple[float, ...]:
    slope = (float(users),) if has_slope else ()
    waiting = (float(others_wait),) if tells_waiting else ()
    return (1.0, *slope, *waiting)
