"""Figures that follow from one trial's readings."""

import pytest

from loadtests.known import Weights, known_trials
from loadtests.record import NO_SAMPLES, Phases
from loadtests.series import base_bytes, peak_bytes, rise_bytes_per_s, slope
from tests.known_trials import held, readings, trial

KNOWN = known_trials(Weights(16, (10,), (1,)), 1)[0]
NEVER_READY = Phases(process_started_s=0.0, ready_s=None, load_started_s=None, load_ended_s=None, stopped_s=1.0)


def test_base_and_peak_are_read_in_their_own_time() -> None:
    """The base is the median while ready and idle, whatever came before; the peak is the highest of all readings."""
    made = trial(KNOWN, 0, 0, samples=readings([(0.5, 99), (1.1, 10), (1.5, 11), (1.9, 50), (2.5, 70), (3.5, 80)]))
    assert base_bytes(made) == 11
    assert peak_bytes(made) == 99


def test_what_never_was_is_not_measured() -> None:
    """A server that never got ready has no base, one that was never read no peak, and no request means no rise."""
    assert base_bytes(trial(KNOWN, 1, 2, phases=NEVER_READY)) is None
    assert base_bytes(trial(KNOWN, 1, 2, samples=readings([(0.1, 5)]))) is None
    assert peak_bytes(trial(KNOWN, 1, 2, samples=NO_SAMPLES)) is None
    assert rise_bytes_per_s(trial(KNOWN, 1, 2, imports=(held(None, None),))) is None


def test_the_rise_is_that_of_the_held_requests() -> None:
    """Only readings while requests were in flight count."""
    series = [(1.0, 0), (2.0, 100), (2.5, 150), (2.9, 190), (3.5, 190)]
    assert rise_bytes_per_s(trial(KNOWN, 0, 0, samples=readings(series))) == pytest.approx(100)


def test_one_place_has_no_slope() -> None:
    """Points above one another make no line."""
    assert slope([(1.0, 1.0), (1.0, 2.0)]) is None
