"""Takes from one recorded trial the figures that its own readings give; never judges what they mean. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from loadtests.record import NO_SAMPLES, SLOT_SETTINGS, Ending, ImportRow, Samples, Trial

# A choice: a straight line through fewer readings says nothing about a plateau.
FEWEST_TAIL_READINGS = 5


class Outcome(Enum):
    """What an ending says about the target."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"  # the measurement failed, not the target: neither pooled nor counted


_OUTCOMES = {
    Ending.COMPLETED: Outcome.PASSED,
    Ending.GENERATOR_SATURATED: Outcome.VOID,
    Ending.INVALID: Outcome.VOID,
}


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The unreclaimable parts of a trial's memory over time; arrays of equal length."""

    at_s: NDArray[np.float64]
    anon_bytes: NDArray[np.float64]
    shmem_bytes: NDArray[np.float64]
    kernel_bytes: NDArray[np.float64]
    socket_bytes: NDArray[np.float64]
    total_bytes: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One trial and the figures that follow from its own readings."""

    trial: Trial  # without its samples and requests, which are most of a record
    timeline: Timeline
    base_bytes: float | None  # median while ready and idle
    peak_bytes: float | None  # highest unreclaimable reading of the whole trial; of a killed one, a lower bound
    peak_at_s: float | None
    tail_slope_bytes_per_s: float | None  # over the last third of the time in which every import was still running
    wall_s: float | None  # from the first request until the last import is done; None unless all completed
    games_per_s: float | None  # stored games over wall_s
    load_cpu_s: float | None  # processor time of the target while the users were at work
    failed_requests: int

    @property
    def trial_id(self) -> str:
        """Id of the trial within its run."""
        return self.trial.trial_id

    @property
    def in_flight(self) -> int:
        """Imports that ran at once."""
        return self.trial.in_flight_most()

    @property
    def outcome(self) -> Outcome:
        """What the ending says about the target."""
        return _OUTCOMES.get(self.trial.ending, Outcome.FAILED)


def observe(trial: Trial) -> Observation:
    """Take from a record the figures that its readings give."""
    timeline = _timeline(trial.samples)
    at = int(timeline.total_bytes.argmax()) if timeline.at_s.size else None
    wall_s = _wall_s(trial.imports)
    stored = [row.stored for row in trial.imports if row.stored is not None]
    return Observation(
        trial=trial.model_copy(update={"samples": NO_SAMPLES, "requests": ()}),
        timeline=timeline,
        base_bytes=_base_bytes(trial, timeline),
        peak_bytes=None if at is None else float(timeline.total_bytes[at]),
        peak_at_s=None if at is None else float(timeline.at_s[at]),
        tail_slope_bytes_per_s=_tail_slope_bytes_per_s(trial, timeline),
        wall_s=wall_s,
        games_per_s=sum(stored) / wall_s if wall_s and len(stored) == len(trial.imports) else None,
        load_cpu_s=_load_cpu_s(trial),
        failed_requests=sum(row.error is not None for row in trial.requests),
    )


def without_slots(setting: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a setting that decides how an import works, not how many run."""
    return {name: value for name, value in setting.items() if name not in SLOT_SETTINGS}


def _timeline(samples: Samples) -> Timeline:
    parts = {name: _column(getattr(samples, name)) for name in ("anon_bytes", "shmem_bytes", "kernel_bytes")}
    return Timeline(
        at_s=_column(samples.at_s),
        socket_bytes=_column(samples.socket_bytes),
        total_bytes=_column(samples.unreclaimable_bytes()),
        **parts,
    )


def _column(values: Sequence[float]) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _base_bytes(trial: Trial, timeline: Timeline) -> float | None:
    ready_s, load_s = trial.phases.ready_s, trial.phases.load_started_s
    if ready_s is None:
        return None
    idle = (timeline.at_s >= ready_s) & (timeline.at_s < (trial.phases.stopped_s if load_s is None else load_s))
    return float(np.median(timeline.total_bytes[idle])) if idle.any() else None


def _tail_slope_bytes_per_s(trial: Trial, timeline: Timeline) -> float | None:
    begin_s = trial.phases.load_started_s
    done = [row.done_s for row in trial.imports if row.done_s is not None]
    if begin_s is None or not done:
        return None
    end_s = min(done)
    tail = (timeline.at_s >= end_s - (end_s - begin_s) / 3) & (timeline.at_s <= end_s)
    if tail.sum() < FEWEST_TAIL_READINGS:
        return None
    at_s = timeline.at_s[tail] - timeline.at_s[tail].mean()
    return float((at_s @ timeline.total_bytes[tail]) / (at_s @ at_s))


def _load_cpu_s(trial: Trial) -> float | None:
    """Processor time from the last reading before the load to the last one within it."""
    begin_s, end_s = trial.phases.load_started_s, trial.phases.load_ended_s
    if begin_s is None or end_s is None:
        return None
    readings = list(zip(trial.samples.at_s, trial.samples.cpu_s, strict=True))
    before = [cpu_s for at_s, cpu_s in readings if at_s <= begin_s]
    within = [cpu_s for at_s, cpu_s in readings if begin_s < at_s <= end_s]
    return within[-1] - before[-1] if before and within else None


def _wall_s(imports: Sequence[ImportRow]) -> float | None:
    if not imports or any(row.state != "completed" or row.sent_s is None or row.done_s is None for row in imports):
        return None
    return max(row.done_s or 0.0 for row in imports) - min(row.sent_s or 0.0 for row in imports)
