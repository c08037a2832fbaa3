"""Whether batch and page size matter: the map of peaks and the memory that a smaller one saves an import. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.record import Trial
from reports.observation import Observation, Outcome
from reports.pool import conditions, mode
from reports.stats import CONFIDENCE, Estimate, least_squares, mean_interval
from reports.trials import Evidence

BATCH: Final = "IMPORT_BATCH_SIZE"
PAGE: Final = "EXISTING_GAMES_PAGE_SIZE"
# The changes that the operator published: batches from 100 to 50 games, pages of known ids from 10 000 to 2 000.
PUBLISHED_STEPS: Final = {BATCH: (100, 50), PAGE: (10_000, 2_000)}
# The operator's question is about three at once; a grid that was run at another number shows its highest.
MAP_USERS: Final = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """All trials with one batch size and one page size at the map's number of users."""

    batch: int
    page: int
    trials: tuple[Observation, ...]

    @property
    def peaks_bytes(self) -> tuple[float, ...]:
        """Peaks of the trials that completed."""
        return tuple(
            seen.peak_bytes for seen in self.trials if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None
        )

    @property
    def mean_peak_bytes(self) -> float | None:
        """Mean of the peaks; None where none was measured."""
        return sum(self.peaks_bytes) / len(self.peaks_bytes) if self.peaks_bytes else None

    @property
    def failed(self) -> tuple[Observation, ...]:
        """Trials that failed."""
        return tuple(seen for seen in self.trials if seen.outcome is Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Saving:
    """What an import saves in peak memory when a knob goes from a larger to a smaller value."""

    knob: str
    larger: int
    smaller: int
    per_import_bytes: Estimate

    @property
    def is_told_from_nothing(self) -> bool:
        """Whether the interval excludes no saving at all."""
        return not self.per_import_bytes.low <= 0 <= self.per_import_bytes.high


@dataclass(frozen=True, slots=True)
class Grid:
    """The batch x page series."""

    trials: tuple[Observation, ...]
    users: int  # of the map
    cells: tuple[Cell, ...]
    savings: tuple[Saving, ...]  # empty when a trial failed or there are too few
    spread_bytes: float | None  # between trials of one cell, as the fit sees it

    @property
    def failed(self) -> tuple[Observation, ...]:
        """Trials of the grid that failed, at any number of users."""
        return tuple(seen for seen in self.trials if seen.outcome is Outcome.FAILED)


def grid(evidence: Evidence) -> Grid | None:
    """Read the grid series; None when the run has none."""
    planned = [seen for seen in evidence.trials if "grid" in seen.trial.series and _has_both(seen.trial)]
    if not planned:
        return None
    # A trial of another series under the very same conditions is a repeat of a cell.
    conditions = {_conditions(seen.trial) for seen in planned}
    trials = tuple(seen for seen in evidence.trials if _has_both(seen.trial) and _conditions(seen.trial) in conditions)
    levels = {seen.trial.users for seen in trials}
    users = MAP_USERS if MAP_USERS in levels else max(levels)
    savings, spread_bytes = _savings(trials)
    return Grid(trials, users, _cells([seen for seen in trials if seen.trial.users == users]), savings, spread_bytes)


def _has_both(trial: Trial) -> bool:
    return all(trial.setting.get(knob, "").isdecimal() for knob in (BATCH, PAGE))


def _conditions(trial: Trial) -> tuple[object, ...]:
    return (*conditions(trial), tuple(sorted(trial.setting.items())), trial.users, mode(trial.upstream))


def _cells(trials: Sequence[Observation]) -> tuple[Cell, ...]:
    places = sorted({(_value(seen, BATCH), _value(seen, PAGE)) for seen in trials})
    return tuple(
        Cell(batch, page, tuple(s for s in trials if (_value(s, BATCH), _value(s, PAGE)) == (batch, page)))
        for batch, page in places
    )


def _savings(trials: Sequence[Observation]) -> tuple[tuple[Saving, ...], float | None]:
    """Fit peak = base + in flight x (need + b x batch + c x page), without what the data do not vary."""
    if any(seen.outcome is Outcome.FAILED for seen in trials):
        return (), None
    measured = [
        (seen, seen.peak_bytes) for seen in trials if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None
    ]
    varied = [knob for knob in (BATCH, PAGE) if len({_value(seen, knob) for seen, _ in measured}) > 1]
    levels_vary = len({seen.in_flight for seen, _ in measured}) > 1
    rows = [_row(seen, varied, levels_vary=levels_vary) for seen, _ in measured]
    fit = least_squares(rows, [peak_bytes for _, peak_bytes in measured])
    if fit is None:
        return (), None
    savings = []
    for position, knob in enumerate(varied, start=len(rows[0]) - len(varied)):
        larger, smaller = _step(knob, {_value(seen, knob) for seen, _ in measured})
        row = [0.0] * len(rows[0])
        row[position] = float(larger - smaller)
        savings.append(Saving(knob, larger, smaller, mean_interval(fit, row, CONFIDENCE)))
    return tuple(savings), fit.spread


def _row(seen: Observation, varied: Sequence[str], *, levels_vary: bool) -> tuple[float, ...]:
    in_flight = float(seen.in_flight)
    constant = (1.0, in_flight) if levels_vary else (1.0,)
    return (*constant, *(in_flight * _value(seen, knob) for knob in varied))


def _step(knob: str, values: set[int]) -> tuple[int, int]:
    """Return the published change where the grid covers it, else the whole range."""
    larger, smaller = PUBLISHED_STEPS[knob]
    return (larger, smaller) if {larger, smaller} <= values else (max(values), min(values))


def _value(seen: Observation, knob: str) -> int:
    return int(seen.trial.setting[knob])
