"""Takes memory page by page, and adds up what a process is charged for; holds no server.

Nothing here trusts a control group: the sums come from what was mapped and from the process's own account, so that
they can be compared with what the harness reads from the control group.
"""

import mmap
from contextlib import suppress
from pathlib import Path

from loadtests.standards.weights import PAGE_BYTES, PROCESS_KERNEL_BYTES, fitting_bytes

Area = mmap.mmap


class BaseTooSmall(ValueError):
    """The server itself takes more than the base it was asked to have."""

    def __init__(self, base_bytes: int, own_bytes: int) -> None:
        super().__init__(
            f"a base of {base_bytes} bytes is below the {own_bytes} that the interpreter takes. Ask for a larger base."
        )


def take(size_bytes: int, *, shared: bool = False) -> Area:
    """Map memory and touch every page of it; the kernel charges it in single pages, never in huge ones."""
    kind = mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE
    area = mmap.mmap(-1, size_bytes, flags=kind | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel built without huge pages refuses the advice that it has no need of
        area.madvise(mmap.MADV_NOHUGEPAGE)
    touch(area, 0, size_bytes)
    return area


def touch(area: Area, begin_bytes: int, end_bytes: int) -> None:
    """Write to every page from *begin_bytes*, the beginning of a page, up to *end_bytes*."""
    for at in range(begin_bytes, end_bytes, PAGE_BYTES):
        area[at] = 1


def own_bytes(proc: Path = Path("/proc/self")) -> int:
    """Add up what this process is charged for: anonymous memory, page tables, and its share of the kernel."""
    return _field(proc / "smaps_rollup", "Anonymous") + _field(proc / "status", "VmPTE") + PROCESS_KERNEL_BYTES


def fill_up(base_bytes: int) -> Area | None:
    """Take what is missing to a base of *base_bytes*, page tables included; None when nothing is.

    Raises:
        BaseTooSmall: the process has more already.
    """
    missing_bytes = base_bytes - own_bytes()
    if missing_bytes < 0:
        raise BaseTooSmall(base_bytes, own_bytes())
    size_bytes = fitting_bytes(missing_bytes)
    return take(size_bytes) if size_bytes else None


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"{file} has no line {name}: this needs Linux 4.14 or later")
