"""Reads the memory of a process tree or of a cgroup that others made; opens nothing for writing.

That what is watched is gone is a reading like any other; that it never was there is an error.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from loadtests.cgroup import MemoryCgroup, mounts
from loadtests.cgroup.v1 import V1Cgroup
from loadtests.cgroup.v2 import V2Cgroup
from loadtests.environment import machine_oom_kills
from loadtests.errors import UsageError
from loadtests.process import PROC, vm_hwm_bytes
from loadtests.watch.looks import MemorySeen

CGROUPS = Path("/sys/fs/cgroup")
# Fields of /proc/PID/stat after the process name: state is number 3, the parent 4, start ticks 22.
# Source: proc_pid_stat(5).
_STATE, _PARENT, _START_TICKS = 0, 4 - 3, 22 - 3
_GONE = (FileNotFoundError, ProcessLookupError)


class Gauge(Protocol):
    """Something that has memory."""

    words: str  # what it is, for people
    counts_kills: bool

    def look(self) -> MemorySeen:
        """Take one reading."""

    def close(self) -> None:
        """Close what was kept open."""


class CgroupGauge:
    """A cgroup and all beneath it."""

    def __init__(self, path: Path) -> None:
        self.words = f"cgroup {path}{', this watch included' if os.getpid() in members_of(path) else ''}"
        self.counts_kills = True
        self._path = path
        self._cgroup = opened(path)

    def look(self) -> MemorySeen:
        """Take one reading."""
        members = members_of(self._path)
        try:
            read = self._cgroup.read()
            kills, peak_bytes = self._cgroup.oom_kills(), self._cgroup.kernel_peak_bytes()
        except OSError:  # ENODEV from a file kept open, ENOENT from one opened anew: the cgroup was removed
            return MemorySeen(
                gauge="unreclaimable", bytes=None, machine_oom_kills=_machine_oom_kills(), processes=0, alive=False
            )
        sizes = [size for pid in members if (size := _resident(pid)) is not None]
        return MemorySeen(
            gauge="unreclaimable",
            bytes=read.unreclaimable_bytes(),
            kernel_peak_bytes=peak_bytes,
            processes=len(members),
            largest_bytes=max(sizes, default=None),
            oom_kills=kills,
            machine_oom_kills=_machine_oom_kills(),
            alive=bool(members),
        )

    def close(self) -> None:
        """Close the cgroup's files."""
        self._cgroup.close()


class ProcessGauge:
    """A process and all that descend from it; kills are counted in the cgroup it is in, where that can be read."""

    def __init__(self, pid: int) -> None:
        found = _stat(pid)
        if found is None:
            raise UsageError(f"--pid {pid}: no such process runs here. Name one that does, as `pgrep -f` lists them.")
        self.words = f"process {pid} and its descendants"
        self._pid = pid
        self._start_ticks = found.start_ticks
        self._cgroup = _own_cgroup(pid)
        self.counts_kills = self._cgroup is not None or _machine_oom_kills() is not None
        if _resident(pid) is None:
            self.close()
            raise UsageError(f"--pid {pid} has no memory that may be read. Watch it as its own user, or by --cgroup.")

    def look(self) -> MemorySeen:
        """Take one reading."""
        sizes = list(self._sizes())
        proportional = all(size.proportional_bytes is not None for size in sizes)
        figures = [size.proportional_bytes or 0 if proportional else size.resident_bytes for size in sizes]
        found = _stat(self._pid)
        alive = found is not None and found.start_ticks == self._start_ticks
        return MemorySeen(
            gauge="proportional" if proportional else "resident",
            bytes=sum(figures) if alive else None,
            kernel_peak_bytes=vm_hwm_bytes(self._pid) if alive and len(figures) == 1 else None,
            processes=len(figures),
            largest_bytes=max(figures, default=None),
            oom_kills=self._kills(),
            machine_oom_kills=_machine_oom_kills(),
            alive=alive,
        )

    def close(self) -> None:
        """Close the cgroup's files."""
        if self._cgroup is not None:
            self._cgroup.close()

    def _sizes(self) -> Iterator["_Size"]:
        for pid in _tree(self._pid, self._start_ticks):
            resident_bytes = _resident(pid)
            if resident_bytes is not None:
                yield _Size(resident_bytes, _proportional(pid))

    def _kills(self) -> int | None:
        if self._cgroup is not None:
            with suppress(OSError):  # it was removed once its last member was gone
                return self._cgroup.oom_kills()
        return None


class _Size(NamedTuple):
    """What one process holds."""

    resident_bytes: int
    proportional_bytes: int | None  # None where this user may not know


@dataclass(frozen=True, slots=True)
class _Stat:
    """Who a process is."""

    parent: int
    start_ticks: int


def opened(path: Path) -> MemoryCgroup:
    """Open an existing cgroup of either version for reading.

    Raises:
        UsageError: it is none that counts memory, or may not be read.
    """
    kind = V1Cgroup if (path / "memory.usage_in_bytes").exists() else V2Cgroup
    try:
        return kind(path)
    except OSError as error:
        raise UsageError(
            f"{error.filename} cannot be read: {error.strerror}. Name the folder of a cgroup that counts memory, as "
            "`cat /proc/PID/cgroup` shows it, beneath /sys/fs/cgroup/memory (version 1) or /sys/fs/cgroup (version 2); "
            "the topmost one of version 2 counts none."
        ) from error


def members_of(path: Path) -> tuple[int, ...]:
    """List the processes in a cgroup and in all beneath it; none once it is gone."""
    found: list[int] = []
    for folder, _, _ in os.walk(path):
        with suppress(OSError):
            found += map(int, (Path(folder) / "cgroup.procs").read_text().split())
    return tuple(found)


def _own_cgroup(pid: int) -> MemoryCgroup | None:
    """Open the cgroup that the process is in; None where there is none to read."""
    with suppress(OSError, UsageError):
        hierarchy = mounts.find(CGROUPS, PROC, str(pid))
        return None if hierarchy is None else opened(hierarchy.own)
    return None


def _tree(root: int, start_ticks: int) -> set[int]:
    """Find a process and all that descend from it; nothing once it is gone, as its orphans are nobody's then."""
    stats = {int(folder.name): found for folder in PROC.glob("[0-9]*") if (found := _stat(int(folder.name)))}
    if root not in stats or stats[root].start_ticks != start_ticks:
        return set()
    tree, fresh = {root}, {root}
    while fresh:
        fresh = {pid for pid, found in stats.items() if found.parent in fresh}
        tree |= fresh
    return tree


def _stat(pid: int) -> _Stat | None:
    """Read who a process is; None when it does not run (a dead one may still wait to be reaped)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except _GONE:
        return None
    return None if fields[_STATE] in "ZX" else _Stat(int(fields[_PARENT]), int(fields[_START_TICKS]))


def _resident(pid: int) -> int | None:
    """Read a resident set, which any user may know; None when the process is gone or has no memory."""
    return _kib_line(PROC / str(pid) / "status", "VmRSS:")


def _proportional(pid: int) -> int | None:
    """Read a proportional set, which its own user and root may know."""
    with suppress(PermissionError):
        return _kib_line(PROC / str(pid) / "smaps_rollup", "Pss:")
    return None


def _kib_line(file: Path, key: str) -> int | None:
    with suppress(*_GONE):
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    return None


def _machine_oom_kills() -> int | None:
    with suppress(OSError):
        return machine_oom_kills()
    return None
