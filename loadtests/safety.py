"""The rule by which a number of users is called safe under a limit. Pure: peaks and endings in, a word out.

Importers and standards are judged alike: every trial that can be trusted completed, and the upper tolerance bound of
the peak (95 % of trials, with 95 % confidence) leaves the reserve free. The analyst of a run draws its bound from a
line through all levels; here a level stands alone.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from loadtests.record import Ending

# A choice: what a safe setting must leave free, for whatever a load test does not show. The operator kept 12 of 512 MB,
# which one spike spends.
RESERVE_RATIO = 0.1
# One-sided tolerance factors for a normal sample of 2, 3 ... 10: 95 % of the population with 95 % confidence, from the
# non-central t distribution; a test computes them anew. Larger samples keep the last, which is on the safe side.
TOLERANCE_FACTORS = (26.2597, 7.6559, 5.1439, 4.2027, 3.7077, 3.3995, 3.1873, 3.0312, 2.9110)
# These say something about the measurement and nothing about the target.
VOID = (Ending.INVALID, Ending.GENERATOR_SATURATED)


class Safety(StrEnum):
    """What the trials of a level show."""

    SAFE = "safe"
    NOT_SAFE = "not safe"
    CANNOT_TELL = "cannot be told"


@dataclass(frozen=True, slots=True)
class Level:
    """The trials of one number of users under one limit; peaks are their highest readings of unreclaimable memory."""

    endings: Sequence[Ending]
    peaks_bytes: Sequence[int]  # one for each ending
    limit_bytes: int
    reserve_bytes: int


def judge(level: Level) -> Safety:
    """Say whether the level is safe."""
    endings = [ending for ending in level.endings if ending not in VOID]
    if any(ending is not Ending.COMPLETED for ending in endings):
        return Safety.NOT_SAFE
    peaks = [
        peak_bytes
        for ending, peak_bytes in zip(level.endings, level.peaks_bytes, strict=True)
        if ending is Ending.COMPLETED
    ]
    bound_bytes = upper_bound_bytes(peaks)
    if max([*peaks, bound_bytes or 0.0]) > level.limit_bytes - level.reserve_bytes:
        return Safety.NOT_SAFE
    return Safety.CANNOT_TELL if bound_bytes is None else Safety.SAFE


def upper_bound_bytes(peaks: Sequence[int]) -> float | None:
    """Bound below which 95 % of further peaks lie, with 95 % confidence; None for fewer than two."""
    if len(peaks) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    factor = TOLERANCE_FACTORS[min(len(peaks) - 2, len(TOLERANCE_FACTORS) - 1)]
    return statistics.mean(peaks) + factor * statistics.stdev(peaks)
