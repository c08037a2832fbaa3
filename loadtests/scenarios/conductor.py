"""Says when each user may begin, notices when the last is done, and lets Locust quit; never sends a request."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from typing import Literal

import gevent
from gevent.event import Event
from gevent.os import make_nonblocking, nb_read
from locust.env import Environment

from loadtests.orders import Orders
from loadtests.rows import Ended, Ready, Released
from loadtests.scenarios.rows import RowsFile

STANDARD_INPUT = 0
# A choice: the harness sends one short line; anything longer is read in pieces.
READ_BYTES = 1024


# Second word: nanoseconds this process was ready to run and had no processor; absent where the kernel keeps no count.
# Source: Documentation/scheduler/sched-stats.rst.
SCHEDSTAT = Path("/proc/self/schedstat")
# The time, and how much of it this process has computed and has waited for a processor, as far as that is counted.
Spent = tuple[float, float, float | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One user's permission to begin."""

    user: str
    scheduled_s: float
    deadline_s: float


class Conductor:
    """Holds the users until the release, counts them out, and ends the run when nobody is left.

    Without ``held`` orders, as by hand, users come and go as Locust starts and stops them, and nothing is waited for.
    """

    def __init__(self, orders: Orders, environment: Environment, rows: RowsFile) -> None:
        self.orders = orders
        self.rows = rows
        self._environment = environment
        self._places = itertools.count()
        self._stopping = Event()
        self._released = Event()
        self._nobody_left = Event()
        self._released_s = 0.0
        self._first_place = 0  # of this process's users among all
        self._waiting = self._done = 0
        self._last_done: Spent | None = None
        self._late = self._cut_short = self._over = False

    @property
    def stopping(self) -> bool:
        """Whether the harness wants no more of the load."""
        return self._cut_short

    def begin(self) -> None:
        """Open the run: Locust is about to start its users."""
        self._places = itertools.count()
        self._cut_short = self._over = False
        self._stopping.clear()
        if self.orders.held:
            self._begin_held()

    def stop(self) -> None:
        """Let every user come to its end at once; by hand Locust's own stop timeout decides how long they may take."""
        if not self.orders.held:
            return
        self._cut_short = self._cut_short or self._last_done is None
        self._stopping.set()
        self._released.set()

    def end(self) -> None:
        """Write down that no user is at work any more; Locust may say so twice when it is stopped while it leaves."""
        if self._over:
            return
        self._over = True
        at_s, cpu_s, waited_s = self._last_done or self._spent_in_all()
        self.rows.write(Ended(at_s, cpu_s, self._reason(), waited_s))

    def next_place(self) -> int:
        """Number the users from 0 in the order in which they were started."""
        return next(self._places)

    def next_turn(self, place: int) -> Turn | None:
        """Wait until user number *place* may import; None when the load is stopped before that."""
        if not self.orders.held:
            now_s = monotonic()
            return Turn(self._name(place), now_s, now_s + self.orders.time_limit_s)
        self._await_release()
        place += self._first_place
        turn = Turn(
            self._name(place),
            self._released_s + self.orders.offset_s(place),
            self._released_s + self.orders.time_limit_s,
        )
        stopped = self._stopping.wait(max(0.0, min(turn.scheduled_s, turn.deadline_s) - monotonic()))
        return None if stopped else turn

    def pause(self) -> bool:
        """Wait until the next look at an import; False when the load is being stopped."""
        return not self._stopping.wait(self.orders.poll_interval_s)

    def count_out(self, *, late: bool) -> None:
        """Note that one user is done, *late* when its time ran out."""
        self._late = self._late or late
        self._done += 1
        if self.orders.held:
            self._told_done()

    def _name(self, place: int) -> str:
        names = self.orders.users
        return names[place % len(names)] if names else f"player{place + 1}"

    def _await_release(self) -> None:
        self._waiting += 1
        self._told_waiting()
        self._released.wait()

    def _begin_held(self) -> None:
        gevent.spawn(self._listen)
        gevent.spawn(self._quit_when_nobody_is_left)

    def _told_waiting(self) -> None:
        """Notice that one more user waits for the release."""
        if self._waiting == len(self.orders.users):
            self.rows.write(Ready(monotonic(), process_time()))

    def _told_done(self) -> None:
        """Notice that one more user is done."""
        if self._done == len(self.orders.users):
            # Noted here and not at the end: leaving costs Locust more than a short load does.
            self._last_done = self._spent_in_all()
            self._nobody_left.set()

    def _spent_in_all(self) -> Spent:
        return spent()

    def _release(self) -> None:
        """Let the users begin, all that wait and all that are still to come."""
        self._released.set()

    def _listen(self) -> None:
        """Wait for the line that releases the users; the end of input means that nobody wants the load any more."""
        make_nonblocking(STANDARD_INPUT)
        while heard := nb_read(STANDARD_INPUT, READ_BYTES):
            if b"\n" in heard and not self._released.is_set():
                self._released_s, cpu_s, waited_s = spent()
                self.rows.write(Released(self._released_s, cpu_s, waited_s))
                self._release()
        self._quit()

    def _quit_when_nobody_is_left(self) -> None:
        self._nobody_left.wait()
        self._quit()

    def _quit(self) -> None:
        if self._environment.runner is not None:
            self._environment.runner.quit()

    def _reason(self) -> Literal["finished", "timed_out", "stopped"]:
        if self._cut_short:
            return "stopped"
        return "timed_out" if self._late else "finished"


def spent() -> Spent:
    """Tell the time, and how much of it this process has computed and has waited for a processor."""
    waited_s = int(SCHEDSTAT.read_text().split()[1]) / 1e9 if SCHEDSTAT.exists() else None
    return monotonic(), process_time(), waited_s
