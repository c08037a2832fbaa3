"""Promises of what is written down of a user of a person's own Locust file."""

from collections.abc import Sequence

import pytest

from loadtests.rows import Import, Request
from loadtests.scenarios.visit import Rule, Visit

TWO = Rule(requests=2, work_s=None, failures_allowed=0)
A_SECOND = Rule(requests=1, work_s=1.0, failures_allowed=0)


def asked(at_s: float, error: str | None = None) -> Request:
    """A request that took a tenth of a second."""
    return Request("GET /", at_s, 0.1, None if error else 200, error)


def visited(rule: Rule, requests: Sequence[Request]) -> tuple[Visit, list[Import]]:
    """Let a user, released at 10 s, send these requests; return its visit and the rows that were written."""
    written: list[Import] = []
    visit = Visit("ann", 10.0, written.append, rule)
    visit.begin(10.1)
    for request in requests:
        visit.count(request)
    return visit, written


def test_the_last_request_ends_the_visit() -> None:
    """A user is sent when its first request is and done when its last is answered; later ones change nothing."""
    visit, written = visited(TWO, [asked(10.5), asked(11.0), asked(12.0)])
    assert visit.over
    assert visit.row == Import("ann", 10.0, 10.5, None, 11.0 + 0.1, "completed")
    assert [row.state for row in written] == ["unsent", "unanswered", "unanswered", "completed"]


def test_one_failure_too_many_ends_the_visit() -> None:
    """The first failure that is not allowed is named, with its request."""
    visit, _ = visited(TWO, [asked(10.5, "ConnectionRefusedError: refused"), asked(11.0)])
    assert (visit.row.state, visit.row.error) == ("failed", "GET /: ConnectionRefusedError: refused")
    assert visit.row.done_s == pytest.approx(10.6)


def test_failures_that_are_allowed_count_as_requests() -> None:
    """A user that may fail once and does is done after as many requests as any."""
    visit, _ = visited(Rule(2, None, 1), [asked(10.5, "500"), asked(11.0)])
    assert (visit.row.state, visit.row.error) == ("completed", None)


def test_an_exception_in_a_task_is_a_failure() -> None:
    """What a task raises counts as a failed request does."""
    visit, _ = visited(TWO, [])
    visit.stumble("KeyError: 'id'", 11.0)
    visit.stumble("KeyError: 'again'", 12.0)
    assert (visit.row.state, visit.row.error, visit.row.done_s) == ("failed", "KeyError: 'id'", 11.0)


def test_leaving_early_is_told() -> None:
    """A user that stops itself before its last request failed, and it is told how far it came."""
    visit, _ = visited(TWO, [asked(10.5)])
    visit.leave(11.0)
    visit.leave(12.0)
    assert (visit.row.state, visit.row.error, visit.row.done_s) == ("failed", "left after 1 of 2 requests", 11.0)


def test_a_user_that_works_for_a_time_is_done_by_the_clock() -> None:
    """However many requests it sent, the time ends it; without one answer nothing was done."""
    visit, _ = visited(A_SECOND, [asked(10.5), asked(10.7), asked(10.9)])
    assert not visit.over
    visit.leave(11.1)
    assert (visit.row.state, visit.row.done_s) == ("completed", 11.1)
    silent, _ = visited(A_SECOND, [])
    silent.leave(11.1)
    assert (silent.row.state, silent.row.error) == ("unanswered", "no request was answered within 1 s")


def test_a_load_that_ends_first_is_told_once() -> None:
    """The first reason for which nobody waits any longer stays, and a visit that is over has none."""
    visit, _ = visited(TWO, [asked(10.5)])
    visit.fail("the time was up")
    visit.fail("the load was stopped")
    assert (visit.row.state, visit.row.error) == ("unanswered", "the time was up")
    through, _ = visited(TWO, [asked(10.5), asked(11.0)])
    through.fail("the time was up")
    assert through.row.error is None
