"""The users: each takes its turn, does what its scenario says, and reports the whole of it to Locust's statistics."""

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import ClassVar, Protocol

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment
from locust.exception import StopUser

from loadtests.orders import Scenario
from loadtests.rows import Import
from loadtests.scenarios.api import ServerApi
from loadtests.scenarios.attempt import Attempt, Means
from loadtests.scenarios.conductor import Conductor, Turn
from loadtests.scenarios.holding import Holding

# A choice: only the time limit of the load ends a held request; Locust's own default is 60 s.
NO_TIMEOUT_S = 100_000.0


class TimeUp(Exception):
    """The time limit of the load was reached."""


class Work(Protocol):
    """What a user does in one turn, and how far it has come."""

    row: Import

    def fail(self, why: str) -> None:
        """Write down that nobody watches any longer, unless it is over already."""


class MeasuredUser(FastHttpUser):
    """Works once when the harness holds it, again and again by hand.

    FastHttpUser, because the generator shares two cores with the server it measures: five users looking ten times a
    second took 0.7 ms of processor time a request, HttpUser 1.3 ms (Locust 2.47, Python 3.11, two cores).
    """

    abstract = True
    # A choice, by hand only: a server that refuses everything is asked once a second and not thousands of times.
    wait_time = constant(1)
    conductor: ClassVar[Conductor]  # set when Locust has made its environment, as Locust itself sets the host

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._place = self.conductor.next_place()

    def begin(self, turn: Turn) -> tuple[Work, Callable[[], None]]:
        """Make this turn's work, and say how it is carried to its end."""
        raise NotImplementedError

    def label(self) -> tuple[str, str]:
        """Say under which type and name the work stands in Locust's table."""
        raise NotImplementedError

    @task
    def take_turn(self) -> None:
        """Wait for the turn, work, and leave when it was ordered once."""
        turn = self.conductor.next_turn(self._place)
        late = False
        try:
            if turn is not None:
                late = self._work(turn)
        finally:
            self.conductor.count_out(late=late)
        if self.conductor.orders.held:
            raise StopUser

    def _work(self, turn: Turn) -> bool:
        """Carry one turn to its end; say whether its time ran out."""
        work, carry_out = self.begin(turn)
        try:
            self._within(turn.deadline_s - monotonic(), carry_out)
        except TimeUp as up:
            work.fail(str(up))
            return True
        finally:
            # Does nothing to work that came to its end; Locust's own kill of a user also passes here.
            work.fail("the load was stopped before the import was done")
            self._tell_locust(work.row)
        return False

    def _within(self, left_s: float, carry_out: Callable[[], None]) -> None:
        up = TimeUp(f"not done within the {self.conductor.orders.time_limit_s:g} s of the load")
        if left_s <= 0:
            raise up
        # Also ends a request to a server that accepts connections and says nothing.
        with gevent.Timeout(left_s, up):
            carry_out()

    def _tell_locust(self, row: Import) -> None:
        kind, name = self.label()
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=((row.done_s or monotonic()) - row.scheduled_s) * 1000,
            response_length=0,
            exception=None if row.state == "completed" else Exception(row.error or f"{kind.lower()} {row.state}"),
            context={},
        )


class ImportUser(MeasuredUser):
    """Imports games of one account and watches that to its end."""

    def begin(self, turn: Turn) -> tuple[Work, Callable[[], None]]:
        """Make an attempt at one import."""
        conductor = self.conductor
        means = Means(ServerApi(self.client, conductor.rows), conductor.rows.write, conductor.pause, monotonic)
        attempt = Attempt(turn.user, turn.scheduled_s, means)
        return attempt, partial(attempt.run, conductor.orders.games)

    def label(self) -> tuple[str, str]:
        """Name the import by its size."""
        return "IMPORT", f"{self.conductor.orders.games} games, start to end"


class HoldUser(MeasuredUser):
    """Sends one request and keeps it in flight until the server answers."""

    network_timeout = NO_TIMEOUT_S

    def begin(self, turn: Turn) -> tuple[Work, Callable[[], None]]:
        """Make one request."""
        conductor = self.conductor
        holding = Holding(turn.user, turn.scheduled_s, conductor.rows.write)
        ask = partial(ServerApi(self.client, conductor.rows).hold, conductor.orders.hold_path)
        return holding, partial(holding.run, ask, monotonic, conductor.orders.rounds)

    def label(self) -> tuple[str, str]:
        """Name the request by what it asks for."""
        return "HOLD", self.conductor.orders.hold_path


BY_SCENARIO: Mapping[Scenario, type[MeasuredUser]] = {"import": ImportUser, "hold": HoldUser}
