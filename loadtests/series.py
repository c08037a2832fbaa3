"""Figures that follow from one trial's readings alone: base, peak, rise, and the slope through several peaks. Pure."""

import statistics
from collections.abc import Sequence

from loadtests.record import Trial


def base_bytes(trial: Trial) -> float | None:
    """Median of unreclaimable memory while the server was ready and idle; None when it never was."""
    ready_s, load_s = trial.phases.ready_s, trial.phases.load_started_s
    if ready_s is None or load_s is None:
        return None
    readings = _between(trial, ready_s, load_s)
    return statistics.median(used_bytes for _, used_bytes in readings) if readings else None


def peak_bytes(trial: Trial) -> int | None:
    """Highest reading of unreclaimable memory; None when nothing was read."""
    return max(trial.samples.unreclaimable_bytes(), default=None)


def rise_bytes_per_s(trial: Trial) -> float | None:
    """Rise of unreclaimable memory while the requests were in flight; None when they were not."""
    spans = [(row.sent_s, row.done_s) for row in trial.imports if row.sent_s is not None and row.done_s is not None]
    if not spans:
        return None
    return slope(_between(trial, min(sent for sent, _ in spans), max(done for _, done in spans)))


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Slope of the least-squares line through (x, y); None when all x are the same."""
    if len({x for x, _ in points}) < 2:  # noqa: PLR2004 - a line needs two
        return None
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def _between(trial: Trial, begin_s: float, end_s: float) -> list[tuple[float, float]]:
    readings = zip(trial.samples.at_s, trial.samples.unreclaimable_bytes(), strict=True)
    return [(at_s, float(used_bytes)) for at_s, used_bytes in readings if begin_s <= at_s < end_s]
