"""Open arrivals: when each one comes, whoever is still there, and whether the server kept up with them.

Pure: a rate and a seed go in, times come out; rows go in, figures come out.
"""

import random
from collections.abc import Sequence

from loadtests.record import Arrivals, ImportRow

# Two readings lie on every line; from three on a slope says something.
READINGS_LEAST = 3


def poisson_offsets_s(count: int, per_s: float, seed: str) -> tuple[float, ...]:
    """Return when each of *count* arrivals comes, the first at once and the others after gaps without memory.

    The gaps of one seed are the same at every rate but for their scale, so that rates can be compared.
    """
    gaps, at_s = random.Random(seed), 0.0
    offsets = [at_s]
    for _ in range(count - 1):
        at_s += gaps.expovariate(1.0) / per_s
        offsets.append(at_s)
    return tuple(offsets)


def backlogs(imports: Sequence[ImportRow]) -> tuple[tuple[float, int], ...]:
    """Return, for each arrival in order, when it came and how many before it were not done by then."""
    came = sorted(row.scheduled_s for row in imports)
    done = sorted(row.done_s for row in imports if row.done_s is not None)
    return tuple((at_s, place - sum(end_s <= at_s for end_s in done)) for place, at_s in enumerate(came))


def kept_up(imports: Sequence[ImportRow], per_s: float) -> Arrivals:
    """Return how the backlog grew: the slope of a straight line through what each arrival found, and the most of it."""
    found = backlogs(imports)
    return Arrivals(
        per_s=per_s,
        backlog_growth_per_s=_slope(found),
        backlog_most=max((waiting for _, waiting in found), default=0),
    )


def _slope(points: Sequence[tuple[float, int]]) -> float | None:
    """Return the least squares slope; None when there are too few points, or all came at once."""
    if len(points) < READINGS_LEAST:
        return None
    mean_at = sum(at_s for at_s, _ in points) / len(points)
    mean_found = sum(found for _, found in points) / len(points)
    spread = sum((at_s - mean_at) ** 2 for at_s, _ in points)
    if spread == 0:
        return None
    return sum((at_s - mean_at) * (found - mean_found) for at_s, found in points) / spread
