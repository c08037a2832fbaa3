"""The importing user: takes its turn, imports, and reports the whole import to Locust's statistics."""

from time import monotonic
from typing import ClassVar

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment
from locust.exception import StopUser

from loadtests.scenarios.api import ImporterApi
from loadtests.scenarios.attempt import Attempt, Means
from loadtests.scenarios.conductor import Conductor, Turn


class TimeUp(Exception):
    """The time limit of the load was reached."""


class ImportUser(FastHttpUser):
    """Imports games of one account; once when the harness holds it, again and again by hand.

    FastHttpUser, because the generator shares two cores with the server it measures: five users looking ten times a
    second took 0.7 ms of processor time a request, HttpUser 1.3 ms (Locust 2.47, Python 3.11, two cores).
    """

    # A choice, by hand only: a server that refuses everything is asked once a second and not thousands of times.
    wait_time = constant(1)
    conductor: ClassVar[Conductor]  # set when Locust has made its environment, as Locust itself sets the host

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._place = self.conductor.next_place()

    @task
    def import_games(self) -> None:
        """Wait for the turn, import, and leave when one import was ordered."""
        turn = self.conductor.next_turn(self._place)
        late = False
        try:
            if turn is not None:
                late = self._import(turn)
        finally:
            self.conductor.count_out(late=late)
        if self.conductor.orders.held:
            raise StopUser

    def _import(self, turn: Turn) -> bool:
        """Carry one import to its end; say whether its time ran out."""
        conductor = self.conductor
        means = Means(ImporterApi(self.client, conductor.rows), conductor.rows.write, conductor.pause, monotonic)
        attempt = Attempt(turn.user, turn.scheduled_s, means)
        try:
            self._run(attempt, turn.deadline_s - monotonic())
        except TimeUp as up:
            attempt.fail(str(up))
            return True
        finally:
            # Does nothing to an import that came to its end; Locust's own kill of a user also passes here.
            attempt.fail("the load was stopped before the import was done")
            self._tell_locust(attempt)
        return False

    def _run(self, attempt: Attempt, left_s: float) -> None:
        orders = self.conductor.orders
        up = TimeUp(f"not done within the {orders.time_limit_s:g} s of the load")
        if left_s <= 0:
            raise up
        # Also ends a request to a server that accepts connections and says nothing.
        with gevent.Timeout(left_s, up):
            attempt.run(orders.games)

    def _tell_locust(self, attempt: Attempt) -> None:
        row = attempt.row
        failed = None if row.state == "completed" else Exception(row.error or f"import {row.state}")
        self.environment.events.request.fire(
            request_type="IMPORT",
            name=f"{self.conductor.orders.games} games, start to end",
            response_time=((row.done_s or monotonic()) - row.scheduled_s) * 1000,
            response_length=0,
            exception=failed,
            context={},
        )
