"""When a number of users is called safe."""

import math

import pytest
from scipy.stats import nct, norm

from loadtests.record import Ending
from loadtests.safety import TOLERANCE_FACTORS, Level, Safety, judge, upper_bound_bytes

DONE, KILLED, VOID = Ending.COMPLETED, Ending.OOM_KILLED, Ending.INVALID


def judged(endings: list[Ending], peaks: list[int]) -> Safety:
    """Judge under a limit of 1000 of which 100 stay free."""
    return judge(Level(endings, peaks, limit_bytes=1000, reserve_bytes=100))


@pytest.mark.parametrize(
    ("endings", "peaks", "safety"),
    [
        ([DONE, DONE], [800, 801], Safety.SAFE),
        ([DONE, DONE], [901, 902], Safety.NOT_SAFE),
        ([DONE, DONE], [800, 840], Safety.NOT_SAFE),
        ([DONE, DONE, KILLED], [100, 100, 100], Safety.NOT_SAFE),
        ([DONE, DONE, VOID], [800, 801, 999], Safety.SAFE),
        ([DONE], [800], Safety.CANNOT_TELL),
        ([DONE], [901], Safety.NOT_SAFE),
        ([VOID], [800], Safety.CANNOT_TELL),
        ([], [], Safety.CANNOT_TELL),
    ],
)
def test_safe_means_completed_and_bounded(endings: list[Ending], peaks: list[int], safety: Safety) -> None:
    """A failure, a peak or a bound within the reserve is not safe; too few trials to bound are never safe either."""
    assert judged(endings, peaks) is safety


def test_two_megabytes_from_the_limit_is_not_safe() -> None:
    """510 of 512 MiB lives, and is called not safe, however often it lived."""
    level = Level([DONE] * 10, [510 * 2**20] * 10, limit_bytes=512 * 2**20, reserve_bytes=round(0.1 * 512 * 2**20))
    assert judge(level) is Safety.NOT_SAFE


def test_the_factors_are_the_tolerance_factors() -> None:
    """Each factor is the one of the non-central t distribution, for 95 % of trials with 95 % confidence."""
    sizes = range(2, 2 + len(TOLERANCE_FACTORS))
    exact = [nct.ppf(0.95, n - 1, norm.ppf(0.95) * math.sqrt(n)) / math.sqrt(n) for n in sizes]
    assert pytest.approx(exact, abs=1e-3) == list(TOLERANCE_FACTORS)


def test_more_trials_never_get_a_smaller_factor_than_is_known() -> None:
    """Beyond the table its last factor stays."""
    assert upper_bound_bytes([1, 3] * 6) == pytest.approx(2 + TOLERANCE_FACTORS[-1] * 1.0445, rel=1e-3)
