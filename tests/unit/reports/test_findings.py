"""Which trials stand for others."""

from loadtests.record import Ending
from reports.findings import find, representative
from tests.synthetic_evidence import evidence, flat, queueing, seen, straight
from tests.synthetic_plan import PROFILES


def test_the_median_trial_stands_for_a_level_unless_one_failed() -> None:
    """A picture shows the middle of what passed, or what failed, and void trials only when nothing else was read."""
    low, middle, high = seen(3, 60), seen(3, 65), seen(3, 70)
    failed, void, unread = seen(3, 99, Ending.OOM_KILLED), seen(3, 1, Ending.INVALID), seen(3, samples=flat(0, 0))
    assert representative([high, low, middle, void]) is middle
    assert representative([high, low, middle, failed]) is failed
    assert representative([void, unread]) is void
    assert representative([unread]) is None


def test_queueing_trials_are_those_of_the_question() -> None:
    """Trials with waiting users count as queueing only with the setting of the verdict."""
    mine, other = queueing(4), queueing(4, setting=PROFILES["before"])
    assert find(evidence([*straight(), mine, other])).queueing == (mine,)


def test_profiles_are_compared_under_the_greatest_demand() -> None:
    """Only trials of the profile series with the most users are set side by side, by name."""
    few = seen(3, series=("profile",), profile="before", setting=PROFILES["before"])
    before = seen(4, series=("profile",), profile="before", setting=PROFILES["before"])
    after = seen(4, series=("profile",), profile="recommended", setting=PROFILES["recommended"])
    found = find(evidence([*straight(), after, few, before]))
    assert found.profiles == {"before": (before,), "recommended": (after,)}
    assert find(evidence(straight())).profiles == {}
