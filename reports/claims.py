"""Published claims beside what was measured; each holds, does not hold, or cannot be told. Pure.

The claims are data (`claims.toml`): a text, a figure or range, a unit, and the name of the measurement that tests it.
Claims in MB do not say whether 10^6 or 2^20 bytes; one holds when either reading meets the measured interval.
"""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.grid import BATCH, PAGE, Grid
from reports.model import Capacity, State
from reports.observation import Observation, Outcome
from reports.stats import CONFIDENCE, Estimate, student_t
from reports.trials import Evidence
from reports.waiting import SLOTS

MB_READINGS_BYTES: Final = (1_000_000, 1_048_576)
# The published limit: "four do not fit" speaks of it alone.
CLAIMED_LIMIT_BYTES: Final = 512 * 1_048_576
# The claims on durations speak of imports of this many games.
CLAIMED_GAMES: Final = 1000


class Claim(BaseModel):
    """One published figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    claimed: Annotated[tuple[float, ...], Field(min_length=1, max_length=2)]  # one figure, or a range
    unit: Literal["MB", "s", "imports"]
    says: Literal["equals", "at most", "at least"]
    measured_as: str


class Holds(Enum):
    """What the measurement says of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_TELL = "cannot be told"


@dataclass(frozen=True, slots=True)
class Compared:
    """A claim, what was measured, and the trials behind it."""

    claim: Claim
    measured: Estimate | None  # bytes, seconds or imports
    holds: Holds
    trial_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    evidence: Evidence
    capacity: Capacity
    grid: Grid | None


@dataclass(frozen=True, slots=True)
class _Found:
    measured: Estimate | None
    trials: tuple[Observation, ...] = ()
    verdict: Holds | None = None  # where the claim is no matter of a figure


def read_claims(text: str) -> tuple[Claim, ...]:
    """Read the file of claims."""
    return tuple(Claim.model_validate(one) for one in tomllib.loads(text)["claim"])


def compare_claims(
    claims: Sequence[Claim], evidence: Evidence, found: Capacity, grid: Grid | None
) -> tuple[Compared, ...]:
    """Set the published claims beside the run; none of them is assumed."""
    case = _Case(evidence, found, grid)
    return tuple(_compared(claim, _MEASURES[claim.measured_as](case)) for claim in claims)


def _compared(claim: Claim, found: _Found) -> Compared:
    ids = tuple(seen.trial_id for seen in found.trials)
    if found.verdict is not None:
        return Compared(claim, found.measured, found.verdict, ids)
    if found.measured is None:
        return Compared(claim, None, Holds.CANNOT_TELL, ids)
    readings = MB_READINGS_BYTES if claim.unit == "MB" else (1,)
    met = any(_meets(claim, found.measured, reading) for reading in readings)
    return Compared(claim, found.measured, Holds.HOLDS if met else Holds.DOES_NOT_HOLD, ids)


def _meets(claim: Claim, measured: Estimate, reading: float) -> bool:
    low, high = min(claim.claimed) * reading, max(claim.claimed) * reading
    if claim.says == "at most":
        return measured.high <= high
    if claim.says == "at least":
        return measured.low >= low
    return measured.low <= high and low <= measured.high


def _line(case: _Case, take: str) -> _Found:
    line = case.capacity.line
    return _Found(getattr(line, take), line.trials) if line is not None else _Found(None)


def _need_before(case: _Case) -> _Found:
    """Mean growth an import of the profile before the optimisations, with the spread that the line's trials show."""
    before, line = _profiled(case, "before"), case.capacity.line
    growths = [
        (seen.peak_bytes - seen.base_bytes) / seen.in_flight
        for seen in before
        if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None and seen.base_bytes is not None
    ]
    if line is None or not growths:
        return _Found(None, before)
    in_flight = min(seen.in_flight for seen in before)
    half = student_t(line.fit.dof, CONFIDENCE) * line.fit.spread / in_flight / math.sqrt(len(growths))
    mean = math.fsum(growths) / len(growths)
    return _Found(Estimate(mean, mean - half, mean + half), before)


def _total_of_three(case: _Case) -> _Found:
    passed = case.capacity.level(3).having(Outcome.PASSED)
    line = case.capacity.line
    return _Found(line.next_trial(3) if line is not None and passed else None, passed)


def _total_of_three_before(case: _Case) -> _Found:
    need, line = _need_before(case), case.capacity.line
    if need.measured is None or line is None or line.base is None:
        return _Found(None, need.trials)
    base, each = line.base, need.measured
    return _Found(
        Estimate(base.value + 3 * each.value, base.low + 3 * each.low, base.high + 3 * each.high), need.trials
    )


