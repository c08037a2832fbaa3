"""Least squares where some values are only known to lie above a limit; knows numbers, not what they mean. Pure.

A killed trial's need is at least the limit. Leaving it out would bias the fit low, and so would taking the limit for
its need: it enters by the probability of lying above. Maximum likelihood by expectation and maximisation (Dempster,
Laird and Rubin 1977), since its every step is one plain least squares; the spread is then freed of its bias with the
degrees of freedom that the observed information leaves it. The resulting tolerance bounds are approximate: a test
simulates their coverage.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

from reports.stats import LinearFit, Row, least_squares

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

# Steps shrink by about the share of censored values; three of four censored still settle within these.
_MOST_STEPS: Final = 2000
_SETTLED_RATIO: Final = 1e-10
# Below this share of the values, a spread is rounding: nothing is uncertain, and the likelihood has no top.
_ROUNDING_RATIO: Final = 1e-9


def censored_least_squares(rows: Sequence[Row], values: Sequence[float], above: Sequence[bool]) -> LinearFit | None:
    """Fit *values*, of which those marked *above* only say that the truth is higher.

    None where the others alone would not tell the coefficients and a spread: what lies above cannot stand in for them.
    """
    exact = [index for index, censored in enumerate(above) if not censored]
    start = least_squares([rows[index] for index in exact], [values[index] for index in exact])
    if start is None or len(exact) == len(rows) or start.spread <= _ROUNDING_RATIO * max(map(abs, values)):
        return start
    x, y, censored = np.asarray(rows, dtype=float), np.asarray(values, dtype=float), np.asarray(above)
    scale = np.sqrt((x**2).sum(axis=0))  # columns of like size, as in plain least squares
    coefficients, spread = _most_likely(x / scale, y, censored, (np.asarray(start.coefficients) * scale, start.spread))
    covariance = np.linalg.inv(_information(x / scale, y, censored, (coefficients, spread)))
    # Without censoring the information about the spread's logarithm is 2 for each value.
    worth = 1 / covariance[-1, -1] / 2
    dof = worth - x.shape[1]
    if dof <= 0:
        return None
    inverse = covariance[:-1, :-1] / spread**2 / np.outer(scale, scale)
    return LinearFit(
        coefficients=tuple(map(float, coefficients / scale)),
        spread=spread * math.sqrt(worth / dof),
        dof=float(dof),
        inverse=tuple(tuple(map(float, line)) for line in inverse),
    )


def _most_likely(x: Floats, y: Floats, censored: Marks, start: tuple[Floats, float]) -> tuple[Floats, float]:
    """Coefficients and spread of the greatest likelihood."""
    pseudo = np.asarray(np.linalg.pinv(x), dtype=np.float64)
    coefficients, spread = start
    steps, last = 0, math.inf
    while steps < _MOST_STEPS and abs(spread - last) > _SETTLED_RATIO * spread:
        steps += 1
        mean = x @ coefficients
        over = (y - mean) / spread
        hazard = _hazard(over)
        expected = np.where(censored, mean + spread * hazard, y)
        variance = np.where(censored, spread**2 * np.maximum(0.0, 1 + over * hazard - hazard**2), 0.0)
        coefficients = pseudo @ expected
        last, spread = spread, math.sqrt(float(((expected - x @ coefficients) ** 2 + variance).mean()))
    return coefficients, spread


def _hazard(over: Floats) -> Floats:
    """Density over upper tail of the standard normal: how far above a bound values lie that exceed it."""
    return np.asarray(math.sqrt(2 / math.pi) / erfcx(over / math.sqrt(2)), dtype=np.float64)


def _information(x: Floats, y: Floats, censored: Marks, found: tuple[Floats, float]) -> Floats:
    """Observed information about the coefficients and the logarithm of the spread, at the greatest likelihood."""
    coefficients, spread = found
    over = (y - x @ coefficients) / spread
    hazard = _hazard(over)
    bend = hazard * (hazard - over)
    of_mean = np.where(censored, bend, 1.0)
    of_both = np.where(censored, over * bend + hazard, 2 * over)
    of_spread = np.where(censored, over**2 * bend + over * hazard, 2 * over**2)
    corner = (x * of_mean[:, None]).T @ x / spread**2
    edge = (x.T @ of_both / spread)[:, None]
    return np.block([[corner, edge], [edge.T, np.array([[of_spread.sum()]])]])
