"""Reads and writes the small text files a cgroup is made of; knows their form, not their meaning."""

import os
from collections.abc import Mapping
from pathlib import Path


def write(file: Path, value: str) -> None:
    """Write *value* to an existing kernel file in one call; never makes a file."""
    descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(descriptor, value.encode())
    except OSError as error:
        error.filename = str(file)
        raise
    finally:
        os.close(descriptor)


def flat_keyed(content: bytes) -> dict[bytes, int]:
    """Parse lines of ``key number``, the form of memory.stat, memory.events and memory.oom_control."""
    words = content.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def refaults(figures: Mapping[bytes, int], prefix: bytes = b"") -> int | None:
    """Add up the pages that came back soon after they were given up; None before Linux 5.9, which splits them not."""
    kinds = (prefix + b"workingset_refault_anon", prefix + b"workingset_refault_file")
    return sum(figures[kind] for kind in kinds) if all(kind in figures for kind in kinds) else None


def stalled_s(pressure: bytes) -> tuple[float, float]:
    """Parse for how long some and all tasks have waited (form: Documentation/accounting/psi.rst, in microseconds)."""
    totals = {line.split()[0]: int(line.rpartition(b"total=")[2]) for line in pressure.splitlines()}
    return totals[b"some"] / 1e6, totals[b"full"] / 1e6


def rounded_down(limit_bytes: int) -> int:
    """Round a limit down to whole pages, as the kernel does."""
    return limit_bytes - limit_bytes % os.sysconf("SC_PAGE_SIZE")


def has_swap(proc: Path) -> bool:
    """Say whether this machine has any swap space."""
    lines = (proc / "meminfo").read_text().splitlines()
    return any(line.startswith("SwapTotal:") and int(line.split()[1]) > 0 for line in lines)
