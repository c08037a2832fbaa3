"""Thresholds in one line each: ``unreclaimable_peak_mib p(max) < 430``. Pure.

A line is a metric, how its values become one figure, a comparison and a number. A metric without a single value is not
passed and not failed: nothing was measured.
"""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from reports.errors import ThresholdUnusable
from reports.observation import Observation, Outcome
from reports.texts import to_mib

Values = Callable[[Observation], Iterator[float]]
Reduce = Callable[[Sequence[float]], float]


class Kept(Enum):
    """Whether a threshold is kept."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_MEASURED = "nothing was measured"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One parsed line."""

    text: str
    metric: str
    reducer: str
    comparison: str
    wanted: float


@dataclass(frozen=True, slots=True)
class Checked:
    """A threshold beside what was measured."""

    threshold: Threshold
    found: float | None
    kept: Kept
    worst_trial: str | None  # the trial whose value lies furthest on the wrong side


# How a line looks: metric, reducer, comparison, number.
_LINE: Final = re.compile(
    r"(\w+)\s+(count|mean|p\((?:max|min|\d{1,2}(?:\.\d+)?)\))\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)"
)
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def _peak(seen: Observation) -> Iterator[float]:
    if seen.peak_bytes is not None:
        yield to_mib(seen.peak_bytes)


def _base(seen: Observation) -> Iterator[float]:
    if seen.base_bytes is not None:
        yield to_mib(seen.base_bytes)


def _oom_kills(seen: Observation) -> Iterator[float]:
    if seen.trial.kernel is not None:
        yield float(seen.trial.kernel.oom_kills)


def _failed(seen: Observation) -> Iterator[float]:
    yield float(seen.outcome is Outcome.FAILED)


def _lost(seen: Observation) -> Iterator[float]:
    if seen.trial.truth is not None:
        yield float(seen.trial.truth.missing)


def _doubled(seen: Observation) -> Iterator[float]:
    if seen.trial.truth is not None:
        yield float(seen.trial.truth.doubled)


def _import_seconds(seen: Observation) -> Iterator[float]:
    return (row.elapsed_s for row in seen.trial.imports if row.elapsed_s is not None)


def _wait_seconds(seen: Observation) -> Iterator[float]:
    return (row.queue_wait_s for row in seen.trial.imports if row.queue_wait_s is not None)


def _games_per_s(seen: Observation) -> Iterator[float]:
    if seen.games_per_s is not None:
        yield seen.games_per_s


METRICS: Final[dict[str, Values]] = {
    "unreclaimable_peak_mib": _peak,
    "base_mib": _base,
    "oom_kills": _oom_kills,
    "failed_trials": _failed,
    "lost_games": _lost,
    "doubled_games": _doubled,
    "import_seconds": _import_seconds,
    "wait_seconds": _wait_seconds,
    "games_per_s": _games_per_s,
}


def parse(text: str) -> Threshold:
    """Read one line.

    Raises:
        ThresholdUnusable: it is no such line, or names a metric that is not known.
    """
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise ThresholdUnusable(text, "write a metric, how to take it, a comparison and a number")
    metric, reducer, comparison, wanted = match.groups()
    if metric not in METRICS:
        raise ThresholdUnusable(text, f"{metric} is not one of {', '.join(METRICS)}")
    return Threshold(text.strip(), metric, reducer, comparison, float(wanted))


def check(threshold: Threshold, trials: Sequence[Observation]) -> Checked:
    """Compare what *trials* measured with the threshold; those that could not be trusted say nothing."""
    told = [seen for seen in trials if seen.outcome is not Outcome.VOID]
    values = [(value, seen.trial_id) for seen in told for value in METRICS[threshold.metric](seen)]
    if not values:
        return Checked(threshold, None, Kept.NOT_MEASURED, None)
    found = _reducer(threshold.reducer)([value for value, _ in values])
    kept = _COMPARISONS[threshold.comparison](found, threshold.wanted)
    worst = min(values) if threshold.comparison in (">", ">=") else max(values)
    return Checked(threshold, found, Kept.KEPT if kept else Kept.BROKEN, worst[1])


def _reducer(name: str) -> Reduce:
    """Return what makes one figure of many; ``count`` adds up, since counted things come one a trial."""
    plain: dict[str, Reduce] = {
        "count": sum,
        "mean": lambda values: float(np.mean(values)),
        "p(max)": max,
        "p(min)": min,
    }
    if name in plain:
        return plain[name]
    ratio = float(name[2:-1]) / 100
    return lambda values: float(np.quantile(values, ratio))
