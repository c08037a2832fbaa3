"""How long users wait for their turn: what trials with a queue measured, and what follows for a day's users. Pure.

The rule (first come, first served) is checked on the measured trials themselves: each one's waits are recomputed from
its own service times and set beside what the target says it made users wait.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.model import Capacity
from reports.observation import Observation, Outcome
from reports.queueing import HOUR_S, Fleet, Queue, fleet, waits_s
from reports.tiers import Demand, Service
from reports.trials import Evidence

SLOTS: Final = "MAX_CONCURRENT_IMPORTS"
# Choices: what the published claim speaks of, and what a person watching a progress bar still takes for "now".
BURSTS: Final = (4, 5, 6)
FLEET_USERS_PER_DAY: Final = (1_000, 10_000, 100_000, 1_000_000)
# Enough for the two digits that these answers are read with.
_SIMULATED_IMPORTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Burst:
    """So many users at the same moment, at the upstream's pace."""

    users: int
    longest_wait_s: float
    waiting: int  # users who do not run at once


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """How well the rule reproduces the waits that were measured."""

    trials: tuple[Observation, ...]
    worst_off_s: float  # of any import
    longest_wait_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waits before so many slots, with imports as long as the upstream's pace makes them."""

    slots: int
    service_s: tuple[float, ...]
    measured: bool  # whether service times come from trials at the true pace; else from the pace alone
    bursts: tuple[Burst, ...]
    most_per_hour: float  # arrivals at which the 95th percentile of the wait reaches the accepted one
    fleets: tuple[Fleet, ...]


def waiting(evidence: Evidence, found: Capacity, service: Service, demand: Demand) -> Waiting:
    """Say what users wait for before the slots that the pooled setting has, or the streams where these are fewer."""
    paced = [other.seen for other in found.other_pace if other.seen.outcome is Outcome.PASSED]
    measured_s = [
        row.elapsed_s
        for seen in paced
        if seen.trial.upstream.speed_ratio == 1 and seen.trial.upstream.games_per_s is not None
        for row in seen.trial.imports
        if row.elapsed_s is not None
    ]
    slots = min(_slots(evidence), service.streams)
    service_s = tuple(measured_s) or (service.alone_s,)
    queue = Queue(service_s, slots, imports=_SIMULATED_IMPORTS)
    return Waiting(
        slots=slots,
        service_s=service_s,
        measured=bool(measured_s),
        bursts=tuple(_burst(users, service_s, slots) for users in BURSTS),
        most_per_hour=queue.most_per_s(demand.wait_s) * HOUR_S,
        fleets=tuple(
            fleet(queue, users, busiest_hour_ratio=demand.busiest_hour_ratio, wait_s=demand.wait_s)
            for users in FLEET_USERS_PER_DAY
        ),
    )


def check_rule(trials: Sequence[Observation]) -> RuleCheck | None:
    """Recompute the waits of trials with a queue from their service times; None without such a trial."""
    offs_s, waits, told = [], [], []
    for seen in trials:
        rows = [row for row in seen.trial.imports if row.queue_wait_s is not None and row.elapsed_s is not None]
        if seen.outcome is not Outcome.PASSED or len(rows) <= seen.in_flight:
            continue
        # Accepted in the order of their waits: a burst has no other order that the target would tell.
        rows.sort(key=lambda row: row.queue_wait_s or 0.0)
        expected = waits_s([0.0] * len(rows), [row.elapsed_s or 0.0 for row in rows], seen.in_flight)
        offs_s += [abs((row.queue_wait_s or 0.0) - float(wait)) for row, wait in zip(rows, expected, strict=True)]
        waits += [row.queue_wait_s or 0.0 for row in rows]
        told.append(seen)
    return RuleCheck(tuple(told), max(offs_s), max(waits)) if told else None


def _burst(users: int, service_s: Sequence[float], slots: int) -> Burst:
    """Everybody at once: the waits by hand, with service times taken in turn."""
    services = [service_s[number % len(service_s)] for number in range(users)]
    return Burst(users, float(waits_s([0.0] * users, services, slots).max()), max(0, users - slots))


def _slots(evidence: Evidence) -> int:
    """Slots of the setting that queued users met; the users who ran where no trial had a queue."""
    queued = [int(seen.trial.setting[SLOTS]) for seen in evidence.trials if _has_queue(seen)]
    return round(statistics.median(queued)) if queued else max(seen.in_flight for seen in evidence.trials)


def _has_queue(seen: Observation) -> bool:
    return SLOTS in seen.trial.setting and seen.trial.users > int(seen.trial.setting[SLOTS])
