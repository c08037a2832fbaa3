"""Promises about what memory does while nothing should change any more."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.known import Weights, known_trials
from loadtests.record import Trial
from loadtests.settling import GivenBack, Slope, given_back, leak_slope
from tests.known_trials import DONE_S, READY_S, SENT_S, readings, trial

MIB = 2**20
KNOWN = known_trials(Weights(16, (10,), (1,)), 1)[0]


def alike(count: int, slope: float, seed: int) -> list[tuple[float, float]]:
    """Readings of a line whose noise hangs together from one to the next, as memory's does."""
    noise, made = 0.0, []
    chance = random.Random(seed)
    for number in range(count):
        noise = 0.8 * noise + chance.gauss(0, 1)
        made.append((number / 20, 100 + slope * number / 20 + noise))
    return made


def test_the_interval_holds_the_true_slope() -> None:
    """Of 200 leaks with readings that hang together, nine in ten intervals and more hold the truth."""
    held = 0
    for seed in range(200):
        found = leak_slope(alike(400, 0.5, seed))
        assert found is not None
        held += found.low_per_x <= 0.5 <= found.high_per_x
    assert held >= 180


def test_steady_memory_is_seldom_called_a_leak() -> None:
    """Where nothing leaks, a rise beyond doubt is found in no more than one series in twenty."""
    called = [leak_slope(alike(400, 0.0, seed)) for seed in range(200)]
    assert sum(found is not None and found.rises() for found in called) <= 10


@given(slope=st.floats(-1e6, 1e6), level=st.floats(0, 1e9), count=st.integers(24, 100), step_s=st.floats(0.01, 10))
def test_a_line_is_found_as_it_is(slope: float, level: float, count: int, step_s: float) -> None:
    """Without noise the slope is exact, whatever level, length and pace."""
    found = leak_slope([(number * step_s, level + slope * number * step_s) for number in range(count)])
    assert found is not None
    assert found.per_x == pytest.approx(slope, rel=1e-6, abs=1e-3)
    assert found.low_per_x <= found.per_x <= found.high_per_x


@pytest.mark.parametrize("points", [[(float(x), 1.0) for x in range(23)], [(1.0, float(y)) for y in range(50)]])
def test_too_little_gives_no_slope(points: list[tuple[float, float]]) -> None:
    """Fewer readings than the stretches need, or all at one moment, give no slope rather than a guess."""
    assert leak_slope(points) is None


def test_a_spike_is_no_leak() -> None:
    """One high reading, even at the end, does not make a steady series rise."""
    flat = [(float(x), 100.0) for x in range(80)]
    assert leak_slope([*flat[:-1], (79.0, 9000.0)]) == Slope(0.0, 0.0, 0.0)


def drained(*after_mib: float, base_mib: float = 50, peak_mib: float = 90) -> Trial:
    """A trial that idled, held and then read these."""
    after = [(DONE_S + number / 20, mib) for number, mib in enumerate(after_mib)]
    levels = [(READY_S, base_mib), (SENT_S, peak_mib), *after]
    return trial(KNOWN, 1, 1, samples=readings([(at_s, round(mib * MIB)) for at_s, mib in levels]))


def test_what_is_given_back_is_a_share_of_the_growth() -> None:
    """Back to base is 1, staying at the peak 0; the end of the drain decides."""
    assert given_back(drained(90, 80, 70, 50, 50, 50)) == GivenBack(50 * MIB, 90 * MIB, 50 * MIB)
    ratios = [given_back(drained(90, 80, 70, level, level, level)) for level in (50, 70, 90)]
    assert [found.ratio for found in ratios if found] == [1.0, 0.5, 0.0]


def test_no_growth_or_no_drain_gives_no_share() -> None:
    """Without growth there is nothing to give back, and without readings after the load nothing is known."""
    assert given_back(drained(50, 50, 50, 50, 50, 50, peak_mib=50.5)) is None
    assert given_back(drained(70, 50)) is None
    never = drained(50, 50, 50, 50, 50, 50)
    assert (
        given_back(never.model_copy(update={"phases": never.phases.model_copy(update={"load_ended_s": None})})) is None
    )
