"""Reads what each process of a cgroup holds and has moved to and from disks, reading after reading, at little cost.

Knows no limit and no trial. Files of a process are opened once: through them a process that ended is never mistaken for
another that was given its number.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# A choice: several times what any of these files takes, the numbers of some 4 000 processes included.
_FILE_BYTES = 32_768
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# The second word of /proc/PID/statm is the resident set in pages. Source: proc_pid_statm(5).
_RESIDENT = 1


@dataclass(frozen=True, slots=True)
class MembersReading:
    """What the processes of a cgroup come to, once; descendants' cgroups are not looked into."""

    processes: int
    largest_bytes: int  # the resident set of the largest; 0 without any process
    read_bytes: int | None  # from disks, cumulative, ended processes included; None where this user may not know
    written_bytes: int | None


class _Member:
    """One process, through files that stay open."""

    def __init__(self, pid: int) -> None:
        folder = PROC / str(pid)
        self._statm = os.open(folder / "statm", os.O_RDONLY)
        self._io: int | None = None
        self.moved = (0, 0)
        with suppress(PermissionError):
            self._io = os.open(folder / "io", os.O_RDONLY)

    @property
    def tells_io(self) -> bool:
        """Whether what it moves to and from disks may be known."""
        return self._io is not None

    def resident_bytes(self) -> int:
        """Read the resident set; 0 once it ended."""
        return int(os.pread(self._statm, _FILE_BYTES, 0).split()[_RESIDENT]) * _PAGE_BYTES

    def update(self) -> None:
        """Read what it has moved to and from disks so far."""
        if self._io is None:
            return
        try:
            words = os.pread(self._io, _FILE_BYTES, 0).split()
        except PermissionError:  # the kernel checks at every read, and a program may close itself to others
            os.close(self._io)
            self._io = None
        else:
            figures = dict(zip(words[::2], words[1::2], strict=True))
            self.moved = (int(figures[b"read_bytes:"]), int(figures[b"write_bytes:"]))

    def close(self) -> None:
        """Close its files."""
        os.close(self._statm)
        if self._io is not None:
            os.close(self._io)


class Members:
    """The processes of the cgroup that *entry_file* lists."""

    def __init__(self, entry_file: Path) -> None:
        self._list = os.open(entry_file, os.O_RDONLY)
        self._members: dict[int, _Member] = {}
        self._ended = [0, 0]  # what processes that are gone had moved
        self._tells_io = True

    def read(self) -> MembersReading:
        """Take one reading. A process that comes and goes between two is never seen."""
        pids = {int(pid) for pid in os.pread(self._list, _FILE_BYTES, 0).split()}
        for pid in self._members.keys() - pids:
            self._drop(pid)
        sizes = [size for pid in pids if (size := self._size(pid)) is not None]
        moved = [member.moved for member in self._members.values()]
        return MembersReading(
            processes=len(sizes),
            largest_bytes=max(sizes, default=0),
            read_bytes=self._ended[0] + sum(read for read, _ in moved) if self._tells_io else None,
            written_bytes=self._ended[1] + sum(written for _, written in moved) if self._tells_io else None,
        )

    def close(self) -> None:
        """Close every file."""
        for pid in tuple(self._members):
            self._drop(pid)
        os.close(self._list)

    def _size(self, pid: int) -> int | None:
        """Read one process; None when it has just ended."""
        try:
            if pid not in self._members:
                self._members[pid] = _Member(pid)
            self._members[pid].update()
            self._tells_io &= self._members[pid].tells_io
            return self._members[pid].resident_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return None

    def _drop(self, pid: int) -> None:
        member = self._members.pop(pid)
        self._ended = [total + more for total, more in zip(self._ended, member.moved, strict=True)]
        member.close()
