"""Memory cgroups of version 1: a hierarchy of its own for the memory controller.

Trials' cgroups are made beneath the harness's own memory cgroup, so that a limit around the harness (a container, a
CI job) holds for them too. On v1 a cgroup may hold processes and children at once, and a child's ``total_`` figures
count only itself and its own descendants, so none of the harness's charges enter a trial.
"""

from pathlib import Path
from typing import ClassVar

from loadtests.cgroup import files
from loadtests.cgroup.port import Backend, MemoryCgroup, Reading, Version
from loadtests.errors import LimitUnavailable

_STAT = "memory.stat"
_USED = "memory.usage_in_bytes"
_KERNEL = "memory.kmem.usage_in_bytes"
_SOCKET = "memory.kmem.tcp.usage_in_bytes"
_OOM = "memory.oom_control"
_LIMIT = "memory.limit_in_bytes"
_SWAP_LIMIT = "memory.memsw.limit_in_bytes"


def reading(stat: bytes, used_bytes: int, kernel_bytes: int, socket_bytes: int) -> Reading:
    """Turn the contents of version 1's files into a reading.

    The ``total_`` keys count descendants too. ``total_cache`` includes shared memory, which is why it is taken off.
    """
    figures = files.flat_keyed(stat)
    shmem_bytes = figures[b"total_shmem"]
    return Reading(
        used_bytes=used_bytes,
        anon_bytes=figures[b"total_rss"],
        shmem_bytes=shmem_bytes,
        kernel_bytes=kernel_bytes,
        socket_bytes=socket_bytes,
        cache_bytes=figures[b"total_cache"] - shmem_bytes,
        inactive_file_bytes=figures[b"total_inactive_file"],
        major_faults=figures[b"total_pgmajfault"],
        refaults=files.refaults(figures, b"total_"),
    )


class V1Cgroup(MemoryCgroup):
    """One cgroup of a version 1 memory hierarchy."""

    version: ClassVar[Version] = "v1"
    _kept_open = (_STAT, _USED, _KERNEL, _SOCKET, _OOM)

    def limit_bytes(self) -> int:
        """Read the limit back; the kernel itself takes the lowest up the tree, beyond what is mounted here."""
        return files.flat_keyed(self._content(_STAT))[b"hierarchical_memory_limit"]

    def read(self) -> Reading:
        """Take one reading in one pass over four files."""
        return reading(
            self._content(_STAT),
            used_bytes=int(self._content(_USED)),
            kernel_bytes=int(self._content(_KERNEL)),
            socket_bytes=int(self._content(_SOCKET)),
        )

    def oom_kills(self) -> int:
        """Count kills of this cgroup's own members; version 1 does not add those of descendants."""
        return files.flat_keyed(self._content(_OOM))[b"oom_kill"]

    def kernel_peak_bytes(self) -> int | None:
        """Read the kernel's own peak, page cache included."""
        return int((self.path / "memory.max_usage_in_bytes").read_text())

    def limit_hits(self) -> int:
        """Count how often usage met the limit.

        With swap forbidden both limits are the same and the kernel tries the one of memory plus swap first. Newer
        kernels count no hits of that one (tried on 6.18, killed with both counters at 0), so a 0 tells nothing there.
        """
        counters = [self.path / name for name in ("memory.failcnt", "memory.memsw.failcnt")]
        return sum(int(counter.read_text()) for counter in counters if counter.exists())


class V1Backend(Backend):
    """Makes cgroups beneath the harness's own in a version 1 memory hierarchy."""

    version: ClassVar[Version] = "v1"

    def set_limit(self, folder: Path, limit_bytes: int) -> None:
        """Set ``memory.limit_in_bytes`` and read it back."""
        files.write(folder / _LIMIT, str(limit_bytes))
        found = int((folder / _LIMIT).read_text())
        if found != files.rounded_down(limit_bytes):
            raise LimitUnavailable(limit_bytes, f"{folder / _LIMIT} reads back {found}")

    def forbid_swap(self, folder: Path, limit_bytes: int) -> None:
        """Set memory plus swap to the limit of memory alone; the kernel wants this second."""
        if (folder / _SWAP_LIMIT).exists():
            files.write(folder / _SWAP_LIMIT, str(limit_bytes))
        elif files.has_swap(self.proc):
            raise LimitUnavailable(
                limit_bytes, "swap is on and this kernel does not count it; turn it off or boot with swapaccount=1"
            )

    def open(self, folder: Path) -> V1Cgroup:
        """Open an existing cgroup for reading."""
        return V1Cgroup(folder)
