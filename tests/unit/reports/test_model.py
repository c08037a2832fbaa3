"""What each number of imports at once is shown to be, and why."""

from typing import Any

import pytest

from loadtests.record import Ending
from reports.model import Capacity, Lies, State, Why, capacity
from reports.observation import Observation
from tests.synthetic_evidence import evidence, flat, paced, queueing, seen, straight
from tests.synthetic_plan import MIB, PROFILES, RECOMMENDED


def judged(trials: list[Observation], **run: Any) -> Capacity:
    return capacity(evidence(trials, **run))


def test_a_quiet_run_is_safe_at_every_level_tried() -> None:
    """With no failure and the bound far under the limit, all five levels are safe."""
    found = judged(straight())
    assert [level.state for level in found.levels] == [State.SAFE] * 5
    assert found.headline.why is Why.WITHIN
    assert found.headline.users == 3
    assert found.shown_safe == 5


@pytest.mark.parametrize(
    "ending", [Ending.OOM_KILLED, Ending.THRASHED, Ending.CRASHED, Ending.TIMED_OUT, Ending.GLOBAL_OOM]
)
def test_one_failed_trial_makes_its_level_unsafe(ending: Ending) -> None:
    """A single failure at three outweighs any number of passes at three."""
    found = judged([*straight(repeats=6), seen(3, 66, ending, limit_bytes=67 * MIB)])
    assert found.headline.state is State.NOT_SAFE
    assert found.headline.why is Why.FAILED
    assert found.shown_safe == 2


def test_what_ran_out_of_memory_with_fewer_does_so_with_more() -> None:
    """A kill with two at once makes three unsafe although three passed; a crash with two does not."""
    assert judged([*straight(), seen(2, 64, Ending.OOM_KILLED)]).headline.why is Why.FEWER_FAILED
    assert judged([*straight(), seen(2, 64, Ending.CRASHED)]).headline.state is State.SAFE


def test_a_failure_while_others_queue_or_at_the_true_pace_counts() -> None:
    """Three run at once in those trials too, so their failures are failures of three."""
    for failed in (queueing(4, 66, Ending.OOM_KILLED), paced(66, Ending.OOM_KILLED)):
        assert judged([*straight(), failed]).headline.why is Why.FAILED


def test_a_bound_over_the_reserve_is_unsafe() -> None:
    """No failure is no proof: the bound must leave the reserve."""
    limit_bytes = 70 * MIB
    found = judged(straight(), limit_bytes=limit_bytes, reserve_bytes=limit_bytes // 10)
    assert found.headline.why is Why.OVER
    assert found.headline.state is State.NOT_SAFE


def test_a_measured_peak_over_the_reserve_is_unsafe_even_without_a_bound() -> None:
    """What was seen needs no statistics."""
    assert judged([seen(3, 500)]).headline.why is Why.OVER


def test_the_bound_where_users_wait_is_the_one_that_counts() -> None:
    """Where trials with waiting users were run, the level's bound is the higher one of theirs."""
    trials = [*straight(), queueing(4, 70), queueing(5, 70.2)]
    found = judged(trials)
    assert found.line is not None
    assert found.headline.bound_bytes == found.line.bound_bytes(3, others_wait=True)
    assert found.level(2).bound_bytes == found.line.bound_bytes(2)


@pytest.mark.parametrize(
    ("trials", "why"),
    [
        (straight(levels=(1, 2)), Why.UNTRIED),
        ([*straight(levels=(1, 2)), seen(3, ending=Ending.INVALID)], Why.VOID),
        ([*straight(levels=(1, 2)), seen(3, ending=Ending.GENERATOR_SATURATED)], Why.VOID),
        ([seen(3)], Why.NO_BOUND),
        ([seen(3, samples=flat(0, 0)), *straight(levels=(1, 2))], Why.NO_BOUND),
        ([*straight(levels=(1, 2)), paced()], Why.NO_BOUND),
    ],
    ids=["untried", "invalid", "saturated", "one trial", "no readings", "only beyond the data"],
)
def test_what_was_not_shown_cannot_be_told(trials: list[Observation], why: Why) -> None:
    """Too little evidence is neither safe nor unsafe, and the reason is told."""
    found = judged(trials)
    assert found.headline.state is State.CANNOT_TELL
    assert found.headline.why is why


def test_an_unsafe_level_ends_what_is_shown_safe() -> None:
    """Levels above an unsafe one are not counted, whatever their own trials say; untried ones below are skipped."""
    assert judged([*straight(levels=(1, 2, 4)), seen(3, 66, Ending.CRASHED)]).shown_safe == 2
    assert judged(straight(levels=(3, 4))).shown_safe == 4


def test_a_run_may_go_beyond_five() -> None:
    """More levels are judged when more were tried, and five when fewer were."""
    assert len(judged(straight(levels=(1, 7))).levels) == 7
    assert len(judged(straight(levels=(1,))).levels) == 5


def test_only_like_trials_are_pooled() -> None:
    """Another batch size, another start and slots without connections are not evidence about the question."""
    other = [
        seen(3, 200, setting=PROFILES["before"]),
        seen(3, 200, start="staggered"),
        seen(4, 200, setting=PROFILES["test_limits"]),
    ]
    found = judged([*straight(), *other])
    assert found.headline.state is State.SAFE
    assert len(found.headline.trials) == 2


def test_like_trials_of_other_series_are_pooled() -> None:
    """A grid cell with the very setting of the users series is a repeat of it."""
    found = judged([*straight(), seen(3, 66, series=("grid",), setting=RECOMMENDED)])
    assert len(found.headline.trials) == 3


def test_the_question_is_asked_of_the_users_series() -> None:
    """Where the grid has more trials than the users series, the latter still says what is asked."""
    grid = [seen(3, 90, series=("grid",), setting=PROFILES["before"]) for _ in range(20)]
    found = judged([*grid, *straight()])
    assert found.setting["IMPORT_BATCH_SIZE"] == "50"
    assert found.mode.profile == "unlimited"


def test_staggered_starts_are_judged_only_where_nothing_else_was_run() -> None:
    """Aligned starts are the worst case; without any, the staggered ones are all there is."""
    staggered = [seen(users, 60 + 2 * users, start="staggered") for users in (1, 2, 3)]
    assert judged(staggered).anchor.start == "staggered"
    assert judged([*staggered, seen(3)]).anchor.start == "aligned"


def test_the_true_pace_is_compared_and_not_fitted() -> None:
    """A trial in another upstream mode is set beside what the line expects of one more trial."""
    found = judged([*straight(), paced(66), paced(80), paced(40), paced(66, Ending.TIMED_OUT)])
    assert [other.lies for other in found.other_pace] == [Lies.WITHIN, Lies.ABOVE, Lies.BELOW, None]
    assert found.line is not None
    assert len(found.line.trials) == 10
    assert judged([seen(3), paced(66)]).other_pace[0].lies is None


def test_a_search_is_asked_about_what_it_found() -> None:
    """The headline of a search is its answer, or the fewest it tried where none of them is safe."""
    found = judged(straight(levels=(1, 2, 4)), plan="find")
    assert found.headline.users == 4
    killed = judged([seen(2, 90, Ending.OOM_KILLED), seen(4, 90, Ending.OOM_KILLED)], plan="find")
    assert killed.headline.users == 2
    assert killed.headline.state is State.NOT_SAFE
