"""Laws of the searches: exact against a monotone truth, bounded and never wrong about a failure against any answers."""

from collections.abc import Callable
from math import ceil, log2

from hypothesis import given, settings
from hypothesis.strategies import DataObject, data, integers, sampled_from

from loadtests.search import Answer, Bounds, Next, Outcome, Rules, Tried, most_users, smallest_limit

RULES = Rules()
MANY = Rules(most_trials=10_000)
# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)
outcomes = sampled_from(Outcome)

Ask = Callable[[Next], Outcome]
Step = Callable[[list[Tried]], Next | Answer]


def searched(step: Step, ask: Ask, most: int) -> tuple[Answer, list[Tried]]:
    """Carry a search to its end; one that is not over after *most* trials has broken its word."""
    tried: list[Tried] = []
    while isinstance(now := step(tried), Next):
        assert len(tried) < most, "the search goes on beyond its bound"
        tried.append(Tried(now.point, now.long, ask(now)))
    return now, tried


def truth(passes: bool) -> Outcome:  # noqa: FBT001 - one word of a law
    return Outcome.PASSED if passes else Outcome.FAILED


def shown(tried: list[Tried], point: int) -> bool:
    """Whether a point passed every repeat and the confirmation, and never failed."""
    seen = [(one.long, one.outcome) for one in tried if one.point == point]
    passed = [long for long, outcome in seen if outcome is Outcome.PASSED]
    failed = any(outcome is Outcome.FAILED for _, outcome in seen)
    return passed.count(False) >= RULES.repeats and passed.count(True) >= RULES.confirmations and not failed


@unhurried
@given(highest=integers(1, 1000), most=integers(0, 1000))
def test_a_monotone_truth_is_found_exactly_and_soon(highest: int, most: int) -> None:
    """Without noise the answer is the truth itself, after a number of trials that grows with the logarithm."""
    bound = 2 * ceil(log2(highest + 1)) + 1 + RULES.repeats + RULES.confirmations
    answer, _ = searched(lambda tried: most_users(tried, highest), lambda now: truth(now.point <= most), bound)
    expected = min(most, highest)
    assert answer == Answer(expected or None, most + 1 if most < highest else None)


@unhurried
@given(highest=integers(1, 60), answers=data())
def test_whatever_is_answered_no_failed_number_of_users_is_called_safe(highest: int, answers: DataObject) -> None:
    """Any mixture of passes, failures and void trials ends within its bound, and what is answered never failed."""
    bound = highest * (RULES.repeats + RULES.confirmations + RULES.voids)
    answer, tried = searched(
        lambda tried: most_users(tried, highest, MANY),
        lambda _: answers.draw(outcomes),
        bound,
    )
    failed = [one.point for one in tried if one.outcome is Outcome.FAILED]
    if answer.point is None:
        assert answer.beyond == 1
    else:
        assert shown(tried, answer.point)
        assert answer.point < min(failed, default=highest + 1)


@unhurried
@given(highest=integers(1, 1000), most_trials=integers(1, 40), answers=data())
def test_never_more_trials_than_allowed(highest: int, most_trials: int, answers: DataObject) -> None:
    """A search stops at the number of trials it was given, and says so; what it has shown by then still holds."""
    rules = Rules(most_trials=most_trials)
    answer, tried = searched(
        lambda tried: most_users(tried, highest, rules),
        lambda _: answers.draw(outcomes),
        most_trials,
    )
    assert len(tried) == most_trials or not answer.exhausted
    assert answer.point is None or shown(tried, answer.point)


@unhurried
@given(highest=integers(100, 10**6), need=integers(1, 10**6), guess=integers(1, 10**6))
def test_the_smallest_limit_is_found_within_one_percent(highest: int, need: int, guess: int) -> None:
    """Whatever the gauge guessed, the answer is survived, and lies at most 1 % above the truth."""
    bounds = Bounds(1, highest)
    answer, tried = searched(
        lambda tried: smallest_limit(tried, guess, bounds), lambda now: truth(now.point >= need), RULES.most_trials
    )
    assert all(1 <= one.point <= highest for one in tried)
    assert not answer.exhausted
    if need > highest:
        assert answer == Answer(None, highest)
    else:
        assert answer.point is not None
        assert need <= answer.point <= max(need * 1.011, need + 1)


@unhurried
@given(need=integers(1000, 10**6), error=integers(-9, 9))
def test_a_good_gauge_saves_trials(need: int, error: int) -> None:
    """A gauge within 1 % of the truth leaves two trials for the bracket, one or two to halve it, and the repeats."""
    guess = round(need * (1 + error / 1000))
    most = 4 + RULES.repeats + RULES.confirmations
    searched(
        lambda tried: smallest_limit(tried, guess, Bounds(1, 2 * 10**6)), lambda now: truth(now.point >= need), most
    )


@unhurried
@given(highest=integers(1, 10**5), guess=integers(1, 10**5), most_trials=integers(1, 60), answers=data())
def test_whatever_is_answered_no_failed_limit_is_called_survived(
    highest: int,
    guess: int,
    most_trials: int,
    answers: DataObject,
) -> None:
    """Any answers end within the trials allowed, and every failed limit lies below the one that is answered."""
    rules = Rules(most_trials=most_trials)
    bounds = Bounds(1, highest)
    answer, tried = searched(
        lambda tried: smallest_limit(tried, guess, bounds, rules),
        lambda _: answers.draw(outcomes),
        most_trials,
    )
    failed = [one.point for one in tried if one.outcome is Outcome.FAILED]
    assert answer.point is None or (shown(tried, answer.point) and answer.point > max(failed, default=0))


def test_a_flaky_level_is_not_safe() -> None:
    """Four users that fail once in three trials are not safe, and three are, when they always pass."""
    fourth = iter([Outcome.PASSED, Outcome.PASSED, Outcome.FAILED])

    def ask(now: Next) -> Outcome:
        return truth(now.point < 4) if now.point != 4 else next(fourth)

    answer, tried = searched(lambda tried: most_users(tried, 10), ask, 20)
    assert answer == Answer(3, 4)
    assert [one.outcome for one in tried if one.point == 4].count(Outcome.PASSED) == 2


def test_a_level_that_fails_at_three_times_the_length_is_not_safe() -> None:
    """What passes every short trial and fails the long one, as a leak does, is not answered."""
    answer, _ = searched(lambda tried: most_users(tried, 8), lambda now: truth(not (now.long and now.point > 2)), 40)
    assert answer == Answer(2, 3)


def test_untrustworthy_trials_are_repeated_and_then_rule_a_level_out() -> None:
    """One void trial is made again; at a level with nothing else the search turns back."""
    answer, tried = searched(
        lambda tried: most_users(tried, 8), lambda now: Outcome.VOID if now.point > 1 else Outcome.PASSED, 20
    )
    assert answer == Answer(1, 2)
    assert [one.point for one in tried].count(2) == RULES.voids
