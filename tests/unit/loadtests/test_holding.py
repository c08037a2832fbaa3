"""Promises of one held request as one user lives it, without a server and without Locust."""

from itertools import count

from loadtests.rows import Import
from loadtests.scenarios.attempt import Answer
from loadtests.scenarios.holding import Holding


def held(status: int | None, error: str | None = None) -> Import:
    """Let one user hold a request that is answered so; a second passes from asking to the answer."""
    ticks = count()
    written: list[Import] = []
    holding = Holding("ann", 0.0, written.append)
    holding.run(lambda: Answer(1.0, 2.0, status, None, error, refused=False), lambda: float(next(ticks)))
    holding.fail("the load was stopped")
    assert written[-1] == holding.row
    assert written[0].state == "unsent"
    assert written[1].state == "unanswered", "a generator that is killed leaves no word of what it had sent"
    return holding.row


def test_an_answer_completes_the_request() -> None:
    """An answer below 400 ends the request well: sent and done are known, and it was never accepted apart."""
    row = held(200)
    assert (row.state, row.sent_s, row.accepted_s, row.done_s, row.error) == ("completed", 1.0, None, 2.0, None)


def test_a_refusal_fails_the_request() -> None:
    """An answer from 400 on ends it too, as failed, with what the server said."""
    row = held(503, "503: full")
    assert (row.state, row.done_s, row.error) == ("failed", 2.0, "503: full")


def test_a_lost_answer_is_no_end() -> None:
    """Without an answer the request was sent and never done, and the first word on why is kept."""
    row = held(None, "ConnectionResetError")
    assert (row.state, row.done_s) == ("unanswered", None)
    assert row.error == "the server did not answer the request: ConnectionResetError"


def rounds(*statuses: int | None) -> Import:
    """Let one user send as many requests as there are answers, one after the other."""
    ticks, answers = count(), iter(enumerate(statuses))
    holding = Holding("ann", 0.0, lambda _: None)

    def ask() -> Answer:
        number, status = next(answers)
        return Answer(1.0 + number, 2.0 + number, status, None, "why", refused=False)

    holding.run(ask, lambda: float(next(ticks)), rounds=len(statuses))
    return holding.row


def test_a_longer_hold_is_one_request_after_another() -> None:
    """Three requests in a row are in flight from the first sent to the last answered."""
    row = rounds(200, 200, 200)
    assert (row.state, row.sent_s, row.done_s) == ("completed", 1.0, 4.0)


def test_a_longer_hold_ends_at_the_first_failure() -> None:
    """What fails or is lost on the way is not followed by another request."""
    assert (rounds(200, 503, 200).state, rounds(200, 503, 200).done_s) == ("failed", 3.0)
    assert (rounds(200, None, 200).state, rounds(200, None, 200).done_s) == ("unanswered", None)
