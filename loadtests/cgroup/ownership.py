"""Which cgroups are ours and whether the harness that made them still runs: both are written in the name.

A name is ``import-capacity-<pid>-<start ticks>-<name>``. The start ticks (field 22 of ``/proc/PID/stat``) tell the
owner from a later process that was given the same number. A harness in another process namespace looks gone from here;
run ``clean`` where the harness runs.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

PREFIX = "import-capacity-"
_OWNED = re.compile(rf"{PREFIX}(?P<pid>[1-9][0-9]*)-(?P<ticks>[0-9]+)-(?P<name>[A-Za-z0-9_.-]+)")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Fields of /proc/PID/stat after the process name, which may itself hold spaces: state is number 3, start ticks 22.
# Source: proc_pid_stat(5).
_START_TICKS_AFTER_NAME = 22 - 3


def owned_name(name: str, pid: int, proc: Path) -> str:
    """Name a cgroup so that it can be told later whether process *pid* still runs.

    Raises:
        ValueError: *name* would not be one plain folder name.
    """
    if not _NAME.fullmatch(name):
        message = f"cgroup name {name!r} is not 1 to 64 letters, digits, dots, dashes or underscores"
        raise ValueError(message)
    return f"{PREFIX}{pid}-{_start_ticks(pid, proc)}-{name}"


def made_by(folder_name: str, pid: int) -> bool:
    """Say whether process *pid* made the cgroup."""
    match = _OWNED.fullmatch(folder_name)
    return match is not None and int(match["pid"]) == pid


def owner_runs(folder_name: str, proc: Path) -> bool:
    """Say whether the process that made the cgroup still runs."""
    match = _OWNED.fullmatch(folder_name)
    return match is not None and _start_ticks(int(match["pid"]), proc) == int(match["ticks"])


def folders(mount: Path) -> Iterator[Path]:
    """Find every cgroup of ours at any depth: an earlier harness may have run inside another cgroup than this one."""
    for folder, names, _ in os.walk(mount):
        names.sort()
        yield from (Path(folder, name) for name in names if _OWNED.fullmatch(name))


def _start_ticks(pid: int, proc: Path) -> int | None:
    """Read when process *pid* started; None when it does not run (a dead one may still wait to be reaped)."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[_START_TICKS_AFTER_NAME])
