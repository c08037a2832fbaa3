"""Names the machine that a run takes place on, and says how busy it is."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Machine
from loadtests.environment import cpu_model, revision
from loadtests.settings import REPOSITORY


def load_average() -> float:
    """Return the mean number of runnable processes over the last minute."""
    return os.getloadavg()[0]


def machine() -> Machine:
    """Collect the facts before a run; the load after it is not known yet, and taken to be the same."""
    load = load_average()
    return Machine(
        cpu_model=cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        cpu_count=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        kernel=platform.release(),
        python=platform.python_version(),
        revision=revision(REPOSITORY),
        date=datetime.now(UTC).date().isoformat(),
        load_before=load,
        load_after=load,
    )
