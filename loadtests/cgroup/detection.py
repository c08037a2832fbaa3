"""Chooses the backend this host offers; makes no cgroup."""

import os
from pathlib import Path

from loadtests.cgroup import mounts
from loadtests.cgroup.port import Backend, BackendMissing
from loadtests.cgroup.v1 import V1Backend
from loadtests.cgroup.v2 import V2Backend, parent_for_trials

ROOT = Path("/sys/fs/cgroup")
PROC = Path("/proc")


def detect(root: Path = ROOT, proc: Path = PROC) -> Backend:
    """Choose the backend for the hierarchy that holds the memory controller.

    On version 2 this may switch the memory controller on for the children of a cgroup around the harness.

    Raises:
        BackendMissing: (a ``LimitUnavailable``) no such hierarchy, or this process may not make cgroups in it.
    """
    hierarchy = mounts.find(root, proc)
    if hierarchy is None:
        raise BackendMissing(f"no cgroup hierarchy with a memory controller is mounted at {root}")
    if hierarchy.version == "v2":
        return V2Backend(parent_for_trials(hierarchy.own, hierarchy.mount), hierarchy.mount, proc)
    if not os.access(hierarchy.own, os.W_OK):
        raise BackendMissing(f"{hierarchy.own} may not be written; run as root")
    return V1Backend(hierarchy.own, hierarchy.mount, proc)
