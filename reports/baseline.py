"""A baseline of accepted runs, and whether a new run has grown past what their spread explains. Pure.

One baseline file holds several machine classes; a run is compared with runs of its own class alone. The unit is a run's
mean peak for each (setting, users): trials of one run share a host's mood, so runs, not trials, show the spread.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.record import Host
from reports.errors import BaselineUnusable
from reports.observation import Observation, Outcome
from reports.stats import student_t
from reports.trials import Evidence

# A choice: 1 false alarm in 200 comparisons before the re-run, and both must agree: 1 in 40 000 after it.
ALARM_CONFIDENCE: Final = 0.995
# A choice: with fewer runs the bound is so wide that it would let through what the gate is for.
FEWEST_RUNS: Final = 3
# A choice: runs made within an hour agree better than those of different days; a smaller spread would let the gate cry
# wolf over a tenth of a MiB.
LEAST_SPREAD_RATIO: Final = 0.004


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MachineClass(_Data):
    """What must be equal for memory to be comparable: the code under test is what may differ."""

    cpu_model: str
    cpu_count: int
    cgroup_version: str
    python: str

    @classmethod
    def of(cls, host: Host) -> "MachineClass":
        """Take the class of a host."""
        return cls(
            cpu_model=host.cpu_model, cpu_count=host.cpu_count, cgroup_version=host.cgroup_version, python=host.python
        )

    def __str__(self) -> str:
        return f"{self.cpu_count} x {self.cpu_model}, cgroup {self.cgroup_version}, Python {self.python}"


class AcceptedRun(_Data):
    """One run that was accepted as normal."""

    run_id: str
    revision: str
    limit_bytes: int
    mean_peak_bytes: dict[str, float]  # by group


class ClassBaseline(_Data):
    """Accepted runs of one machine class."""

    machine: MachineClass
    accepted_on: str  # ISO 8601
    reason: str
    runs: tuple[AcceptedRun, ...]


class Baseline(_Data):
    """The file."""

    version: Literal[1] = 1
    classes: tuple[ClassBaseline, ...] = ()

    def of(self, host: Host) -> ClassBaseline | None:
        """Accepted runs of *host*'s class."""
        wanted = MachineClass.of(host)
        return next((one for one in self.classes if one.machine == wanted), None)


class Growth(_Data):
    """One group's mean peak beside the bound that accepted runs put on it."""

    group: str
    found_bytes: float
    expected_bytes: float
    bound_bytes: float

    @property
    def grew(self) -> bool:
        """Whether it lies above what the spread of accepted runs explains."""
        return self.found_bytes > self.bound_bytes


def read_baseline(text: str, name: str) -> Baseline:
    """Read a baseline file.

    Raises:
        BaselineUnusable: it is not one of this version.
    """
    try:
        return Baseline.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BaselineUnusable(
            f"{name} is not a version 1 baseline: {where or 'file'}: {first['msg']}. Make one with `make gate-accept`."
        ) from error


def mean_peaks_bytes(trials: Sequence[Observation]) -> dict[str, float]:
    """Mean peak of every group of completed trials."""
    groups: dict[str, list[float]] = {}
    for seen in trials:
        if seen.outcome is Outcome.PASSED and seen.peak_bytes is not None:
            groups.setdefault(_group(seen), []).append(seen.peak_bytes)
    return {group: statistics.fmean(peaks) for group, peaks in sorted(groups.items())}


def growths(accepted: ClassBaseline, found_bytes: Mapping[str, float]) -> tuple[Growth, ...]:
    """Compare a run's mean peaks with one-sided prediction bounds from the accepted runs, for groups that both have."""
    compared = []
    for group, found in found_bytes.items():
        peaks = [run.mean_peak_bytes[group] for run in accepted.runs if group in run.mean_peak_bytes]
        if len(peaks) >= FEWEST_RUNS:
            mean = statistics.fmean(peaks)
            spread = max(statistics.stdev(peaks), LEAST_SPREAD_RATIO * mean)
            # Two-sided confidence 2c - 1 cuts 1 - c off either side.
            factor = student_t(len(peaks) - 1, 2 * ALARM_CONFIDENCE - 1) * math.sqrt(1 + 1 / len(peaks))
            compared.append(
                Growth(group=group, found_bytes=found, expected_bytes=mean, bound_bytes=mean + factor * spread)
            )
    return tuple(compared)


def accept(before: Baseline, runs: Sequence[Evidence], reason: str, today: str) -> Baseline:
    """Replace the baseline of the runs' machine class by *runs*; other classes stay.

    Raises:
        BaselineUnusable: too few runs, runs of several classes, a failed trial, or no reason.
    """
    if not reason.strip():
        raise BaselineUnusable("a baseline is accepted for a reason: say why memory may be what it is with --reason.")
    if len(runs) < FEWEST_RUNS:
        raise BaselineUnusable(f"{len(runs)} runs make no baseline: give at least {FEWEST_RUNS} records files.")
    machines = {MachineClass.of(run.run.host) for run in runs}
    if len(machines) > 1:
        found = "; ".join(sorted(map(str, machines)))
        raise BaselineUnusable(f"the runs come from {len(machines)} machine classes ({found}). Accept one at a time.")
    failed = [seen for run in runs for seen in run.trials if seen.outcome is Outcome.FAILED]
    if failed:
        raise BaselineUnusable(f"trial {failed[0].trial_id} ended {failed[0].trial.ending.value}: mend that first.")
    [machine] = machines
    grown = ClassBaseline(
        machine=machine, accepted_on=today, reason=reason.strip(), runs=tuple(_accepted(run) for run in runs)
    )
    return Baseline(classes=(*(one for one in before.classes if one.machine != machine), grown))


def _accepted(run: Evidence) -> AcceptedRun:
    return AcceptedRun(
        run_id=run.run.run_id,
        revision=run.run.host.revision,
        limit_bytes=run.run.limit_bytes,
        mean_peak_bytes=mean_peaks_bytes(run.trials),
    )


def _group(seen: Observation) -> str:
    """Name what must be equal for peaks to be comparable, in one readable line."""
    trial = seen.trial
    setting = " ".join(f"{name}={value}" for name, value in sorted(trial.setting.items()))
    return (
        f"{trial.target}, {trial.users} users {trial.start}, {trial.games_per_user} games over "
        f"{trial.stored_games_per_user}, {trial.upstream.profile}, {setting}"
    )
