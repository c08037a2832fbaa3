"""Lets the users of a person's own Locust file take part in a measured trial: released together, each counted out.

Changes nothing that they do; a user that is done is taken out between or in the middle of its tasks.
"""

from time import monotonic
from typing import Any, ClassVar, cast

import gevent
from gevent import GreenletExit
from locust import User
from locust.env import Environment
from locust.util.load_locustfile import load_locustfile

from loadtests.rows import Request
from loadtests.scenarios.conductor import Conductor, Turn
from loadtests.scenarios.visit import Rule, Visit

# By the greenlet that a user runs in, which is where its requests are reported.
_Visits = dict[gevent.Greenlet, Visit]


class Visitor:
    """Mixed into each user class of the file: waits for the release, works by its own tasks, and leaves when done."""

    conductor: ClassVar[Conductor]  # set when Locust has made its environment, as Locust itself sets the host
    visits: ClassVar[_Visits] = {}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)  # type: ignore[call-arg]  # the next class is Locust's user
        self._place = self.conductor.next_place()
        self._greenlet: gevent.Greenlet | None = None

    def context(self) -> dict[str, Any]:
        """Mark the user's requests, also those that it sends from greenlets of its own."""
        return {**cast("User", super()).context(), "visitor": self._greenlet}

    def run(self) -> None:
        """Work once, from the turn to the end."""
        turn = self.conductor.next_turn(self._place)
        late = False
        try:
            if turn is not None:
                late = self._visit(turn)
        finally:
            self.conductor.count_out(late=late)

    def _visit(self, turn: Turn) -> bool:
        """Carry one turn to its end; say whether its time ran out."""
        orders = self.conductor.orders
        rule = Rule(orders.rounds, orders.work_s, orders.failures_allowed)
        visit = Visit(turn.user, turn.scheduled_s, self.conductor.rows.write, rule)
        self._greenlet = gevent.getcurrent()
        self.visits[self._greenlet] = visit
        begun_s = monotonic()
        visit.begin(begun_s)
        leave_s = turn.deadline_s if rule.work_s is None else min(turn.deadline_s, begun_s + rule.work_s)
        try:
            # Unlike Exception, what ends a greenlet passes through whatever a task catches.
            with gevent.Timeout(max(0.0, leave_s - begun_s), GreenletExit()):
                cast("Any", super()).run()
        finally:
            self._end(visit, leave_s, turn)
        return visit.row.done_s is None and monotonic() >= turn.deadline_s

    def _end(self, visit: Visit, leave_s: float, turn: Turn) -> None:
        now_s = monotonic()
        if self.conductor.stopping:
            visit.fail("the load was stopped before the user was done")
        elif now_s >= turn.deadline_s:
            visit.fail(f"not done within the {self.conductor.orders.time_limit_s:g} s of the load")
        else:
            visit.leave(min(now_s, leave_s))
        self.visits.pop(cast("gevent.Greenlet", self._greenlet), None)


def measured(path: str) -> dict[str, type[User]]:
    """Return the user classes of the Locust file at *path*, each taking part in the trial.

    Raises:
        ImportError: there is none; and whatever the file itself raises.
    """
    classes, _ = load_locustfile(path)
    if not classes:
        raise ImportError("it describes no class derived from a User of Locust")
    return {name: cast("Any", type(kind))(name, (Visitor, kind), {}) for name, kind in classes.items()}


def note_request(conductor: Conductor, told: dict[str, Any]) -> None:
    """Write down a request as Locust reports it, and take its user out when that was the last.

    Raises:
        GreenletExit: the user is done.
    """
    request = _request(told)
    conductor.rows.write(request)
    greenlet = (told.get("context") or {}).get("visitor") or gevent.getcurrent()
    visit = Visitor.visits.get(greenlet)
    if visit is not None:
        visit.count(request)
        _take_out(visit, greenlet)


def note_error(told: dict[str, Any]) -> None:
    """Count an exception in a task as a failure of its user.

    Raises:
        GreenletExit: that was one more than is allowed.
    """
    greenlet = gevent.getcurrent()
    visit = Visitor.visits.get(greenlet)
    if visit is not None:
        visit.stumble(f"{type(told['exception']).__name__}: {told['exception']}", monotonic())
        _take_out(visit, greenlet)


def _take_out(visit: Visit, greenlet: gevent.Greenlet) -> None:
    if not visit.over:
        return
    if greenlet is not gevent.getcurrent():
        greenlet.kill(block=False)
    raise GreenletExit


def _request(told: dict[str, Any]) -> Request:
    """Turn Locust's report of a request, made when it is over, into a row."""
    response_s = (told.get("response_time") or 0.0) / 1000
    status = getattr(told.get("response"), "status_code", None) or None
    problem = told.get("exception")
    error = None if problem is None else f"{type(problem).__name__}: {problem}"
    return Request(f"{told['request_type']} {told['name']}", monotonic() - response_s, response_s, status, error)
