"""Waiting times: how long an import waits for a slot when users arrive by themselves. Pure.

First come, first served, over equal slots; service times are drawn from those that trials measured, arrivals are
Poisson's: users who do not know of each other. Simulated, since measured service times follow no formula; the tests
hold the simulation against Erlang's and Crommelin's formulas where these apply.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S
# Choices. 200 000 imports put the 95th percentile of an M/M/3 queue at 90 % load within 5 % of Erlang's; fewer make the
# answer jump between seeds, more cost seconds. The first tenth meets an empty queue and is left out.
SIMULATED_IMPORTS: Final = 200_000
WARM_UP_RATIO: Final = 0.1
# A choice: finer than the simulation can tell.
LOAD_PRECISION_RATIO: Final = 1e-3
# A queue above this share of its slots' time is not steady within any day that a simulation can show.
FULLEST_RATIO: Final = 0.99


@dataclass(frozen=True, slots=True)
class Waits:
    """How long imports wait for a slot."""

    mean_s: float
    p50_s: float
    p95_s: float
    highest_s: float
    waited_ratio: float  # of imports that waited at all
    busy_ratio: float  # of the slots' time that is used, as offered: arrivals x mean service / slots


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines that a daily load needs, each with a queue of its own."""

    machines: int
    users_per_day: float
    p95_wait_s: float  # in the busiest hour


def waits_s(arrivals_s: Sequence[float] | Floats, services_s: Sequence[float] | Floats, slots: int) -> Floats:
    """Wait of each import, in order of arrival, when every slot takes the longest waiting one.

    Args:
        arrivals_s: instants of arrival, ascending.
        services_s: how long each import holds its slot.
        slots: imports that run at once.
    """
    free_at_s = [-math.inf] * slots
    waits = np.empty(len(arrivals_s))
    for index, (arrival_s, service_s) in enumerate(zip(arrivals_s, services_s, strict=True)):
        begin_s = max(arrival_s, free_at_s[0])
        waits[index] = begin_s - arrival_s
        heapq.heapreplace(free_at_s, begin_s + service_s)
    return waits


class Queue:
    """A queue before *slots* whose imports last as long as the measured ones; equal seeds give equal answers."""

    def __init__(
        self, service_s: Sequence[float], slots: int, *, seed: int = 0, imports: int = SIMULATED_IMPORTS
    ) -> None:
        if not service_s or slots < 1:
            raise ValueError(f"{len(service_s)} service times and {slots} slots make no queue: both must be 1 or more")
        draw = np.random.default_rng(seed)
        self._gaps = draw.exponential(size=imports)  # in units of the mean gap: one draw serves every load
        self._services_s = draw.choice(np.asarray(service_s, dtype=float), size=imports)
        self._slots = slots
        self._most_per_s: dict[float, float] = {}  # by wait: asked again for every size of fleet
        self.full_per_s = slots / float(np.mean(service_s))  # arrivals at which the slots are never free

    def waits(self, arrivals_per_s: float) -> Waits:
        """Waits under Poisson arrivals at a steady pace below `full_per_s`."""
        waits = self._waits_s(arrivals_per_s)
        p50_s, p95_s = np.quantile(waits, (0.5, 0.95))
        return Waits(
            mean_s=float(waits.mean()),
            p50_s=float(p50_s),
            p95_s=float(p95_s),
            highest_s=float(waits.max()),
            waited_ratio=float((waits > 0).mean()),
            busy_ratio=arrivals_per_s / self.full_per_s,
        )

    def most_per_s(self, wait_s: float) -> float:
        """Arrivals a second at which the 95th percentile of the wait just stays within *wait_s*.

        Waits grow with the pace of the same arrivals, so halving finds it.
        """
        if wait_s not in self._most_per_s:
            self._most_per_s[wait_s] = self._searched_per_s(wait_s)
        return self._most_per_s[wait_s]

    def _searched_per_s(self, wait_s: float) -> float:
        low, high = 0.0, FULLEST_RATIO
        if self._p95_s(high) <= wait_s:
            return high * self.full_per_s
        while high - low > LOAD_PRECISION_RATIO:
            middle = (low + high) / 2
            low, high = (middle, high) if self._p95_s(middle) <= wait_s else (low, middle)
        return low * self.full_per_s

    def _p95_s(self, busy_ratio: float) -> float:
        return float(np.quantile(self._waits_s(busy_ratio * self.full_per_s), 0.95))

    def _waits_s(self, arrivals_per_s: float) -> Floats:
        arrivals_s = np.cumsum(self._gaps / arrivals_per_s)
        waits = waits_s(arrivals_s.tolist(), self._services_s.tolist(), self._slots)
        return waits[int(len(waits) * WARM_UP_RATIO) :]


def fleet(queue: Queue, users_per_day: float, *, busiest_hour_ratio: float, wait_s: float) -> Fleet:
    """Machines that keep the 95th percentile of the wait within *wait_s* in the busiest hour.

    Users are dealt to the machines at random, which leaves each machine Poisson arrivals of its own.

    Args:
        queue: that of one machine.
        users_per_day: imports asked for in a day.
        busiest_hour_ratio: share of a day's imports that its busiest hour brings; 1/24 when all hours are alike.
        wait_s: the 95th percentile of the wait that is still accepted.
    """
    busiest_per_s = users_per_day * busiest_hour_ratio / HOUR_S
    machines = max(1, math.ceil(busiest_per_s / queue.most_per_s(wait_s)))
    return Fleet(machines, users_per_day, queue.waits(busiest_per_s / machines).p95_s)


def erlang_c(slots: int, offered: float) -> float:
    """Probability that an import waits, with exponential service times and *offered* of the slots' work arriving.

    Source: Erlang 1917; by the recursion of Erlang B, which stays exact for many slots.
    """
    blocked = 1.0
    for slot in range(1, slots + 1):
        blocked = offered * blocked / (slot + offered * blocked)
    return slots * blocked / (slots - offered * (1 - blocked))
