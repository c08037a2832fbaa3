"""What each published optimisation saves by itself, and all together: one knob changed from the settings before.

Pure. The unit is a trial's peak over its imports in flight, so that savings stand beside the claims, which are said of
one import.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.record import Run
from reports.errors import NothingMeasured
from reports.observation import Outcome
from reports.stats import CONFIDENCE, Estimate, least_squares, mean_interval
from reports.trials import Evidence

SERIES: Final = "ablation"
# The operator's published savings in MB an import; a range where one was published. Source: the operator's notes.
CLAIMED_MB: Final[Mapping[str, tuple[float, float]]] = {
    "IMPORT_BATCH_SIZE": (20, 20),
    "EXISTING_GAMES_PAGE_SIZE": (15, 15),
    "GC_EVERY_GAMES": (10, 15),
    "HTTP_POOL_LIMIT": (5, 5),
}
CLAIMED_TOGETHER_MB: Final = (50.0, 50.0)  # 140 an import before, 90 after


@dataclass(frozen=True, slots=True)
class Step:
    """One change from the settings before."""

    knobs: tuple[str, ...]  # what it changes; several where it is all of them together
    before: tuple[str, ...]
    after: tuple[str, ...]
    claimed_mb: tuple[float, float] | None
    saves_bytes: Estimate  # an import; negative where it costs
    trials: int

    @property
    def is_told(self) -> bool:
        """Whether the interval excludes no effect."""
        return not self.saves_bytes.low <= 0 <= self.saves_bytes.high


@dataclass(frozen=True, slots=True)
class Ablation:
    """One target's steps."""

    run: Run
    target: str
    users: int
    before_bytes: float  # mean peak of the settings before
    need_bytes: float  # an import of those, over the idle server
    steps: tuple[Step, ...]
    failed: tuple[str, ...]  # ids of trials that failed, which no step counts


def ablation(evidence: Evidence) -> Ablation:
    """Compare every setting of the series with the one before.

    Raises:
        NothingMeasured: the run has no such series, or too few of its trials completed.
    """
    planned = [seen for seen in evidence.trials if SERIES in seen.trial.series]
    passed = [seen for seen in planned if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None]
    if not passed:
        raise NothingMeasured(f"no trial of a series named {SERIES} completed. Run the plan `ablation`.")
    settings = [tuple(sorted(seen.trial.setting.items())) for seen in passed]
    before = _before(settings)
    others = sorted(
        {setting for setting in settings if setting != before}, key=lambda one: (len(_changed(before, one)), one)
    )
    users = passed[0].in_flight
    rows = [(1.0, *(float(setting == other) for other in others)) for setting in settings]
    fit = least_squares(rows, [(seen.peak_bytes or 0.0) / users for seen in passed])
    if fit is None:
        raise NothingMeasured("too few trials of the ablation completed to tell an effect from chance. Repeat it.")
    idle = [seen.base_bytes for seen in passed if seen.base_bytes is not None]
    counts = Counter(settings)
    return Ablation(
        run=evidence.run,
        target=passed[0].trial.target,
        users=users,
        before_bytes=fit.coefficients[0] * users,
        need_bytes=fit.coefficients[0] - sum(idle) / len(idle) / users if idle else fit.coefficients[0],
        steps=tuple(
            _step(before, other, _saves(mean_interval(fit, _only(place, len(others)), CONFIDENCE)), counts[other])
            for place, other in enumerate(others)
        ),
        failed=tuple(seen.trial_id for seen in planned if seen.outcome is Outcome.FAILED),
    )


_Setting = tuple[tuple[str, str], ...]


def _before(settings: Sequence[_Setting]) -> _Setting:
    """Return the setting that most others differ from in one knob alone."""
    distinct = sorted(set(settings))
    return min(distinct, key=lambda one: sum(len(_changed(one, other)) for other in distinct))


def _changed(first: _Setting, second: _Setting) -> dict[str, tuple[str, str]]:
    old, new = dict(first), dict(second)
    names = sorted(old.keys() | new.keys())
    return {name: (old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)}


def _only(place: int, others: int) -> tuple[float, ...]:
    return (0.0, *(float(number == place) for number in range(others)))


def _saves(effect: Estimate) -> Estimate:
    return Estimate(-effect.value, -effect.high, -effect.low)


def _step(before: _Setting, other: _Setting, saves_bytes: Estimate, trials: int) -> Step:
    changed = _changed(before, other)
    claimed = CLAIMED_MB.get(next(iter(changed))) if len(changed) == 1 else CLAIMED_TOGETHER_MB
    return Step(
        knobs=tuple(changed),
        before=tuple(value for value, _ in changed.values()),
        after=tuple(value for _, value in changed.values()),
        claimed_mb=claimed,
        saves_bytes=saves_bytes,
        trials=trials,
    )
