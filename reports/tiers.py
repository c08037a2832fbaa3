"""What a hosting tier holds, which ceiling it meets first, and what an import costs there. Pure.

Safety comes from the peak, cost from the average: two numbers, never one. Prices are data (`tiers.toml`), each with its
date and source.
"""

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from reports.errors import TiersUnusable
from reports.queueing import HOUR_S, Queue
from reports.texts import MIB_BYTES

GIB_BYTES: Final = 1024 * MIB_BYTES
MONTH_S: Final = 730 * HOUR_S  # the month that hosting prices are made for
# A choice: prices older than half a year are shown with a warning.
STALE_AFTER_DAYS: Final = 180
# Past this many imports at once the answer is a fleet, not a tier; it also ends the search.
MOST_AT_ONCE: Final = 100_000
# A choice: enough for the two digits that a plan is read with.
_SIMULATED_IMPORTS: Final = 20_000


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FlatPrice(_Data):
    """A price for the month, whatever is used."""

    kind: Literal["flat"]
    monthly_usd: Annotated[float, Field(ge=0)]


class UsagePrice(_Data):
    """A subscription that includes some usage; memory and processors are billed by their averages."""

    kind: Literal["usage"]
    monthly_usd: Annotated[float, Field(ge=0)]
    included_usd: Annotated[float, Field(ge=0)]
    stops_when_used_up: bool = False  # nothing beyond what is included can be bought
    memory_usd_per_gib_month: PositiveFloat
    cpu_usd_per_vcpu_month: PositiveFloat


class Tier(_Data):
    """One plan of one provider."""

    provider: str
    name: str
    memory_mib: PositiveFloat
    vcpus: PositiveFloat | None = None
    on_exceed: Literal["killed", "swaps"]
    killed_at_ratio: PositiveFloat | None = None
    as_of: date | None = None
    source: str
    confidence: Literal["documented", "unverified"]
    unfit_because: str | None = None  # known beforehand, whatever the load
    price: Annotated[FlatPrice | UsagePrice, Field(discriminator="kind")]

    @property
    def memory_bytes(self) -> float:
        """Its memory limit."""
        return self.memory_mib * MIB_BYTES

    def age_days(self, today: date) -> int | None:
        """Days since its price was read; None where that day is not known."""
        return None if self.as_of is None else (today - self.as_of).days

    def is_stale(self, today: date) -> bool:
        """Whether its price is too old to be relied on, or of unknown age."""
        age_days = self.age_days(today)
        return age_days is None or age_days > STALE_AFTER_DAYS


class _Tiers(_Data):
    tier: Annotated[tuple[Tier, ...], Field(min_length=1)]


class Ceiling(Enum):
    """What stops a machine from importing more."""

    MEMORY = "memory"
    CPU = "processor"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Service:
    """What was measured of the server under test, and the upstream that it draws from."""

    bound_bytes: Callable[[int], float]  # upper tolerance bound of the peak with so many imports at once
    measured_to: int  # the most imports at once that were run
    idle_bytes: float  # average memory while nothing is imported
    need_bytes: float  # what one import in flight adds
    cpu_s: float  # processor time of one import
    processes: int  # that can use a processor each
    games: int  # of one import
    games_per_s: float  # of one stream of the upstream
    streams: int  # that the upstream grants an address
    reserve_ratio: float  # of a limit, to be left free

    @property
    def alone_s(self) -> float:
        """How long an import takes that shares neither stream nor processor: the upstream's pace, or the work."""
        return max(self.games / self.games_per_s, self.cpu_s)


