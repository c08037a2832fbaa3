"""Walks through everything a memory limit needs, step by step, and really does the last ones: limit, kill, removal.

It mends nothing; each failing step says how to mend it. The walk ends at the first failing step.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from loadtests.cgroup import mounts
from loadtests.cgroup.detection import PROC, ROOT, detect
from loadtests.cgroup.port import Backend, BackendMissing, MemoryCgroup
from loadtests.errors import LimitUnavailable, LoadTestError

# Choices: a Python interpreter alone needs about 8 MiB, so 32 MiB holds it with room, and three times the limit is
# killed on any machine.
_LIMIT_BYTES = 32 * 2**20
_HUNGER_BYTES = 3 * _LIMIT_BYTES
# A choice: the kill takes about 50 ms here; a loaded machine may need a hundred times that.
_KILLED_WITHIN_S = 10.0

_REMEDY_MOUNTS = "mount them (mount -t cgroup2 none /sys/fs/cgroup), or start the container with --privileged"
_REMEDY_PLACE = (
    "boot with cgroup_enable=memory if no controller was found; otherwise run as root, or under "
    "systemd-run --user --scope -p Delegate=yes, or start the container with --privileged"
)
_REMEDY_CREATE = "run as root; in a container mount /sys/fs/cgroup writable (--privileged)"
_REMEDY_LIMIT = "free the cgroup around this program of its own lower limit, or run outside it"
_REMEDY_SWAP = "run swapoff -a, or boot with swapaccount=1"
_REMEDY_KILL = "look at the last lines of dmesg; a daemon such as earlyoom or systemd-oomd may have been faster"
_REMEDY_REMOVE = "run `python -m loadtests clean`, then look at who still runs in that cgroup"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk."""

    name: str
    ok: bool
    found: str
    remedy: str  # empty when there is nothing to mend


class _StoppedError(Exception):
    """A step failed; the steps so far say why."""


def diagnose(root: Path = ROOT, proc: Path = PROC) -> tuple[Step, ...]:
    """Walk all steps up to the first that fails; leaves nothing behind."""
    steps: list[Step] = []
    with suppress(_StoppedError):
        _walk(_place(steps, root, proc), steps)
    return tuple(steps)


def _place(steps: list[Step], root: Path, proc: Path) -> Backend:
    with _step(steps, "cgroup hierarchies", _REMEDY_MOUNTS) as found:
        mounted = [
            f"{mount.version} at {mount.point}" for mount in mounts.mounts((proc / "self/mountinfo").read_text())
        ]
        if not mounted:
            raise BackendMissing("no cgroup hierarchy is mounted")
        found.extend(mounted)
    with _step(steps, "a place for limited cgroups", _REMEDY_PLACE) as found:
        backend = detect(root, proc)
        found.append(f"memory controller of {backend.version}, under {backend.parent}")
    return backend


def _walk(backend: Backend, steps: list[Step]) -> None:
    with _step(steps, "create a cgroup", _REMEDY_CREATE) as found:
        cgroup = backend.open(backend.make("doctor", _LIMIT_BYTES))
        found.append(cgroup.name)
    try:
        _limit(backend, cgroup, steps)
        with _step(steps, "kill at the limit", _REMEDY_KILL) as found:
            found.append(_kill(cgroup))
    finally:
        with _step(steps, "remove the cgroup", _REMEDY_REMOVE) as found:
            cgroup.remove()
            found.append("nothing left behind")


def _limit(backend: Backend, cgroup: MemoryCgroup, steps: list[Step]) -> None:
    with _step(steps, "set the limit", _REMEDY_LIMIT) as found:
        backend.set_limit(cgroup.path, _LIMIT_BYTES)
        found.append(f"asked for {_LIMIT_BYTES} bytes")
    with _step(steps, "swap off", _REMEDY_SWAP) as found:
        backend.forbid_swap(cgroup.path, _LIMIT_BYTES)
        found.append("members cannot be swapped out")
    with _step(steps, "read the limit back", _REMEDY_LIMIT) as found:
        effective_bytes = cgroup.limit_bytes()
        if effective_bytes != _LIMIT_BYTES:
            raise LimitUnavailable(_LIMIT_BYTES, f"the lowest limit up the tree is {effective_bytes} bytes")
        found.append(f"{effective_bytes} bytes in effect")


def _kill(cgroup: MemoryCgroup) -> str:
    """Let a hungry process run into the limit.

    Raises:
        LimitUnavailable: it lived, or died without the cgroup's counter rising.
    """
    enter = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(cgroup.entry_file)]
    hungry = [sys.executable, "-I", "-S", "-c", f"b'1' * {_HUNGER_BYTES}"]
    with subprocess.Popen([*enter, *hungry], stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            code = process.wait(_KILLED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise LimitUnavailable(_LIMIT_BYTES, f"a process asking for {_HUNGER_BYTES} bytes lived") from None
    kills = cgroup.oom_kills()
    if code != -signal.SIGKILL or kills == 0:
        raise LimitUnavailable(
            _LIMIT_BYTES,
            f"a process asking for {_HUNGER_BYTES} bytes ended with {code} and {kills} kills were counted",
        )
    return f"a process asking for {_HUNGER_BYTES} bytes was killed; {kills} kill counted"


@contextmanager
def _step(steps: list[Step], name: str, remedy: str) -> Iterator[list[str]]:
    found: list[str] = []
    try:
        yield found
    except (LoadTestError, OSError) as error:
        seen = error.found if isinstance(error, BackendMissing) else str(error)
        steps.append(Step(name, ok=False, found=seen, remedy=remedy))
        raise _StoppedError from error
    steps.append(Step(name, ok=True, found=", ".join(found), remedy=""))
