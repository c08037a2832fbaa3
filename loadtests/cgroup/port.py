"""The port every memory cgroup stands behind: what can be asked of one, and how one is made and taken away.

It knows no file of either cgroup version; those are in ``v1`` and ``v2``.
"""

import errno
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, Self

from loadtests.cgroup import ownership
from loadtests.errors import LeftBehind, LimitUnavailable

Version = Literal["v1", "v2"]

# A choice: killed processes are normally gone in a few ms; a process in uninterruptible I/O may need seconds. When it
# is too short a slow disk looks like a process that cannot be killed.
_GONE_WITHIN_S = 10.0
# A choice: the first pauses are short because most removals succeed at once; doubling keeps a slow one from spinning.
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.1
# A choice: several times the 2 KiB that memory.stat takes on current kernels, so one call reads a file whole.
_FILE_BYTES = 32_768


class BackendMissing(LimitUnavailable):
    """Nothing on this host can limit memory, whatever the limit."""

    def __init__(self, found: str) -> None:
        self.found = found
        super(LimitUnavailable, self).__init__(
            f"cannot limit memory on this host: {found}. Run `make doctor` to see which step failed and how to mend it."
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a memory cgroup, descendants included.

    ``used_bytes`` and the kernel's parts come from other files than the rest and the kernel brings those up to date
    lazily, so no field may be subtracted from one that stems from another file.
    """

    used_bytes: int  # charged to the cgroup, page cache included
    anon_bytes: int
    shmem_bytes: int  # shared mappings and tmpfs: cannot be reclaimed without swap
    kernel_bytes: int  # that cannot be reclaimed; on v1 all kernel memory, so slightly high
    socket_bytes: int  # TCP buffers
    cache_bytes: int  # page cache without shared memory
    inactive_file_bytes: int
    major_faults: int  # cumulative
    refaults: int | None = None  # cumulative; None where the kernel does not count them
    stalled_some_s: float | None = None  # cumulative waiting for memory (PSI); None where that is off or not kept
    stalled_full_s: float | None = None

    def unreclaimable_bytes(self) -> int:
        """Memory that cannot be freed when the limit is reached."""
        return self.anon_bytes + self.shmem_bytes + self.kernel_bytes + self.socket_bytes


class MemoryCgroup(ABC):
    """One memory cgroup on a real kernel, or a folder of plain files laid out like one."""

    version: ClassVar[Version]
    # Kept open, so that a reading costs a few system calls and no path look-ups.
    _kept_open: ClassVar[tuple[str, ...]]

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.entry_file = path / "cgroup.procs"
        self._files: dict[str, int] = {}
        try:
            for name in self._kept_open:
                self._files[name] = os.open(path / name, os.O_RDONLY)
        except OSError:
            self.close()
            raise

    @abstractmethod
    def limit_bytes(self) -> int:
        """Read the limit back from the kernel: the lowest of this cgroup and all cgroups around it."""

    @abstractmethod
    def read(self) -> Reading:
        """Take one reading, as fast as possible and in one pass."""

    @abstractmethod
    def oom_kills(self) -> int:
        """Count the processes of this cgroup that the kernel killed for want of memory."""

    @abstractmethod
    def kernel_peak_bytes(self) -> int | None:
        """Read the kernel's own peak, page cache included: saturates at the limit, so never the headline."""

    @abstractmethod
    def limit_hits(self) -> int:
        """Count how often usage met the limit; also rises in ordinary cache reclaim."""

    def pids(self) -> tuple[int, ...]:
        """List the member processes that still run; 0 stands for one of another process namespace."""
        return tuple(int(pid) for pid in self.entry_file.read_text().split())

    def kill(self) -> None:
        """Kill every member, again and again until none is left: a dying process may still be forking.

        Raises:
            LeftBehind: a member outlived it all.
        """
        for _ in _pauses(_GONE_WITHIN_S):
            members = self.pids()
            if not members:
                return
            self._kill_once(members)
        raise LeftBehind(
            f"processes {self.pids()} of {self.path} outlived SIGKILL for {_GONE_WITHIN_S:g} s; "
            "look at their state in /proc/PID/status, then run `python -m loadtests clean`."
        )

    def remove(self) -> None:
        """Kill every member and remove the cgroup; does nothing when it is gone already.

        The kernel answers EBUSY until every member was reaped, hence the retries. Children of the harness must be
        reaped by whoever started them.

        Raises:
            LeftBehind: it could not be removed.
        """
        self.close()
        if not self.path.exists():
            return
        self.kill()
        for _ in _pauses(_GONE_WITHIN_S):
            try:
                self.path.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise LeftBehind(
                        f"{self.path} could not be removed: {error.strerror}; remove it by hand."
                    ) from error
                self.kill()
            else:
                return
        raise LeftBehind(
            f"{self.path} stayed busy for {_GONE_WITHIN_S:g} s: a member was not reaped or it holds cgroups of its "
            "own. End the program that started the member, then run `python -m loadtests clean`."
        )

    def close(self) -> None:
        """Close the files kept open for reading; readings are impossible afterwards."""
        while self._files:
            os.close(self._files.popitem()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _kill_once(self, members: tuple[int, ...]) -> None:
        for pid in members:
            # 0 would address the harness's own process group.
            if pid > 0:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _content(self, name: str) -> bytes:
        return os.pread(self._files[name], _FILE_BYTES, 0)


class Backend(ABC):
    """Makes, finds and cleans up memory cgroups in one folder of one hierarchy."""

    version: ClassVar[Version]

    def __init__(self, parent: Path, mount: Path, proc: Path) -> None:
        self.parent = parent
        self.mount = mount
        self.proc = proc

    @abstractmethod
    def set_limit(self, folder: Path, limit_bytes: int) -> None:
        """Set the limit of a fresh cgroup.

        Raises:
            LimitUnavailable: the kernel refused it or reads back another one.
        """

    @abstractmethod
    def forbid_swap(self, folder: Path, limit_bytes: int) -> None:
        """Forbid swap in a fresh cgroup whose limit is set.

        Raises:
            LimitUnavailable: the kernel refused, or this host swaps and offers no way to forbid it.
        """

    @abstractmethod
    def open(self, folder: Path) -> MemoryCgroup:
        """Open an existing cgroup of this hierarchy for reading."""

    def create(self, name: str, limit_bytes: int) -> MemoryCgroup:
        """Make a cgroup with its limit set and swap forbidden before anything can enter.

        Raises:
            LimitUnavailable: the cgroup or its limit could not be made; nothing stays behind.
        """
        folder = self.make(name, limit_bytes)
        try:
            self.set_limit(folder, limit_bytes)
            self.forbid_swap(folder, limit_bytes)
            return self.open(folder)
        except BaseException as error:
            folder.rmdir()
            if isinstance(error, OSError):
                raise LimitUnavailable(limit_bytes, f"{error.filename}: {error.strerror}") from error
            raise

    def make(self, name: str, limit_bytes: int) -> Path:
        """Make an empty cgroup without a limit, marked as owned by this process.

        Raises:
            LimitUnavailable: the folder could not be made.
        """
        folder = self.parent / ownership.owned_name(name, os.getpid(), self.proc)
        try:
            folder.mkdir()
        except OSError as error:
            raise LimitUnavailable(limit_bytes, f"{folder} could not be made: {error.strerror}") from error
        return folder

    def leftovers(self) -> tuple[str, ...]:
        """Name the cgroups of ours whose harness is gone, anywhere in the hierarchy."""
        return tuple(folder.name for folder in self._orphans())

    def in_use(self) -> tuple[str, ...]:
        """Name the cgroups of ours whose harness still runs; they are left alone."""
        return tuple(folder.name for folder in ownership.folders(self.mount) if self._is_owned(folder))

    def clean(self, which: Callable[[Path], bool] = lambda _: True) -> tuple[str, ...]:
        """Kill and remove what ``leftovers`` names, or *which* of it; say what was removed.

        Raises:
            LeftBehind: one of them could not be removed.
        """
        removed = []
        for folder in filter(which, self._orphans()):
            with suppress(FileNotFoundError):  # another clean-up was faster
                self.open(folder).remove()
                removed.append(folder.name)
        return tuple(removed)

    def _orphans(self) -> tuple[Path, ...]:
        return tuple(folder for folder in ownership.folders(self.mount) if not self._is_owned(folder))

    def _is_owned(self, folder: Path) -> bool:
        return ownership.owner_runs(folder.name, self.proc)


def _pauses(within_s: float) -> Iterator[None]:
    """Yield at once and then after ever longer pauses, until *within_s* has passed."""
    deadline = time.monotonic() + within_s
    pause_s = _FIRST_PAUSE_S
    yield
    while time.monotonic() < deadline:
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        yield
