"""Least squares, tolerance bounds and exact binomial bounds; knows numbers, not what they mean. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy.stats import beta, f, nct, norm, t

Row = Sequence[float]

# A choice, the usual one for tolerance bounds: 95 % of trials, with 95 % confidence.
CONTENT: Final = 0.95
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class LinearFit:
    """Ordinary least squares of values on rows of regressors, with one spread shared by all of them."""

    coefficients: tuple[float, ...]
    spread: float  # residual standard deviation
    dof: float  # degrees of freedom of the spread; whole unless values were censored
    inverse: tuple[tuple[float, ...], ...]  # of the normal matrix: turns a row into its leverage


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its two-sided confidence interval."""

    value: float
    low: float
    high: float


def least_squares(rows: Sequence[Row], values: Sequence[float]) -> LinearFit | None:
    """Fit *values*; None when the rows do not tell the coefficients apart or leave no degree of freedom."""
    if not rows or len(rows) <= len(rows[0]):
        return None
    x, y = np.asarray(rows, dtype=float), np.asarray(values, dtype=float)
    # Columns differ by orders of magnitude (1 beside users x page size): scaled to length one, rank can be judged.
    scale = np.sqrt((x**2).sum(axis=0))
    if not scale.all() or np.linalg.matrix_rank(x / scale) < x.shape[1]:
        return None
    pseudo = np.linalg.pinv(x / scale)
    coefficients = (pseudo @ y) / scale
    dof = len(rows) - x.shape[1]
    residual = y - x @ coefficients
    inverse = (pseudo @ pseudo.T) / np.outer(scale, scale)
    return LinearFit(
        coefficients=tuple(map(float, coefficients)),
        spread=math.sqrt(float(residual @ residual) / dof),
        dof=dof,
        inverse=tuple(tuple(map(float, line)) for line in inverse),
    )


def predicted(fit: LinearFit, row: Row) -> float:
    """Mean that the fit expects at *row*."""
    return math.fsum(c * x for c, x in zip(fit.coefficients, row, strict=True))


def leverage(fit: LinearFit, row: Row) -> float:
    """Variance of the predicted mean at *row*, in units of the squared spread."""
    return math.fsum(
        a * b * v for a, line in zip(row, fit.inverse, strict=True) for b, v in zip(row, line, strict=True)
    )


@cache
def tolerance_factor(at_leverage: float, dof: float, content: float, confidence: float) -> float:
    """Spreads above the predicted mean at which a one-sided normal tolerance bound lies.

    With the mean estimated to variance h, (bound - mean) / spread follows a non-central t with dof degrees of freedom
    and non-centrality z(content) / sqrt(h), scaled by sqrt(h). For one sample h is 1/n: the textbook factor.
    Source: Krishnamoorthy and Mathew, Statistical Tolerance Regions (2009), sections 1.2 and 3.3.
    """
    root = math.sqrt(at_leverage)
    return float(nct.ppf(confidence, dof, norm.ppf(content) / root)) * root


def tolerance_bound(fit: LinearFit, row: Row, content: float, confidence: float) -> float:
    """Value below which a share *content* of future values at *row* lies, with *confidence*."""
    return predicted(fit, row) + tolerance_factor(leverage(fit, row), fit.dof, content, confidence) * fit.spread


def mean_interval(fit: LinearFit, row: Row, confidence: float) -> Estimate:
    """Interval of the mean at *row*; a row of 0 and 1 picks a coefficient, a difference of rows an effect."""
    half = student_t(fit.dof, confidence) * fit.spread * math.sqrt(leverage(fit, row))
    value = predicted(fit, row)
    return Estimate(value, value - half, value + half)


def prediction_interval(fit: LinearFit, row: Row, confidence: float) -> Estimate:
    """Interval in which one further value at *row* is expected."""
    half = student_t(fit.dof, confidence) * fit.spread * math.sqrt(1 + leverage(fit, row))
    value = predicted(fit, row)
    return Estimate(value, value - half, value + half)


def sample_interval(values: Sequence[float], confidence: float) -> Estimate | None:
    """Interval of the mean of one sample; None for fewer than two values."""
    fit = least_squares([(1.0,)] * len(values), values)
    return None if fit is None else mean_interval(fit, (1.0,), confidence)


def lack_of_fit(fit: LinearFit, levels: Sequence[tuple[Row, Sequence[float]]]) -> float | None:
    """Probability that chance alone bends the level means away from the fit as far as they lie (F test).

    None without repeats, or where the fit can go through every level.
    """
    means = [math.fsum(values) / len(values) for _, values in levels]
    pure = math.fsum((value - mean) ** 2 for (_, values), mean in zip(levels, means, strict=True) for value in values)
    off = math.fsum(
        len(values) * (mean - predicted(fit, row)) ** 2 for (row, values), mean in zip(levels, means, strict=True)
    )
    pure_dof = sum(len(values) - 1 for _, values in levels)
    off_dof = fit.dof - pure_dof
    if pure_dof == 0 or off_dof == 0 or pure == 0:
        return None
    return float(f.sf((off / off_dof) / (pure / pure_dof), off_dof, pure_dof))


def failure_bound_ratio(failures: int, trials: int, confidence: float) -> float | None:
    """Upper bound of the failure probability from counting alone (Clopper and Pearson); None without trials.

    Without failures it is 1 - (1 - confidence)^(1/trials).
    """
    if trials == 0:
        return None
    return 1.0 if failures == trials else float(beta.ppf(confidence, failures + 1, trials - failures))


def student_t(dof: float, confidence: float) -> float:
    """Standard errors on either side of a mean that make its two-sided interval."""
    return float(t.ppf((1 + confidence) / 2, dof))
