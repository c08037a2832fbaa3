"""What memory does once nothing should change: how much is given back after a load, and whether it leaks. Pure.

Readings that follow one another are alike, so an interval from single readings would be far too narrow: a line is laid
through the medians of a few long stretches in place of them.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtests.record import Trial
from loadtests.series import base_bytes, peak_bytes

# A choice: fewer leave no degrees of freedom worth having, more make the stretches so short that they are alike again.
STRETCHES = 8
# Student's t for 95 % confidence, two-sided, with STRETCHES - 2 = 6 degrees of freedom: any table of it.
_T = 2.447
# A choice: the median of fewer is a single reading's.
FEWEST_IN_A_STRETCH = 3
# A choice: growth of less is what an idle server does, and a share of it says nothing.
SMALLEST_GROWTH_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Slope:
    """How fast something grows, with its 95 % interval; per unit of x."""

    per_x: float
    low_per_x: float
    high_per_x: float

    def rises(self) -> bool:
        """Say whether growth is beyond doubt."""
        return self.low_per_x > 0


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What became of the growth that a load brought."""

    base_bytes: float
    peak_bytes: float
    after_bytes: float  # median of the second half of the drain

    @property
    def ratio(self) -> float:
        """Share of the growth that was given back: 1 is back to base; below 0 it grew on."""
        return (self.peak_bytes - self.after_bytes) / (self.peak_bytes - self.base_bytes)


def leak_slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Return the slope through (x, y), x rising; None for too few readings.

    With x in seconds it is growth in time, with x the number of the round it is growth a round.
    """
    if len(points) < STRETCHES * FEWEST_IN_A_STRETCH or points[0][0] == points[-1][0]:
        return None
    cuts = [number * len(points) // STRETCHES for number in range(STRETCHES + 1)]
    middles = [_middle(points[begin:end]) for begin, end in pairwise(cuts)]
    x_mean = statistics.fmean(x for x, _ in middles)
    y_mean = statistics.fmean(y for _, y in middles)
    spread = sum((x - x_mean) ** 2 for x, _ in middles)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in middles) / spread
    left = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in middles)
    half = _T * (left / (STRETCHES - 2) / spread) ** 0.5
    return Slope(slope, slope - half, slope + half)


def given_back(trial: Trial) -> GivenBack | None:
    """Compare memory at the end of the drain with base and peak; None when there was no growth, or no drain."""
    ended_s = trial.phases.load_ended_s
    base, peak = base_bytes(trial), peak_bytes(trial)
    if ended_s is None or base is None or peak is None or peak - base < SMALLEST_GROWTH_BYTES:
        return None
    readings = zip(trial.samples.at_s, trial.samples.unreclaimable_bytes(), strict=True)
    drained = [used_bytes for at_s, used_bytes in readings if at_s >= ended_s]
    late = drained[len(drained) // 2 :]
    return GivenBack(base, float(peak), statistics.median(late)) if len(late) >= FEWEST_IN_A_STRETCH else None


def _middle(stretch: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Stand for a stretch: its mean x, since x is a line of its own, and its median y, which a spike leaves alone."""
    return statistics.fmean(x for x, _ in stretch), statistics.median(y for _, y in stretch)
