"""Memory cgroups of version 2: one unified hierarchy for all controllers.

A version 2 cgroup may not hold processes and hand controllers to children at once, so trials' cgroups are made in the
nearest cgroup at or above the harness's own that may: beside the harness, never around it. A cgroup that carries a
limit of its own is never climbed out of: a limit around the harness holds for the trials, or they do not run.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from loadtests.cgroup import files
from loadtests.cgroup.port import Backend, BackendMissing, MemoryCgroup, Reading, Version
from loadtests.errors import LimitUnavailable

_STAT = "memory.stat"
_USED = "memory.current"
_EVENTS = "memory.events"
_LIMIT = "memory.max"
_SWAP_LIMIT = "memory.swap.max"
_PRESSURE = "memory.pressure"
_CHILDREN = "cgroup.subtree_control"
# Parts of kernel memory that cannot be reclaimed, for kernels before 5.18, which lack the sum `kernel`; a key that a
# kernel does not have yet is memory it does not account. Source: Documentation/admin-guide/cgroup-v2.rst.
_UNRECLAIMABLE_PARTS = (b"kernel_stack", b"pagetables", b"sec_pagetables", b"percpu", b"slab_unreclaimable")


def reading(stat: bytes, used_bytes: int, pressure: bytes | None = None) -> Reading:
    """Turn the contents of version 2's files into a reading; ``file`` includes shared memory, so that is taken off."""
    figures = files.flat_keyed(stat)
    shmem_bytes = figures[b"shmem"]
    some_s, full_s = (None, None) if pressure is None else files.stalled_s(pressure)
    return Reading(
        used_bytes=used_bytes,
        anon_bytes=figures[b"anon"],
        shmem_bytes=shmem_bytes,
        kernel_bytes=_unreclaimable_kernel_bytes(figures),
        socket_bytes=figures[b"sock"],
        cache_bytes=figures[b"file"] - shmem_bytes,
        inactive_file_bytes=figures[b"inactive_file"],
        major_faults=figures[b"pgmajfault"],
        refaults=files.refaults(figures),
        stalled_some_s=some_s,
        stalled_full_s=full_s,
    )


def parent_for_trials(own: Path, mount: Path) -> Path:
    """Find the nearest cgroup at or above *own* whose children can be limited, switching that on where need be.

    Raises:
        BackendMissing: there is none, or only beyond a cgroup that limits this harness.
    """
    folder = own
    refusals = []
    while True:
        refusal = _refusal(folder)
        if refusal is None:
            return folder
        refusals.append(refusal)
        if folder == mount or _has_limit(folder):
            raise BackendMissing("; ".join(refusals))
        folder = folder.parent


class V2Cgroup(MemoryCgroup):
    """One cgroup of the version 2 hierarchy."""

    version: ClassVar[Version] = "v2"
    _kept_open = (_STAT, _USED, _EVENTS)

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        # A kernel without PSI has no such file, one booted with psi=0 refuses to read it.
        with suppress(OSError):
            if (path / _PRESSURE).read_bytes():
                self._files[_PRESSURE] = os.open(path / _PRESSURE, os.O_RDONLY)

    def limit_bytes(self) -> int:
        """Read the limits back, from this cgroup up to the highest one visible, and take the lowest."""
        limits = []
        folder = self.path
        while (folder / _LIMIT).exists():
            content = (folder / _LIMIT).read_text().strip()
            if content != "max":
                limits.append(int(content))
            folder = folder.parent
        return min(limits)

    def read(self) -> Reading:
        """Take one reading in one pass over two or three files."""
        pressure = self._content(_PRESSURE) if _PRESSURE in self._files else None
        return reading(self._content(_STAT), used_bytes=int(self._content(_USED)), pressure=pressure)

    def oom_kills(self) -> int:
        """Count kills in this cgroup and its descendants."""
        return files.flat_keyed(self._content(_EVENTS))[b"oom_kill"]

    def kernel_peak_bytes(self) -> int | None:
        """Read the kernel's own peak, page cache included; None before Linux 5.19, which cannot tell."""
        peak = self.path / "memory.peak"
        return int(peak.read_text()) if peak.exists() else None

    def limit_hits(self) -> int:
        """Count how often usage met the limit."""
        return files.flat_keyed(self._content(_EVENTS))[b"max"]

    def _kill_once(self, members: tuple[int, ...]) -> None:
        # Linux 5.14 kills a whole cgroup in one step, forks under way included.
        if (self.path / "cgroup.kill").exists():
            files.write(self.path / "cgroup.kill", "1")
        else:
            super()._kill_once(members)


class V2Backend(Backend):
    """Makes cgroups beside the harness's own in the version 2 hierarchy."""

    version: ClassVar[Version] = "v2"

    def set_limit(self, folder: Path, limit_bytes: int) -> None:
        """Set ``memory.max`` and read it back."""
        files.write(folder / _LIMIT, str(limit_bytes))
        found = (folder / _LIMIT).read_text().strip()
        if found != str(files.rounded_down(limit_bytes)):
            raise LimitUnavailable(limit_bytes, f"{folder / _LIMIT} reads back {found}")

    def forbid_swap(self, folder: Path, limit_bytes: int) -> None:
        """Set ``memory.swap.max`` to 0."""
        if (folder / _SWAP_LIMIT).exists():
            files.write(folder / _SWAP_LIMIT, "0")
        elif files.has_swap(self.proc):
            raise LimitUnavailable(
                limit_bytes, "swap is on and this kernel does not count it; turn it off or boot with swapaccount=1"
            )

    def open(self, folder: Path) -> V2Cgroup:
        """Open an existing cgroup for reading."""
        return V2Cgroup(folder)


def _unreclaimable_kernel_bytes(figures: dict[bytes, int]) -> int:
    if b"kernel" in figures:
        return figures[b"kernel"] - figures[b"slab_reclaimable"]
    return sum(figures.get(part, 0) for part in _UNRECLAIMABLE_PARTS)


def _refusal(folder: Path) -> str | None:
    """Say why the children of *folder* cannot be limited; None when they can."""
    if not os.access(folder, os.W_OK):
        return f"{folder} may not be written; run as root, or under systemd-run --user --scope -p Delegate=yes"
    if "memory" in (folder / _CHILDREN).read_text().split():
        return None
    try:
        files.write(folder / _CHILDREN, "+memory")
    except OSError as error:
        if error.errno == errno.EBUSY:
            return (
                f"{folder} holds processes, so its children cannot be limited; move them aside: mkdir {folder}/shell "
                f"&& xargs -n1 < {folder}/cgroup.procs > {folder}/shell/cgroup.procs"
            )
        return f"{folder / _CHILDREN} refused +memory: {error.strerror}"
    return None


def _has_limit(folder: Path) -> bool:
    with suppress(FileNotFoundError):  # the root cgroup has no limit file
        return (folder / _LIMIT).read_text().strip() != "max"
    return False
