"""Clears up after a harness that is killed outright, which can no longer do so itself; does nothing while it lives.

A shell waits at a pipe whose other end only the harness holds. However the harness dies, the kernel closes that end;
the shell then kills what it was told of and becomes ``loadtests clean``, which ends every process in the control groups
of the dead harness, their children included, and removes groups and work folders. A parent-death signal would be less:
it reaches the child alone and none of its children, and leaves groups and folders behind.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from loadtests.settings import REPOSITORY

# `exec` keeps one process; the shell itself needs a megabyte and no processor time.
_WAIT = """
groups=
while read -r word; do
  [ "$word" = done ] && exit 0
  groups="$groups -$word"
done
[ -z "$groups" ] || kill -KILL $groups
exec "$@"
"""
# A choice: the kernel closes a dying process's files some milliseconds before it counts as dead.
_DEAD_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.01
_FAREWELL = b"done\n"


class Guard:
    """The waiting shell, as the harness sees it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def watch(self, process_group: int) -> None:
        """Have a process group killed when the harness dies: one outside every control group of ours."""
        self._say(f"{process_group}\n".encode())

    def dismiss(self) -> None:
        """Send the shell away: the harness has cleared up itself."""
        self._say(_FAREWELL)

    def _say(self, line: bytes) -> None:
        with suppress(BrokenPipeError):  # somebody killed the guard: there is less safety, and no reason to stop
            self._pipe.write(line)


@contextmanager
def guarded(out: Path, pid: int) -> Iterator[Guard]:
    """Guard the harness *pid*, whose run lies in *out*, until the block ends."""
    clean = [sys.executable, "-m", "loadtests", "clean", "--after", str(pid), "--folder", str(out)]
    with subprocess.Popen(
        ["/bin/sh", "-c", _WAIT, "sh", *clean],
        cwd=REPOSITORY,
        bufsize=0,  # what a dead shell did not take must not be kept, and fail again when the pipe is closed
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what ends the harness's session or group must not end its guard
    ) as shell:
        if shell.stdin is None:
            raise ValueError("the guard was started without an input")
        guard = Guard(shell.stdin)
        try:
            yield guard
        finally:
            guard.dismiss()


def runs(pid: int) -> bool:
    """Say whether a process still runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def await_end(pid: int) -> bool:
    """Wait until a process that is about to die is dead; False when it was not in time."""
    deadline_s = time.monotonic() + _DEAD_WITHIN_S
    while runs(pid):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


def stale_folders(folder: Path) -> tuple[Path, ...]:
    """List the work folders in a run's *folder* whose harness is gone."""
    return tuple(work for work in sorted(folder.glob("work-*")) if not runs(int(work.name.partition("-")[2])))
