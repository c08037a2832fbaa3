"""Conducts users who are spread over Locust's own workers under its own master, all on one machine.

The master is told the release and tells the workers; they tell it how many users wait and are done, and what that cost.
Every process writes its own users' rows to the one file, so the records do not know how many there were.
"""

from time import monotonic, process_time
from typing import Any, cast

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtests.orders import Orders
from loadtests.rows import Ready
from loadtests.scenarios.conductor import Conductor, Spent, spent
from loadtests.scenarios.rows import RowsFile

WAITING, RELEASED, DONE = "load_waiting", "load_released", "load_done"


def conductor(orders: Orders, environment: Environment, rows: RowsFile) -> Conductor:
    """Return the conductor that this process of Locust needs."""
    if orders.held and isinstance(environment.runner, MasterRunner):
        return MasterConductor(orders, environment, rows)
    if orders.held and isinstance(environment.runner, WorkerRunner):
        return WorkerConductor(orders, environment, rows)
    return Conductor(orders, environment, rows)


class MasterConductor(Conductor):
    """Has no users of its own: it adds up what the workers tell it."""

    def __init__(self, orders: Orders, environment: Environment, rows: RowsFile) -> None:
        super().__init__(orders, environment, rows)
        self._runner = cast("MasterRunner", environment.runner)
        self._waiting_by_worker: dict[str, int] = {}
        self._done_by_worker: dict[str, dict[str, Any]] = {}
        self._runner.register_message(WAITING, self._hear_waiting)
        self._runner.register_message(DONE, self._hear_done)

    def _hear_waiting(self, msg: Any, **_: Any) -> None:
        self._waiting_by_worker[msg.node_id] = msg.data["waiting"]
        if sum(self._waiting_by_worker.values()) == len(self.orders.users):
            self.rows.write(Ready(monotonic(), process_time()))

    def _hear_done(self, msg: Any, **_: Any) -> None:
        self._done_by_worker[msg.node_id] = msg.data
        self._late = any(told["late"] for told in self._done_by_worker.values())
        self._done = sum(told["done"] for told in self._done_by_worker.values())
        self._told_done()

    def _release(self) -> None:
        """Number the workers' users one after the other, and let them begin."""
        first = 0
        for worker, waiting in self._waiting_by_worker.items():
            self._runner.send_message(RELEASED, {"at_s": self._released_s, "first": first}, worker)
            first += waiting

    def _spent_in_all(self) -> Spent:
        """Add to this process's time what each worker spent since the release, as it last told."""
        at_s, cpu_s, waited_s = spent()
        told = self._done_by_worker.values()
        ended_s = max((worker["at_s"] for worker in told), default=at_s)
        waits = [worker["waited_s"] for worker in told]
        known = waited_s is not None and None not in waits
        waited_s = (waited_s or 0.0) + sum(waits) if known else None
        return ended_s, cpu_s + sum(worker["cpu_s"] for worker in told), waited_s


class WorkerConductor(Conductor):
    """Conducts the users of one worker; when they may begin, and when it is all over, is for the master to say."""

    def __init__(self, orders: Orders, environment: Environment, rows: RowsFile) -> None:
        super().__init__(orders, environment, rows)
        self._runner = cast("WorkerRunner", environment.runner)
        self._before: Spent = spent()
        self._runner.register_message(RELEASED, self._hear_released)

    def end(self) -> None:
        """Write nothing: the end is the master's to write down."""

    def _begin_held(self) -> None:
        """Leave standard input to the master, with whom it is shared."""

    def _told_waiting(self) -> None:
        self._runner.send_message(WAITING, {"waiting": self._waiting})

    def _hear_released(self, msg: Any, **_: Any) -> None:
        self._before = spent()
        self._released_s, self._first_place = msg.data["at_s"], msg.data["first"]
        self._release()

    def _told_done(self) -> None:
        at_s, cpu_s, waited_s = spent()
        _, cpu_before_s, waited_before_s = self._before
        known = waited_s is not None and waited_before_s is not None
        told = {
            "done": self._done,
            "late": self._late,
            "at_s": at_s,
            "cpu_s": cpu_s - cpu_before_s,
            "waited_s": (waited_s or 0.0) - (waited_before_s or 0.0) if known else None,
        }
        # From a greenlet of its own: the one that tells it may be about to be killed.
        gevent.spawn(self._runner.send_message, DONE, told)
