"""Laws of the statistics and the model that hold for whatever data, and the coverage that the bound promises."""

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.record import Ending
from reports.model import State, capacity
from reports.stats import (
    CONFIDENCE,
    CONTENT,
    failure_bound_ratio,
    least_squares,
    predicted,
    tolerance_bound,
    tolerance_factor,
)
from tests.synthetic_evidence import evidence, seen
from tests.synthetic_plan import MIB

LEVELS = (1, 2, 3, 4, 5)
ROWS = [(1.0, float(users)) for users, _ in product(LEVELS, range(2))]
NORMAL_95 = 1.6448536269514722  # 95 % of a normal distribution lie below so many standard deviations
SIMULATED_RUNS = 4000  # gives a standard error of 0.34 % to a coverage of 95 %

finite = st.floats(min_value=-1e3, max_value=1e3, allow_nan=False)
peaks_mib = st.lists(st.floats(min_value=1, max_value=400), min_size=len(ROWS), max_size=len(ROWS))


@given(peaks=peaks_mib, users=st.integers(min_value=1, max_value=9))
def test_the_bound_lies_above_the_line(peaks: list[float], users: int) -> None:
    """A tolerance bound for 95 % of trials never lies below their mean."""
    fit = least_squares(ROWS, peaks)
    assert fit is not None
    row = (1.0, float(users))
    assert tolerance_bound(fit, row, CONTENT, CONFIDENCE) >= predicted(fit, row)


@given(peaks=peaks_mib, shift=finite, scale=st.floats(min_value=0.1, max_value=100))
def test_units_do_not_matter(peaks: list[float], shift: float, scale: float) -> None:
    """Measured in other units or from another zero, the bound is the same bound."""
    plain, changed = least_squares(ROWS, peaks), least_squares(ROWS, [shift + scale * peak for peak in peaks])
    assert plain is not None
    assert changed is not None
    before, after = (tolerance_bound(fit, (1.0, 3.0), CONTENT, CONFIDENCE) for fit in (plain, changed))
    assert after == pytest.approx(shift + scale * before, rel=1e-6, abs=1e-6)


@given(peaks=peaks_mib, seed=st.integers())
def test_the_order_of_trials_does_not_matter(peaks: list[float], seed: int) -> None:
    """Shuffled trials give the same line."""
    pairs = list(zip(ROWS, peaks, strict=True))
    random.Random(seed).shuffle(pairs)
    plain, shuffled = least_squares(ROWS, peaks), least_squares([row for row, _ in pairs], [peak for _, peak in pairs])
    assert plain is not None
    assert shuffled is not None
    assert shuffled.coefficients == pytest.approx(plain.coefficients, rel=1e-9, abs=1e-6)


@given(trials=st.integers(min_value=2, max_value=200), confidence=st.floats(min_value=0.6, max_value=0.99))
def test_more_trials_and_less_confidence_need_a_smaller_margin(trials: int, confidence: float) -> None:
    """The factor falls with every trial and with the confidence asked for, and never below the true quantile."""
    factor = tolerance_factor(1 / trials, trials - 1, CONTENT, confidence)
    more = tolerance_factor(1 / (trials + 1), trials, CONTENT, confidence)
    surer = tolerance_factor(1 / trials, trials - 1, CONTENT, confidence + 0.005)
    assert more < factor < surer


@given(trials=st.integers(min_value=1, max_value=500), failures=st.integers(min_value=0, max_value=500))
def test_counting_never_promises_less_than_was_seen(trials: int, failures: int) -> None:
    """The counted bound lies at or above the share that failed, and grows with each failure."""
    failures = min(failures, trials)
    bound = failure_bound_ratio(failures, trials, CONFIDENCE)
    fewer = failure_bound_ratio(max(0, failures - 1), trials, CONFIDENCE)
    assert bound is not None
    assert fewer is not None
    assert failures / trials <= bound <= 1
    assert fewer <= bound


@settings(max_examples=30, deadline=None)
@given(
    off_mib=st.lists(st.floats(min_value=-3, max_value=3), min_size=len(ROWS), max_size=len(ROWS)),
    need_mib=st.floats(min_value=0.5, max_value=120),
    failing=st.sets(st.integers(min_value=1, max_value=5), max_size=2),
)
def test_a_failure_never_makes_anything_safer(off_mib: list[float], need_mib: float, failing: set[int]) -> None:
    """Adding killed trials can take levels out of what is shown safe, and add none."""
    trials = [seen(int(row[1]), 60 + need_mib * row[1] + off) for row, off in zip(ROWS, off_mib, strict=True)]
    killed = [seen(users, 500, Ending.OOM_KILLED) for users in sorted(failing)]
    quiet, loud = capacity(evidence(trials)), capacity(evidence([*trials, *killed]))
    assert loud.shown_safe <= quiet.shown_safe
    assert all(loud.level(users).state is State.NOT_SAFE for users in failing)


@settings(max_examples=30, deadline=None)
@given(need_mib=st.floats(min_value=0.5, max_value=90), limit_mib=st.floats(min_value=80, max_value=600))
def test_a_higher_limit_is_never_less_safe(need_mib: float, limit_mib: float) -> None:
    """With the same trials and the same reserve, more memory shows at least as many imports safe."""
    trials = [
        seen(int(users), 60 + need_mib * users + off) for (_, users), off in zip(ROWS, (-0.2, 0.2) * 5, strict=True)
    ]
    limits = [round(limit * MIB) for limit in (limit_mib, limit_mib + 50)]
    lower, higher = (
        capacity(evidence(trials, limit_bytes=limit, reserve_bytes=10 * MIB)).shown_safe for limit in limits
    )
    assert lower <= higher


@pytest.mark.parametrize("users", [1, 3, 5])
def test_the_bound_covers_what_it_promises(users: int) -> None:
    """In simulated runs of ten trials the 95/95 bound holds the true 95 % quantile in 95 % of runs."""
    noise = np.random.default_rng(20260101).normal(size=(SIMULATED_RUNS, len(ROWS)))
    row, quantile = (1.0, float(users)), 60 + 2 * users + NORMAL_95
    covered = 0
    for errors in noise:
        fit = least_squares(ROWS, [60 + 2 * x[1] + error for x, error in zip(ROWS, errors, strict=True)])
        assert fit is not None
        covered += tolerance_bound(fit, row, CONTENT, CONFIDENCE) >= quantile
    assert 0.93 <= covered / SIMULATED_RUNS <= 0.97