def _four_do_not_fit(case: _Case) -> _Found:
    """Four at once were said to need 510 MB, too much for 512: that holds where four are not safe at that limit."""
    level, line = case.capacity.level(4), case.capacity.line
    measured = line.next_trial(4) if line is not None and level.having(Outcome.PASSED) else None
    if case.evidence.run.limit_bytes != CLAIMED_LIMIT_BYTES or level.state is State.CANNOT_TELL:
        return _Found(measured, level.trials, Holds.CANNOT_TELL)
    fits_not = level.state is State.NOT_SAFE
    return _Found(measured, level.trials, Holds.HOLDS if fits_not else Holds.DOES_NOT_HOLD)


def _shown_safe(case: _Case) -> _Found:
    """How many fit at the published limit, as far as was tried."""
    most = case.capacity.shown_safe
    trials = case.capacity.level(most).trials if most else ()
    if case.evidence.run.limit_bytes != CLAIMED_LIMIT_BYTES or not most:
        return _Found(None, trials)
    return _Found(Estimate(most, most, most), trials)


def _saving(knob: str) -> Callable[[_Case], _Found]:
    def measure(case: _Case) -> _Found:
        savings = case.grid.savings if case.grid is not None else ()
        found = next((saving.per_import_bytes for saving in savings if saving.knob == knob), None)
        return _Found(found, case.grid.trials if case.grid is not None and found is not None else ())

    return measure


def _not_in_this_run(_case: _Case) -> _Found:
    """One knob at a time is the plan `ablation`'s, whose report says it."""
    return _Found(None)


def _durations(trials: Sequence[Observation]) -> list[float]:
    return [
        row.elapsed_s
        for seen in trials
        if seen.outcome is Outcome.PASSED
        for row in seen.trial.imports
        if row.elapsed_s is not None
    ]


def _paced(case: _Case, users: int, profile: str | None = None) -> tuple[Observation, ...]:
    """Trials at the true pace with imports as long as the claims speak of."""
    return tuple(
        seen
        for seen in case.evidence.trials
        if seen.trial.upstream.games_per_s is not None
        and seen.trial.upstream.speed_ratio == 1
        and seen.trial.games_per_user == CLAIMED_GAMES
        and seen.trial.users == users
        and (profile is None or seen.trial.profile == profile)
    )


def _span(values: Sequence[float]) -> Estimate | None:
    """The values themselves: from the least to the most."""
    return Estimate(math.fsum(values) / len(values), min(values), max(values)) if values else None


def _thousand_games(case: _Case) -> _Found:
    trials = tuple(seen for seen in _paced(case, 1) if seen.trial.profile != "before")
    return _Found(_span(_durations(trials)), trials)


def _thousand_games_before(case: _Case) -> _Found:
    trials = _paced(case, 1, "before")
    return _Found(_span(_durations(trials)), trials)


def _three_of_thousand(case: _Case) -> _Found:
    trials = _paced(case, 3)
    return _Found(_span([seen.wall_s for seen in trials if seen.wall_s is not None]), trials)


def _wait_of_fourth(case: _Case) -> _Found:
    trials = tuple(seen for seen in _paced(case, 4) if seen.trial.setting.get(SLOTS) == "3")
    waits = [max((row.queue_wait_s or 0.0) for row in seen.trial.imports) for seen in trials if seen.trial.imports]
    return _Found(_span(waits), trials)


def _profiled(case: _Case, profile: str) -> tuple[Observation, ...]:
    return tuple(seen for seen in case.evidence.trials if seen.trial.profile == profile)


_MEASURES: Final[Mapping[str, Callable[[_Case], _Found]]] = {
    "base": lambda case: _line(case, "base"),
    "need": lambda case: _line(case, "need"),
    "need_before": _need_before,
    "total_of_three": _total_of_three,
    "total_of_three_before": _total_of_three_before,
    "four_do_not_fit": _four_do_not_fit,
    "shown_safe": _shown_safe,
    "batch_saving": _saving(BATCH),
    "page_saving": _saving(PAGE),
    "gc_saving": _not_in_this_run,
    "pool_saving": _not_in_this_run,
    "thousand_games": _thousand_games,
    "thousand_games_before": _thousand_games_before,
    "three_of_thousand": _three_of_thousand,
    "wait_of_fourth": _wait_of_fourth,
}
