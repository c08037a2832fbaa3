"""Memory cgroups of versions 1 and 2 behind one port: made with a limit before anything enters, removed whole.

It starts no server under test and keeps no time; a process enters a cgroup by writing its number to ``entry_file``.
"""

from loadtests.cgroup.detection import detect
from loadtests.cgroup.doctor import Step, diagnose
from loadtests.cgroup.ownership import made_by
from loadtests.cgroup.port import Backend, BackendMissing, MemoryCgroup, Reading, Version

__all__ = ["Backend", "BackendMissing", "MemoryCgroup", "Reading", "Step", "Version", "detect", "diagnose", "made_by"]
