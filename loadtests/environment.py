"""Facts of the machine and the software that must match before trials may be pooled; changes nothing."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Literal

from loadtests.errors import TargetUnusable
from loadtests.record import Host

PROC = Path("/proc")
# Runs in the target's own interpreter, so it must work in any Python 3.8+ and print nothing else.
_LIST_PACKAGES = """
import importlib.metadata as metadata, json, platform
names = {"%s==%s" % (found.metadata["Name"].lower(), found.version) for found in metadata.distributions()}
print(json.dumps({"python": platform.python_version(), "packages": sorted(names)}))
"""
# A choice: listing takes about 0.2 s; a hanging interpreter must not hang the harness.
_LIST_WITHIN_S = 30.0


def host_facts(target_python: Path | None, cgroup_version: Literal["v1", "v2"], repository: Path) -> Host:
    """Collect the facts; *target_python* is the interpreter the target runs in, None for this one.

    Raises:
        TargetUnusable: that interpreter could not list its packages.
    """
    python, packages = _packages(target_python or Path(sys.executable))
    return Host(
        cpu_model=cpu_model((PROC / "cpuinfo").read_text()),
        cpu_count=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        kernel=platform.release(),
        cgroup_version=cgroup_version,
        python=python,
        packages_digest=packages_digest(packages),
        revision=revision(repository),
    )


def cpu_model(cpuinfo: str) -> str:
    """Parse the processor's name out of ``/proc/cpuinfo``; the architecture where that has no name, as on ARM."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def packages_digest(packages: list[str]) -> str:
    """Hash ``name==version`` lines, whatever their order."""
    return hashlib.sha256("\n".join(sorted(packages)).encode()).hexdigest()


def revision(repository: Path) -> str:
    """Name the commit, with ``+dirty`` when the tree differs from it; ``unknown`` without git or outside a clone."""
    commit = _git(repository, "rev-parse", "HEAD")
    changes = _git(repository, "status", "--porcelain")
    if commit is None or changes is None:
        return "unknown"
    return f"{commit}+dirty" if changes else commit


def machine_oom_kills(proc: Path = PROC) -> int:
    """Count all out-of-memory kills of the machine since boot, those inside cgroups included."""
    for line in (proc / "vmstat").read_text().splitlines():
        key, value = line.split()
        if key == "oom_kill":
            return int(value)
    message = f"{proc / 'vmstat'} has no oom_kill line: this needs Linux 4.13 or later"
    raise OSError(message)


def filesystem_type(path: Path, proc: Path = PROC) -> str:
    """Name the type of the file system *path* lies on, for example ext4, or tmpfs, whose files are memory."""
    kinds: dict[Path, str] = {}
    for line in (proc / "self" / "mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kinds[Path(before.split()[4])] = after.split()[0]  # a later mount hides an earlier one at the same place
    place = path.resolve()
    return next(kinds[folder] for folder in (place, *place.parents) if folder in kinds)


def _packages(python: Path) -> tuple[str, list[str]]:
    try:
        # Not in the current folder: a source tree's own metadata would be listed as installed.
        done = subprocess.run(
            [python, "-c", _LIST_PACKAGES], cwd="/", check=True, capture_output=True, timeout=_LIST_WITHIN_S
        )
        listed = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise TargetUnusable(f"{python} cannot list its packages: {error}; name a Python interpreter.") from error
    return listed["python"], listed["packages"]


def _git(repository: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
