"""Decides what a search tries next: the most users that are safe, or the smallest limit that is survived. Pure.

A search is a function of what was tried so far, so it can be read, repeated and tested without a server. Both searches
gallop, bisect, and then confirm, and both are pessimists: one failure at a point is a failure, however often the point
passed, and nothing beyond a failure is ever answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What one trial showed of the point it was made at."""

    PASSED = "passed"
    FAILED = "failed"  # with this trial the point is not safe, or not survived
    VOID = "void"  # the measurement failed, not the target


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial of a search."""

    point: int  # users, or bytes
    long: bool  # a confirming trial of three times the length
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Next:
    """The trial that the search wants now."""

    point: int
    long: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the search has found; a point of None says that no point qualifies."""

    point: int | None
    beyond: int | None  # the nearest point that does not qualify; None when none was met
    exhausted: bool = False  # the trials allowed ran out first: a further search might find better


@dataclass(frozen=True, slots=True)
class Rules:
    """How thorough a search is."""

    # A choice: three trials without a failure leave a failure probability of up to 63 %, which their peaks' tolerance
    # bound must narrow; two give a bound too wide to be of use (its factor is 26, that of three is 8).
    repeats: int = 3
    confirmations: int = 1  # of three times the length
    voids: int = 2  # untrustworthy trials at one point before it counts as one that cannot be shown
    # A choice: four times what a search among a thousand points needs when nothing is flaky.
    most_trials: int = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which points a search stays."""

    lowest: int
    highest: int

    def held(self, point: int) -> int:
        """Move a point to the nearest one within the bounds."""
        return min(max(point, self.lowest), self.highest)


DEFAULT_RULES = Rules()
MOST_TRIALS = DEFAULT_RULES.most_trials
# A choice: half of the 2 % that a squeeze promises; the other half is for the machine's own spread.
RESOLUTION_RATIO = 0.01
# A choice: a good gauge is within 1 %, so that two trials, one on either side of its figure, bracket the truth.
BRACKET_RATIO = 0.01


def most_users(tried: Sequence[Tried], highest: int, rules: Rules = DEFAULT_RULES) -> Next | Answer:
    """Say what to try next on the way to the highest safe number of users, from 1 to *highest*.

    The answer has passed every repeat and the confirmation, and nothing at or below it has failed.
    """
    beyond = min(_closed(tried, rules), default=None)
    ceiling = highest + 1 if beyond is None else beyond
    passed = [one.point for one in tried if one.outcome is Outcome.PASSED and one.point < ceiling]
    candidate = max(passed, default=0)
    if len(tried) >= rules.most_trials:
        shown = [point for point in set(passed) if _missing(tried, point, rules) is None]
        return Answer(max(shown, default=None), beyond, exhausted=True)
    if candidate + 1 < ceiling:
        reach = min(max(1, 2 * candidate), highest) if beyond is None else (candidate + ceiling) // 2
        return Next(reach)
    if candidate == 0:
        return Answer(None, beyond)
    return _missing(tried, candidate, rules) or Answer(candidate, beyond)


def smallest_limit(tried: Sequence[Tried], guess: int, bounds: Bounds, rules: Rules = DEFAULT_RULES) -> Next | Answer:
    """Say what to try next on the way to the smallest limit that is survived, to within 1 %.

    *guess* is where a gauge says that it lies: it saves trials where it is right, and costs some where it is wrong.
    The answer has survived every repeat and the confirmation, and a limit at most 1 % below it has not survived.
    """
    floor = max(_closed(tried, rules), default=None)
    survived = [one.point for one in tried if one.outcome is Outcome.PASSED and (floor is None or one.point > floor)]
    candidate = min(survived, default=None)
    if len(tried) >= rules.most_trials:
        shown = [point for point in set(survived) if _missing(tried, point, rules) is None]
        return Answer(min(shown, default=None), floor, exhausted=True)
    if candidate is None:
        if floor is not None and floor >= bounds.highest:
            return Answer(None, floor)
        return Next(bounds.held(_scaled(guess, 1 + BRACKET_RATIO) if floor is None else _further_up(floor, guess)))
    if floor is None and candidate > bounds.lowest:
        return Next(bounds.held(_further_down(candidate, guess)))
    if floor is not None and candidate - floor > max(1, int(candidate * RESOLUTION_RATIO)):
        return Next((candidate + floor) // 2)
    return _missing(tried, candidate, rules) or Answer(candidate, floor)


def _further_up(failed: int, guess: int) -> int:
    """Go up in steps that double: the farther the gauge was wrong, the faster."""
    return failed + max(2 * (failed - guess), _scaled(failed, RESOLUTION_RATIO), 1)


def _further_down(survived: int, guess: int) -> int:
    """Go to the other side of the guess, and from there down in steps that double."""
    below = _scaled(guess, 1 - BRACKET_RATIO)
    if survived > below:
        return below
    return survived - max(2 * (guess - survived), _scaled(survived, RESOLUTION_RATIO), 1)


def _scaled(point: int, ratio: float) -> int:
    return round(point * ratio)


def _closed(tried: Sequence[Tried], rules: Rules) -> set[int]:
    """List the points that failed, or that cannot be shown."""
    voids = [one.point for one in tried if one.outcome is Outcome.VOID]
    unshown = {point for point in voids if voids.count(point) >= rules.voids}
    return unshown | {one.point for one in tried if one.outcome is Outcome.FAILED}


def _missing(tried: Sequence[Tried], point: int, rules: Rules) -> Next | None:
    """Say which trial *point* still lacks; None when it is shown."""
    passes = [one.long for one in tried if one.point == point and one.outcome is Outcome.PASSED]
    if passes.count(False) < rules.repeats:
        return Next(point)
    if passes.count(True) < rules.confirmations:
        return Next(point, long=True)
    return None
