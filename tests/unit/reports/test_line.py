"""The line through the peaks: what enters it, and what it says."""

import pytest

from loadtests.record import Ending
from reports.line import fit_line
from tests.synthetic_evidence import flat, queueing, seen, straight
from tests.synthetic_plan import MIB


def test_base_and_need_are_those_of_the_data() -> None:
    """Trials along 60 MiB and 2 MiB an import give just that, with the truth inside the intervals."""
    line = fit_line(straight(), None)
    assert line is not None
    assert line.base is not None
    assert line.need is not None
    assert line.base.value == pytest.approx(60 * MIB)
    assert line.need.low < 2 * MIB < line.need.high
    assert line.expected_bytes(3) == pytest.approx(66 * MIB)
    assert (line.lowest, line.highest) == (1, 5)
    assert line.waiting is None


def test_a_bound_lies_above_the_line_and_widens_beyond_the_data() -> None:
    """Far from the data the bound leaves the line faster than within."""
    line = fit_line(straight(), None)
    assert line is not None
    margins = [(line.bound_bytes(users) or 0) - (line.expected_bytes(users) or 0) for users in (3, 5, 10)]
    assert 0 < margins[0] < margins[1] < margins[2]
    assert line.covers(5)
    assert not line.covers(6)


def test_one_level_alone_tells_nothing_of_another() -> None:
    """From trials of one level there is a bound at that level, and neither need nor a bound elsewhere."""
    line = fit_line(straight(levels=(3,), repeats=4), None)
    assert line is not None
    assert not line.has_slope
    assert line.base is None
    assert line.need is None
    assert line.bound_bytes(3) is not None
    assert line.bound_bytes(2) is None
    assert line.expected_bytes(2) is None
    assert line.next_trial(2) is None


def test_levels_with_a_failure_stay_out() -> None:
    """From the lowest failing level upwards nothing is fitted, not even what passed there."""
    line = fit_line([*straight(levels=(1, 2, 3, 4)), seen(4, 90, Ending.OOM_KILLED), seen(5, 70)], failing_from=4)
    assert line is not None
    assert line.highest == 3


def test_only_measured_and_completed_trials_are_fitted() -> None:
    """A void trial and one without readings have no say; with too few others there is no line."""
    unread = seen(2, samples=flat(0, 0))
    assert fit_line([seen(1), seen(2), seen(3, ending=Ending.INVALID), unread], None) is None


def test_waiting_users_have_a_term_of_their_own() -> None:
    """Trials in which users wait peak higher by what the line says they do, and leave need and base alone."""
    line = fit_line([*straight(), queueing(4, 66.9), queueing(5, 67.1)], None)
    assert line is not None
    assert line.waiting is not None
    assert line.waiting.value == pytest.approx(1 * MIB, rel=0.05)
    assert line.expected_bytes(3) == pytest.approx(66 * MIB)
    alone, waiting = line.bound_bytes(3), line.bound_bytes(3, others_wait=True)
    assert alone is not None
    assert waiting is not None
    assert waiting > alone


def test_waiting_users_stay_out_where_they_cannot_be_told_from_the_slope() -> None:
    """When every trial of a level has waiting users, what they add and what the level adds are one figure."""
    line = fit_line([*straight(levels=(1,), repeats=4), queueing(4, 66.9), queueing(5, 67.1)], None)
    assert line is not None
    assert not line.tells_waiting
    assert line.highest == 1
