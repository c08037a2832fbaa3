"""The line through the peaks: what enters it, and what it says."""

import pytest

from loadtests.record import Ending
from reports.line import fit_line
from tests.synthetic_evidence import flat, queueing, seen, straight
from tests.synthetic_plan import MIB


def test_base_and_need_are_those_of_the_data() -> None:
    """Trials along 60 MiB and 2 MiB an import give just that, with the truth inside the intervals."""
    line = fit_line(straight())
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
    line = fit_line(straight())
    assert line is not None
    margins = [(line.bound_bytes(users) or 0) - (line.expected_bytes(users) or 0) for users in (3, 5, 10)]
    assert 0 < margins[0] < margins[1] < margins[2]
    assert line.covers(5)
    assert not line.covers(6)


def test_one_level_alone_tells_nothing_of_another() -> None:
    """From trials of one level there is a bound at that level, and neither need nor a bound elsewhere."""
    line = fit_line(straight(levels=(3,), repeats=4))
    assert line is not None
    assert not line.has_slope
    assert line.base is None
    assert line.need is None
    assert line.bound_bytes(3) is not None
    assert line.bound_bytes(2) is None
    assert line.expected_bytes(2) is None
    assert line.next_trial(2) is None


def test_killed_trials_pull_the_line_up() -> None:
    """A trial that ran out of memory says that its need is above the limit: the line steepens, and bounds widen."""
    passed = straight(levels=(1, 2, 3, 4))
    killed = [seen(5, 60, Ending.OOM_KILLED, limit_bytes=90 * MIB) for _ in range(2)]
    plain, line = fit_line(passed), fit_line([*passed, *killed])
    assert plain is not None
    assert line is not None
    assert line.killed == tuple(killed)
    assert (line.lowest, line.highest) == (1, 4)
    assert (line.expected_bytes(5) or 0) > (plain.expected_bytes(5) or 0)
    assert (line.bound_bytes(4) or 0) > (plain.bound_bytes(4) or 0)


def test_a_kill_within_the_expected_changes_little() -> None:
    """A kill at a limit that the line passes anyway leaves need and base nearly as they were."""
    passed = straight(levels=(1, 2, 3, 4))
    plain, line = fit_line(passed), fit_line([*passed, seen(5, 60, Ending.OOM_KILLED, limit_bytes=64 * MIB)])
    assert plain is not None
    assert line is not None
    assert line.expected_bytes(4) == pytest.approx(plain.expected_bytes(4), rel=1e-3)


def test_failures_of_another_kind_stay_out() -> None:
    """A crash says nothing of memory, and does not move the line."""
    plain, line = fit_line(straight()), fit_line([*straight(), seen(3, 500, Ending.CRASHED)])
    assert plain is not None
    assert line is not None
    assert line.fit == plain.fit


def test_kills_above_a_single_level_give_no_slope() -> None:
    """With one level passed, kills at higher levels do not make a need per import up."""
    line = fit_line([*straight(levels=(2,), repeats=4), seen(4, 90, Ending.OOM_KILLED)])
    assert line is not None
    assert not line.has_slope
    assert line.killed == ()


def test_only_measured_and_completed_trials_are_fitted() -> None:
    """A void trial and one without readings have no say; with too few others there is no line."""
    unread = seen(2, samples=flat(0, 0))
    assert fit_line([seen(1), seen(2), seen(3, ending=Ending.INVALID), unread]) is None


def test_waiting_users_have_a_term_of_their_own() -> None:
    """Trials in which users wait peak higher by what the line says they do, and leave need and base alone."""
    line = fit_line([*straight(), queueing(4, 66.9), queueing(5, 67.1)])
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
    line = fit_line([*straight(levels=(1,), repeats=4), queueing(4, 66.9), queueing(5, 67.1)])
    assert line is not None
    assert not line.tells_waiting
    assert line.highest == 1
