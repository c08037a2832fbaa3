"""Sets two runs beside each other: what differs, by how much, and how surely. Pure.

Refuses runs of unlike machines: a difference between them would be the machines'. What the runs are compared for may
differ: the code, its packages, the target.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.stats import t

from loadtests.record import Host
from reports.errors import UnlikeRuns
from reports.model import capacity
from reports.observation import Observation, Outcome
from reports.stats import CONFIDENCE, Estimate
from reports.trials import Evidence

# What two runs are compared for may differ, and nothing else of the host.
_MAY_DIFFER: Final = frozenset({"packages_digest", "revision"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of the same setting in both runs; a positive difference means the second has more."""

    setting: str
    figure: str  # unreclaimable_peak_bytes, base_bytes, games_per_s, import_s
    first: float
    second: float
    difference: Estimate | None  # None where a run has a single value
    values: tuple[int, int]

    @property
    def is_told(self) -> bool:
        """Whether the interval excludes no difference."""
        return self.difference is not None and not self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that two runs have in common."""

    differences: tuple[Difference, ...]
    shown_safe: tuple[int, int]
    failed: tuple[int, int]  # trials
    only_first: tuple[str, ...]  # settings
    only_second: tuple[str, ...]


_FIGURES: Final[dict[str, Callable[[Observation], Iterable[float | None]]]] = {
    "unreclaimable_peak_bytes": lambda seen: (seen.peak_bytes,),
    "base_bytes": lambda seen: (seen.base_bytes,),
    "games_per_s": lambda seen: (seen.games_per_s,),
    "import_s": lambda seen: (row.elapsed_s for row in seen.trial.imports),
}


def compare(first: Evidence, second: Evidence) -> Comparison:
    """Compare two runs.

    Raises:
        UnlikeRuns: a fact of the machine, or the limit, differs.
    """
    _check_alike(first, second)
    groups = _groups(first), _groups(second)
    shared = [setting for setting in groups[0] if setting in groups[1]]
    return Comparison(
        differences=tuple(
            difference
            for setting in shared
            for figure in _FIGURES
            if (difference := _difference(setting, figure, groups[0][setting], groups[1][setting])) is not None
        ),
        shown_safe=(capacity(first).shown_safe, capacity(second).shown_safe),
        failed=(_failed(first), _failed(second)),
        only_first=tuple(setting for setting in groups[0] if setting not in groups[1]),
        only_second=tuple(setting for setting in groups[1] if setting not in groups[0]),
    )


def _check_alike(first: Evidence, second: Evidence) -> None:
    for name in Host.model_fields:
        a, b = getattr(first.run.host, name), getattr(second.run.host, name)
        if a != b and name not in _MAY_DIFFER:
            raise UnlikeRuns(name, a, b)
    if first.run.limit_bytes != second.run.limit_bytes:
        raise UnlikeRuns("limit_bytes", first.run.limit_bytes, second.run.limit_bytes)


def _groups(evidence: Evidence) -> dict[str, list[Observation]]:
    groups: dict[str, list[Observation]] = {}
    for seen in evidence.trials:
        if seen.outcome is Outcome.PASSED:
            groups.setdefault(_setting(seen), []).append(seen)
    return dict(sorted(groups.items()))


def _setting(seen: Observation) -> str:
    """Name everything that must be equal for figures to be comparable; not the target, which may be what differs."""
    trial = seen.trial
    knobs = " ".join(f"{name}={value}" for name, value in sorted(trial.setting.items()))
    return (
        f"{trial.users:02d} users {trial.start}, {trial.games_per_user} games over {trial.stored_games_per_user}, "
        f"upstream {trial.upstream.profile} x{trial.upstream.speed_ratio:g}, {knobs}"
    )


def _difference(
    setting: str, figure: str, first: Sequence[Observation], second: Sequence[Observation]
) -> Difference | None:
    values = [
        [value for seen in trials for value in _FIGURES[figure](seen) if value is not None]
        for trials in (first, second)
    ]
    if not values[0] or not values[1]:
        return None
    means = statistics.fmean(values[0]), statistics.fmean(values[1])
    return Difference(setting, figure, *means, _welch(values[0], values[1]), (len(values[0]), len(values[1])))


def _welch(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """Interval of a difference of means whose spreads may differ (Welch 1947); None for a single value."""
    if len(first) < 2 or len(second) < 2:  # noqa: PLR2004 - a spread takes two
        return None
    value = statistics.fmean(second) - statistics.fmean(first)
    parts = [statistics.variance(values) / len(values) for values in (first, second)]
    if sum(parts) == 0:
        return Estimate(value, value, value)
    dof = sum(parts) ** 2 / sum(part**2 / (len(v) - 1) for part, v in zip(parts, (first, second), strict=True))
    half = float(t.ppf((1 + CONFIDENCE) / 2, dof)) * math.sqrt(sum(parts))
    return Estimate(value, value - half, value + half)


def _failed(evidence: Evidence) -> int:
    return sum(seen.outcome is Outcome.FAILED for seen in evidence.trials)
