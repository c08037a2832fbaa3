"""Adds allocations up by the line that made them; knows nothing of how they were recorded. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

# Folders in whose files the program's own lines do not lie: the standard library's and installed packages'.
LOADING = "<frozen importlib"
FOREIGN = ("/site-packages/", "/dist-packages/", "/lib/python", "<frozen ")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a program."""

    function: str
    file: str
    number: int

    def words(self) -> str:
        """Name the line for people."""
        return f"{self.function} ({self.file}:{self.number})"


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one stack of calls held at the peak."""

    size_bytes: int
    count: int
    stack: tuple[Line, ...]  # innermost first; empty where no Python line was running


@dataclass(frozen=True, slots=True)
class Site:
    """One line that allocates, with everything it held at the peak."""

    line: Line
    called_by: Line | None  # the program's own line that led there most, when it is another
    size_bytes: int
    count: int
    share_ratio: float  # of everything held at the peak


OUTSIDE = Line("(outside Python)", "-", 0)


def largest(allocations: Iterable[Allocation], most: int) -> tuple[Site, ...]:
    """Return the lines that held most, the largest first; lines that held nothing are left out."""
    sizes: dict[Line, int] = {}
    counts: dict[Line, int] = {}
    callers: dict[Line, dict[Line | None, int]] = {}
    for held in allocations:
        line = held.stack[0] if held.stack else OUTSIDE
        sizes[line] = sizes.get(line, 0) + held.size_bytes
        counts[line] = counts.get(line, 0) + held.count
        led = callers.setdefault(line, {})
        own = _own(held.stack)
        led[own] = led.get(own, 0) + held.size_bytes
    total_bytes = sum(sizes.values())
    return tuple(
        Site(line, _other(line, callers[line]), sizes[line], counts[line], sizes[line] / total_bytes)
        for line in sorted(sizes, key=lambda line: (-sizes[line], line.file, line.number))[:most]
        if sizes[line]
    )


def while_loading(held: Allocation) -> bool:
    """Say whether it was made while a module was loaded: code, classes and tables, there whatever the load."""
    return any(line.file.startswith(LOADING) for line in held.stack)


def _own(stack: tuple[Line, ...]) -> Line | None:
    """Find the innermost line of the program itself."""
    return next((line for line in stack if not _foreign(line.file)), None)


@cache
def _foreign(file: str) -> bool:
    return any(folder in file for folder in FOREIGN)


def _other(line: Line, led: dict[Line | None, int]) -> Line | None:
    found = max(led, key=lambda own: led[own])
    return None if found == line else found
