"""Known answers of the statistics."""

import pytest

from reports.stats import (
    failure_bound_ratio,
    lack_of_fit,
    least_squares,
    leverage,
    mean_interval,
    predicted,
    prediction_interval,
    sample_interval,
    tolerance_bound,
    tolerance_factor,
)

ROWS = [(1.0, float(x)) for x in (1, 1, 2, 2, 3, 3)]
VALUES = [11.0, 13.0, 21.0, 23.0, 31.0, 33.0]  # 2 + 10 x, one below and one above at every x


def test_a_straight_line_is_found() -> None:
    """Base and slope of data around a known line are that line's, and the spread is the residuals'."""
    fit = least_squares(ROWS, VALUES)
    assert fit is not None
    assert fit.coefficients == pytest.approx((2.0, 10.0))
    assert fit.dof == 4
    assert fit.spread == pytest.approx((6 / 4) ** 0.5)
    assert predicted(fit, (1.0, 4.0)) == pytest.approx(42.0)
    assert leverage(fit, (1.0, 2.0)) == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ([], []),
        ([(1.0, 1.0), (1.0, 2.0)], [1.0, 2.0]),
        ([(1.0, 2.0)] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]),
        ([(1.0, 0.0)] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]),
    ],
    ids=["nothing", "no freedom left", "one level", "an empty column"],
)
def test_what_cannot_be_told_is_not_fitted(rows: list[tuple[float, ...]], values: list[float]) -> None:
    """Data that leave a coefficient or the spread open give no fit rather than a made-up one."""
    assert least_squares(rows, values) is None


# Source: Hahn and Meeker, Statistical Intervals, table A.12b: one-sided factors for content and confidence of 95 %.
@pytest.mark.parametrize(("trials", "factor"), [(2, 26.260), (3, 7.656), (5, 4.203), (10, 2.911), (100, 1.927)])
def test_tolerance_factors_are_the_published_ones(trials: int, factor: float) -> None:
    """For one sample the factor is the textbook's."""
    assert tolerance_factor(1 / trials, trials - 1, 0.95, 0.95) == pytest.approx(factor, abs=0.001)


def test_a_bound_lies_its_factor_of_spreads_above_the_line() -> None:
    """The bound is made of the prediction, the factor and the spread, and of nothing else."""
    fit = least_squares(ROWS, VALUES)
    assert fit is not None
    row = (1.0, 3.0)
    factor = tolerance_factor(leverage(fit, row), fit.dof, 0.95, 0.95)
    assert tolerance_bound(fit, row, 0.95, 0.95) == pytest.approx(32.0 + factor * fit.spread)


def test_intervals_of_a_sample_are_students() -> None:
    """The interval of a mean is the textbook's: for 1, 2, 3 it is 2 plus or minus 4.303 / sqrt(3)."""
    estimate = sample_interval([1.0, 2.0, 3.0], 0.95)
    assert estimate is not None
    assert estimate.value == pytest.approx(2.0)
    assert estimate.high - estimate.value == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert sample_interval([1.0], 0.95) is None


def test_one_more_value_is_less_certain_than_the_mean() -> None:
    """The interval of a further trial holds that of the mean."""
    fit = least_squares(ROWS, VALUES)
    assert fit is not None
    mean, one = mean_interval(fit, (1.0, 2.0), 0.95), prediction_interval(fit, (1.0, 2.0), 0.95)
    assert one.low < mean.low < mean.value == one.value < mean.high < one.high


@pytest.mark.parametrize(
    ("failures", "trials", "bound"),
    [(0, 3, 0.632), (0, 10, 0.259), (0, 59, 0.0495), (1, 1, 1.0), (5, 5, 1.0), (1, 10, 0.394)],
)
def test_counting_alone_bounds_the_failure_probability(failures: int, trials: int, bound: float) -> None:
    """The counted bound is 1 - 0.05^(1/n) without failures, and Clopper and Pearson's with them."""
    assert failure_bound_ratio(failures, trials, 0.95) == pytest.approx(bound, abs=0.001)
    if failures == 0:
        assert failure_bound_ratio(0, trials, 0.95) == pytest.approx(1 - 0.05 ** (1 / trials))


def test_no_trial_bounds_nothing() -> None:
    """Without trials there is no bound, not a bound of one."""
    assert failure_bound_ratio(0, 0, 0.95) is None


def test_a_bend_is_seen_and_a_line_is_not() -> None:
    """Level means off the line by far more than the repeats differ are told; on the line nothing is."""
    bent = [VALUES[0], VALUES[1], VALUES[2] + 30, VALUES[3] + 30, VALUES[4], VALUES[5]]
    for values, seen in ((VALUES, False), (bent, True)):
        fit = least_squares(ROWS, values)
        assert fit is not None
        levels = [((1.0, float(x)), values[2 * x - 2 : 2 * x]) for x in (1, 2, 3)]
        probability = lack_of_fit(fit, levels)
        assert probability is not None
        assert (probability < 0.05) is seen


def test_a_bend_needs_repeats_and_room() -> None:
    """Without repeats, without a level to spare, or without any spread, nothing is said about a bend."""
    single = least_squares([(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)], [1.0, 2.1, 2.9])
    two_levels = least_squares(ROWS[:4], VALUES[:4])
    exact = least_squares(ROWS, [row[1] for row in ROWS])
    assert single is not None
    assert two_levels is not None
    assert exact is not None
    assert lack_of_fit(single, [((1.0, 1.0), [1.0]), ((1.0, 2.0), [2.1]), ((1.0, 3.0), [2.9])]) is None
    assert lack_of_fit(two_levels, [((1.0, 1.0), VALUES[:2]), ((1.0, 2.0), VALUES[2:4])]) is None
    assert lack_of_fit(exact, [((1.0, x), [x, x]) for x in (1.0, 2.0, 3.0)]) is None