@dataclass(frozen=True, slots=True)
class Demand:
    """The load that a plan is made for."""

    imports_per_month: float
    busiest_hour_ratio: float  # share of a day's imports in its busiest hour
    wait_s: float  # the 95th percentile of the wait that is still accepted

    @property
    def busiest_per_hour(self) -> float:
        """Imports asked for in the busiest hour of an average day."""
        return self.imports_per_month / (MONTH_S / HOUR_S / 24) * self.busiest_hour_ratio


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier, what it holds, and what it costs under the demand."""

    tier: Tier
    fits: int  # imports at once whose bound leaves the reserve free; 0 when not even one
    beyond_measured: bool  # whether that many were never run at once
    per_hour: dict[Ceiling, float]  # imports an hour that each ceiling lets through
    binding: Ceiling
    within_wait_per_hour: float  # imports an hour, coming by themselves, that do not wait longer than accepted
    machines: int | None  # for the busiest hour, each with an address of its own; None where none would do
    monthly_usd: float | None  # for all machines
    rejected: str | None  # why it is not to be chosen

    def usd_per_thousand(self, imports_per_month: float) -> float | None:
        """Cost of a thousand imports under the demand."""
        return None if self.monthly_usd is None else self.monthly_usd / imports_per_month * 1000

    @property
    def most_per_hour(self) -> float:
        """Imports an hour that one machine completes at most."""
        return self.per_hour[self.binding]


@dataclass(frozen=True, slots=True)
class Met:
    """The ceilings over a number of imports at once, and the one that is met first."""

    users: int
    left_bytes: float  # of memory, beside the reserve
    upstream_games_per_s: float
    processor_games_per_s: float
    binding: Ceiling


def read_tiers(text: str, name: str) -> tuple[Tier, ...]:
    """Read a file of tiers.

    Raises:
        TiersUnusable: it is no TOML, has an unknown or missing key, or a value out of range.
    """
    try:
        return _Tiers.model_validate(tomllib.loads(text)).tier
    except tomllib.TOMLDecodeError as error:
        raise TiersUnusable(name, f"it is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TiersUnusable(name, f"{where}: {first['msg']}") from error


def offers(tiers: Sequence[Tier], service: Service, demand: Demand) -> tuple[Offer, ...]:
    """Judge every tier under *demand*, the cheapest that suffices first and the rejected ones last."""
    judged = [_offer(tier, service, demand) for tier in tiers]
    return tuple(sorted(judged, key=lambda offer: (offer.rejected is not None, offer.monthly_usd or 0.0)))


def fits(service: Service, memory_bytes: float) -> int:
    """Imports at once whose bound leaves the reserve free in *memory_bytes*; the inverse of the bound."""
    allowed_bytes = memory_bytes * (1 - service.reserve_ratio)
    low, high = 0, MOST_AT_ONCE
    while low < high:  # bounds grow with the number of imports
        middle = (low + high + 1) // 2
        low, high = (middle, high) if service.bound_bytes(middle) <= allowed_bytes else (low, middle - 1)
    return low


def met_first(service: Service, users: int, memory_bytes: float) -> Met:
    """Say what stops *users* imports at once in *memory_bytes* from going faster, or from running at all."""
    upstream_per_s = min(users, service.streams) * service.games_per_s
    processor_per_s = service.processes * service.games / service.cpu_s
    left_bytes = memory_bytes * (1 - service.reserve_ratio) - service.bound_bytes(users)
    if left_bytes < 0:
        binding = Ceiling.MEMORY
    else:
        binding = Ceiling.UPSTREAM if upstream_per_s <= processor_per_s else Ceiling.CPU
    return Met(users, left_bytes, upstream_per_s, processor_per_s, binding)


def _offer(tier: Tier, service: Service, demand: Demand) -> Offer:
    most = fits(service, tier.memory_bytes)
    per_hour = _per_hour(tier, service, most)
    running = min(most, service.streams)
    busy_s = max(service.alone_s, running * service.cpu_s / _processors(tier, service))
    within_wait_per_hour = _within_wait_per_s(busy_s, running, demand.wait_s) * HOUR_S if running else 0.0
    machines = max(1, math.ceil(demand.busiest_per_hour / within_wait_per_hour)) if running else None
    usage_usd = _usage_usd(tier.price, service, demand, machines or 0)
    return Offer(
        tier=tier,
        fits=most,
        beyond_measured=most > service.measured_to,
        per_hour=per_hour,
        binding=min(per_hour, key=lambda ceiling: per_hour[ceiling]),
        within_wait_per_hour=within_wait_per_hour,
        machines=machines,
        monthly_usd=None if machines is None else _monthly_usd(tier.price, machines, usage_usd),
        rejected=_rejected(tier, most, usage_usd),
    )


def _rejected(tier: Tier, most: int, usage_usd: float) -> str | None:
    if most == 0:
        return "not even one import leaves the reserve free"
    if tier.unfit_because is not None:
        return tier.unfit_because
    price = tier.price
    if isinstance(price, UsagePrice) and price.stops_when_used_up and usage_usd > price.included_usd:
        return f"stops when its ${price.included_usd:g} are used up; this load uses ${usage_usd:.2f}"
    return None


def _per_hour(tier: Tier, service: Service, most: int) -> dict[Ceiling, float]:
    return {
        Ceiling.MEMORY: most * HOUR_S / service.alone_s,
        Ceiling.CPU: _processors(tier, service) * HOUR_S / service.cpu_s,
        Ceiling.UPSTREAM: service.streams * HOUR_S / (service.games / service.games_per_s),
    }


def _processors(tier: Tier, service: Service) -> float:
    return min(float(service.processes), tier.vcpus or float(service.processes))


@cache
def _within_wait_per_s(service_s: float, slots: int, wait_s: float) -> float:
    return Queue([service_s], slots, imports=_SIMULATED_IMPORTS).most_per_s(wait_s)


def _usage_usd(price: FlatPrice | UsagePrice, service: Service, demand: Demand, machines: int) -> float:
    """Bill for what all *machines* use on average in a month; 0 where usage is not billed."""
    if isinstance(price, FlatPrice):
        return 0.0
    imports_per_s = demand.imports_per_month / MONTH_S
    memory_bytes = machines * service.idle_bytes + imports_per_s * service.alone_s * service.need_bytes
    return (
        memory_bytes / GIB_BYTES * price.memory_usd_per_gib_month
        + imports_per_s * service.cpu_s * price.cpu_usd_per_vcpu_month
    )


def _monthly_usd(price: FlatPrice | UsagePrice, machines: int, usage_usd: float) -> float:
    """Price of *machines*; a subscription that includes usage is paid once for all of them."""
    if isinstance(price, FlatPrice):
        return machines * price.monthly_usd
    return price.monthly_usd + max(0.0, usage_usd - price.included_usd)
