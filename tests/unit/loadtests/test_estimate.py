"""How long a plan is said to take."""

import pytest

from loadtests.estimate import cost, left_s, plan_s, trial_s
from loadtests.inputs import read_plan, read_profiles
from loadtests.plan import PlannedTrial, expand


def trial(users: int, upstream: str = "unlimited") -> PlannedTrial:
    return PlannedTrial("t", "s", None, (("MAX_CONCURRENT_IMPORTS", "3"),), users, "aligned", upstream, 0, False)  # noqa: FBT003


def test_a_paced_trial_takes_as_long_as_its_upstream() -> None:
    """500 games at 25 a second take 20 s for each wave of users."""
    paced, queued = trial_s(trial(3, "lichess"), 500), trial_s(trial(6, "lichess"), 500)
    assert 20 < paced < 30
    assert queued - paced == pytest.approx(20)


def test_time_left_follows_the_pace_seen() -> None:
    """On a machine twice as slow as assumed, twice the time is left."""
    trials = [trial(1), trial(1), trial(1)]
    expected = trial_s(trials[0], 500)
    assert left_s(trials, 1, 2 * expected, 500) == pytest.approx(2 * 2 * expected)
    assert left_s(trials, 0, 0.0, 500) == pytest.approx(3 * expected)
    assert left_s(trials, 3, 1.0, 500) == 0


def test_the_shipped_plans_fit_their_promised_times() -> None:
    """The quick plan is announced under a minute and the standard plan under six."""
    for name, promised_s in (("quick", 60), ("standard", 360)):
        plan = read_plan(name)
        assert plan_s(expand(plan, read_profiles(), 1), plan.games_per_user) < promised_s


def test_a_plan_costs_what_its_trials_do() -> None:
    """Records grow with every trial; accounts are kept once and copied once, for the most users of any trial."""
    few, many = cost([trial(1)], 100, 50), cost([trial(1), trial(3)], 100, 50)
    assert many.seconds > few.seconds
    assert many.records_bytes > 2 * few.records_bytes
    assert many.scratch_bytes == pytest.approx(3 * few.scratch_bytes)


def test_nothing_to_do_costs_nothing() -> None:
    """A run that is finished takes no time and no space."""
    nothing = cost([], 100, 50)
    assert (nothing.seconds, nothing.records_bytes, nothing.scratch_bytes) == (0, 0, 0)
