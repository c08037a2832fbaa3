"""Published claims beside what was measured; each holds, does not hold, or cannot be told. Pure.

Source of every claim: the operator's published notes on the production importer, whose figures are in MB without saying
whether 10^6 or 2^20 bytes. A claim holds when either reading lies in the measured interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from reports.model import Capacity, State
from reports.observation import Observation, Outcome
from reports.stats import CONFIDENCE, Estimate, student_t
from reports.trials import Evidence

MB_READINGS_BYTES: Final = (1_000_000, 1_048_576)
# The published limit: "four do not fit" speaks of it alone.
CLAIMED_LIMIT_BYTES: Final = 512 * 1_048_576


class Holds(Enum):
    """What the measurement says of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_TELL = "cannot be told"


@dataclass(frozen=True, slots=True)
class Compared:
    """A claim, what was measured, and the trials behind it."""

    claim: str
    claimed_mb: float
    measured_bytes: Estimate | None
    holds: Holds
    trial_ids: tuple[str, ...]


def compare_claims(evidence: Evidence, found: Capacity) -> tuple[Compared, ...]:
    """Set the published claims on memory beside the run; none of them is assumed."""
    before = tuple(seen for seen in evidence.trials if seen.trial.profile == "before")
    line_ids = tuple(seen.trial_id for seen in found.line.trials) if found.line else ()
    return (
        _figure("memory an import, before the optimisations", 140, _before_bytes(before, found), _ids(before)),
        _figure("memory an import, after them", 90, found.line.need if found.line else None, line_ids),
        _total("total with three imports at once", 420, found, 3),
        _fits_not(found, evidence.run.limit_bytes),
    )


def _figure(claim: str, claimed_mb: float, measured: Estimate | None, trial_ids: tuple[str, ...]) -> Compared:
    if measured is None:
        return Compared(claim, claimed_mb, None, Holds.CANNOT_TELL, trial_ids)
    within = any(measured.low <= claimed_mb * reading <= measured.high for reading in MB_READINGS_BYTES)
    return Compared(claim, claimed_mb, measured, Holds.HOLDS if within else Holds.DOES_NOT_HOLD, trial_ids)


def _total(claim: str, claimed_mb: float, found: Capacity, users: int) -> Compared:
    level = found.level(users)
    passed = level.having(Outcome.PASSED)
    measured = found.line.next_trial(users) if found.line and passed else None
    return _figure(claim, claimed_mb, measured, _ids(passed))


def _fits_not(found: Capacity, limit_bytes: int) -> Compared:
    """Four at once were said to need 510 MB, too much for 512: that holds where four are not safe at that limit."""
    level = found.level(4)
    total = _total("four imports at once: too much for 512 MB", 510, found, 4)
    if limit_bytes != CLAIMED_LIMIT_BYTES or level.state is State.CANNOT_TELL:
        holds = Holds.CANNOT_TELL
    else:
        holds = Holds.HOLDS if level.state is State.NOT_SAFE else Holds.DOES_NOT_HOLD
    return Compared(total.claim, total.claimed_mb, total.measured_bytes, holds, _ids(level.trials))


def _before_bytes(before: Sequence[Observation], found: Capacity) -> Estimate | None:
    """Mean growth an import of the profile before the optimisations, with the spread that the line's trials show."""
    growths = [
        (seen.peak_bytes - seen.base_bytes) / seen.in_flight
        for seen in before
        if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None and seen.base_bytes is not None
    ]
    if found.line is None or not growths:
        return None
    in_flight = min(seen.in_flight for seen in before)
    fit = found.line.fit
    half = student_t(fit.dof, CONFIDENCE) * fit.spread / in_flight / math.sqrt(len(growths))
    mean = math.fsum(growths) / len(growths)
    return Estimate(mean, mean - half, mean + half)


def _ids(trials: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(seen.trial_id for seen in trials)
