"""Finds the hierarchy that holds the memory controller, and the harness's own place in it; makes nothing."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from loadtests.cgroup.port import Version


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted cgroup hierarchy."""

    version: Version
    point: Path
    root: str  # which cgroup of the hierarchy is mounted: "/" outside containers
    controllers: frozenset[str]  # version 1 only: there they are fixed at mount time


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The hierarchy that holds the memory controller."""

    version: Version
    mount: Path
    own: Path  # the harness's own cgroup


def mounts(mountinfo: str) -> tuple[Mount, ...]:
    """Parse the cgroup mounts out of ``/proc/self/mountinfo`` (its form: proc_pid_mountinfo(5))."""
    return tuple(found for line in mountinfo.splitlines() if (found := _mount(line)) is not None)


def own_path(self_cgroup: str, version: Version) -> str | None:
    """Parse the path of the own cgroup out of ``/proc/self/cgroup``; None when it is in no such hierarchy."""
    for line in self_cgroup.splitlines():
        number, controllers, path = line.split(":", 2)
        if (version == "v2" and number == "0") or (version == "v1" and "memory" in controllers.split(",")):
            return path
    return None


def find(root: Path, proc: Path, process: str = "self") -> Hierarchy | None:
    """Find where the memory controller is, among the hierarchies mounted at or below *root*; ``own`` is *process*'s.

    On a hybrid host both versions are mounted and one of them has the controller.
    """
    own_cgroups = (proc / process / "cgroup").read_text()
    for mount in mounts((proc / "self" / "mountinfo").read_text()):
        path = own_path(own_cgroups, mount.version)
        if path is not None and mount.point.is_relative_to(root) and _has_memory(mount):
            return Hierarchy(mount.version, mount.point, _own_folder(mount, path))
    return None


def _mount(line: str) -> Mount | None:
    before, _, after = line.partition(" - ")
    kind, _, options = after.split(" ", 2)
    if kind not in {"cgroup", "cgroup2"}:
        return None
    root, point = (_unescaped(word) for word in before.split()[3:5])
    if kind == "cgroup2":
        return Mount("v2", Path(point), root, frozenset())
    return Mount("v1", Path(point), root, frozenset(options.split(",")))


def _has_memory(mount: Mount) -> bool:
    if mount.version == "v1":
        return "memory" in mount.controllers
    return "memory" in (mount.point / "cgroup.controllers").read_text().split()


def _own_folder(mount: Mount, path: str) -> Path:
    """Map a path inside the hierarchy to a folder; in a container only the container's own cgroup may be mounted."""
    inside = PurePosixPath(path)
    if inside.is_relative_to(mount.root):
        return mount.point / inside.relative_to(mount.root)
    return mount.point


def _unescaped(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)
