"""What a benchmark found: readings, their median, and how they stand to a goal; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict

Side = Literal["at least", "at most"]


class Figure(BaseModel):
    """One quantity and every reading of it in one run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    unit: str
    readings: tuple[float, ...]  # none when this host cannot measure it
    goal: float | None = None
    side: Side = "at most"  # on which the goal is met
    note: str = ""

    def median(self) -> float | None:
        """Return the middle reading; None when nothing was measured."""
        return median(self.readings) if self.readings else None

    def ratio(self) -> float | None:
        """Return the median over the goal; None without either."""
        found = self.median()
        return None if found is None or self.goal is None else found / self.goal

    def is_met(self) -> bool | None:
        """Say whether the goal is met; None when there is nothing to compare."""
        ratio = self.ratio()
        return None if ratio is None else ratio >= 1 if self.side == "at least" else ratio <= 1


class Machine(BaseModel):
    """Where and when a run took place; the figures mean nothing elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu_model: str
    cpu_count: int
    memory_bytes: int
    kernel: str
    python: str
    revision: str
    date: str  # UTC, year to day
    load_before: float  # mean number of runnable processes over the minute before the run
    load_after: float  # the same over its last minute, the benchmark's own processes included


class Run(BaseModel):
    """One run of the benchmarks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    machine: Machine
    repeats: int
    elapsed_s: float
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a quantity is meant to be."""

    value: float
    side: Side


# Goals of the fake: choices of this project, about half of what a prototype on the same libraries reached, so that an
# importer under load never waits for the fake.
# Goals of the importer: a prototype's figures with some room.
GOALS: Mapping[str, Goal] = {
    "stream": Goal(200_000, "at least"),
    "streams": Goal(150, "at most"),
    "start": Goal(1.5, "at most"),
    # Two runs of the same differ by some per cent.
    "accounts": Goal(1.05, "at most"),
    "importer": Goal(750, "at least"),
    "fast": Goal(1_400, "at least"),
    "idle": Goal(64, "at most"),
    "recommended 3": Goal(5, "at most"),
    "recommended each": Goal(0.5, "at most"),
    "lean each": Goal(0.2, "at most"),
    # What a person, or a balancer, takes for prompt; and half of that for whoever holds the loop.
    "health": Goal(100, "at most"),
    "held": Goal(50, "at most"),
    "large account": Goal(1.05, "at most"),
    # Every game of a crowd, and the limits that they must fit into.
    "crowd 100": Goal(50_000, "at least"),
    "crowd 100 MiB": Goal(128, "at most"),
    "crowd 1000": Goal(50_000, "at least"),
    "crowd 1000 MiB": Goal(256, "at most"),
}


def figure(goal: str | None, name: str, unit: str, readings: tuple[float, ...], note: str = "") -> Figure:
    """Make a figure with its goal."""
    wanted = None if goal is None else GOALS.get(goal)
    if wanted is None:
        return Figure(name=name, unit=unit, readings=readings, note=note)
    return Figure(name=name, unit=unit, readings=readings, goal=wanted.value, side=wanted.side, note=note)
