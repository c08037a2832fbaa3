"""Laws of fits with values that are only known to lie above a limit, and the coverage of their bounds."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reports.censored import censored_least_squares
from reports.stats import CONFIDENCE, CONTENT, LinearFit, least_squares, predicted, tolerance_bound

LEVELS = (1, 2, 3, 4, 5)
ROWS = [(1.0, float(users)) for users, _ in product(LEVELS, range(2))]
BASE, NEED, SPREAD = 50.0, 90.0, 5.0  # the published case in MiB, with a spread of its own
NORMAL_95 = 1.6448536269514722
SIMULATED_RUNS = 1000  # gives a standard error of 0.7 % to a coverage of 95 %

values_mib = st.lists(st.floats(min_value=1, max_value=400), min_size=len(ROWS), max_size=len(ROWS))


def censored(rows: list[tuple[float, float]], values: list[float], limit: float) -> LinearFit | None:
    """Fit values of which those above *limit* are known to be above it, and no more."""
    return censored_least_squares(rows, [min(value, limit) for value in values], [value > limit for value in values])


@given(values=values_mib)
def test_without_kills_it_is_plain_least_squares(values: list[float]) -> None:
    """Where nothing lies above the limit, the fit is the plain one."""
    assert censored(ROWS, values, 1e9) == least_squares(ROWS, values)


@given(values=values_mib, limit=st.floats(min_value=100, max_value=400), scale=st.floats(min_value=0.01, max_value=100))
def test_units_do_not_matter(values: list[float], limit: float, scale: float) -> None:
    """In other units the bound is the same bound."""
    plain = censored(ROWS, values, limit)
    assume(plain is not None)
    assert plain is not None
    changed = censored(ROWS, [value * scale for value in values], limit * scale)
    assert changed is not None
    before, after = (tolerance_bound(fit, (1.0, 3.0), CONTENT, CONFIDENCE) for fit in (plain, changed))
    assert after == pytest.approx(before * scale, rel=1e-4)


def test_what_a_kill_hides_is_found_again() -> None:
    """With many trials the true base, need and spread come out, although the top level is killed half the time."""
    draw = np.random.default_rng(7)
    rows = [(1.0, float(users)) for users, _ in product(LEVELS, range(400))]
    values = [BASE + NEED * row[1] + float(draw.normal(0, SPREAD)) for row in rows]
    limit = BASE + NEED * 5
    fit = censored(rows, values, limit)
    dropped = least_squares(*zip(*[(r, v) for r, v in zip(rows, values, strict=True) if v <= limit], strict=True))
    assert fit is not None
    assert dropped is not None
    assert fit.coefficients == pytest.approx((BASE, NEED), abs=1.5)
    assert fit.spread == pytest.approx(SPREAD, rel=0.03)
    truth = BASE + NEED * 5
    assert abs(predicted(fit, (1.0, 5.0)) - truth) < 0.8 < abs(predicted(dropped, (1.0, 5.0)) - truth)


def test_kills_cannot_stand_in_for_what_passed() -> None:
    """Where the passed trials leave a coefficient open, kills do not close it."""
    assert censored_least_squares([(1.0, 1.0), (1.0, 1.0), (1.0, 2.0)], [1.0, 2.0, 9.0], [False, False, True]) is None


@pytest.mark.parametrize(
    ("levels", "repeats", "limit", "asked"),
    [
        (LEVELS, 2, BASE + NEED * 5, 4),
        (LEVELS, 4, BASE + NEED * 5, 4),
        (LEVELS, 10, BASE + NEED * 5, 4),
        (LEVELS, 4, BASE + NEED * 4, 3),
        ((1, 2, 3), 2, BASE + NEED * 3, 2),
        ((1, 2, 3, 4), 2, BASE + NEED * 4 + SPREAD, 3),
    ],
)
def test_the_bound_covers_what_it_promises(levels: tuple[int, ...], repeats: int, limit: float, asked: int) -> None:
    """In simulated runs with kills the 95/95 bound holds the true 95 % quantile in 93 to 97 % of runs."""
    draw = np.random.default_rng(20260103)
    rows = [(1.0, float(users)) for users, _ in product(levels, range(repeats))]
    quantile, fitted, covered = BASE + NEED * asked + SPREAD * NORMAL_95, 0, 0
    for _ in range(SIMULATED_RUNS):
        values = [BASE + NEED * row[1] + float(draw.normal(0, SPREAD)) for row in rows]
        fit = censored(rows, values, limit)
        if fit is not None:
            fitted += 1
            covered += tolerance_bound(fit, (1.0, float(asked)), CONTENT, CONFIDENCE) >= quantile
    assert fitted > 0.95 * SIMULATED_RUNS
    assert 0.93 <= covered / fitted <= 0.97


def test_many_kills_leave_nothing_to_tell_the_spread_by() -> None:
    """Three values that passed below fifteen kills far above them give no fit rather than a made-up spread."""
    rows = [(1.0, 1.0), (1.0, 2.0), (1.0, 2.1), *[(1.0, 2.0)] * 15]
    assert censored_least_squares(rows, [7.0, 2.3, 3.1, *[18.7] * 15], [False] * 3 + [True] * 15) is None
