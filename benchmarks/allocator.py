"""Measures what collecting garbage, giving memory back and the allocator's settings change at the importer."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Figure, figure
from benchmarks.importing import GAMES, SETTLED_AFTER_S, Setup, importing, peak_mib
from benchmarks.servers import Server, fake, serving
from loadtests import cgroup
from loadtests.errors import LimitUnavailable

IMPORTS = 10
WITHIN_S = 60.0
# What differs from the defaults, one thing at a time.
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "defaults": {},
    "GC_EVERY_GAMES=0": {"GC_EVERY_GAMES": "0"},
    "MALLOC_ARENA_MAX=1": {"MALLOC_ARENA_MAX": "1"},
    "MALLOC_TRIM_THRESHOLD_=131072": {"MALLOC_TRIM_THRESHOLD_": "131072"},
    "PYTHONMALLOC=malloc": {"PYTHONMALLOC": "malloc"},
}
# The importer, made to collect and to trim when it is told to; it has no such order of its own.
_OBEDIENT = (
    "import ctypes, gc, runpy, signal, sys\n"
    "libc = ctypes.CDLL(None)\n"
    "signal.signal(signal.SIGUSR1, lambda *_: gc.collect())\n"
    "signal.signal(signal.SIGUSR2, lambda *_: libc.malloc_trim(0))\n"
    "sys.argv[0] = 'importer'\n"
    "runpy.run_module('importer', run_name='__main__', alter_sys=True)\n"
)


def allocator(folder: Path, repeats: int) -> list[Figure]:
    """Measure the memory that imports add under each variant, and what can be given back afterwards."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure(None, "importer: allocator", "MiB unreclaimable", (), str(error))]
    added, freed = (
        {name: list[float]() for name in VARIANTS},
        {"gc.collect": list[float](), "malloc_trim": list[float]()},
    )
    with serving(fake(folder, GAMES, "--evals-share", "1")) as upstream:
        for _ in range(repeats):
            for name, settings in VARIANTS.items():
                added[name].append(_added_mib(folder, upstream, settings))
            collected, trimmed = _given_back_mib(folder, upstream)
            freed["gc.collect"].append(collected)
            freed["malloc_trim"].append(trimmed)
    note = f"highest reading until the end of {IMPORTS} imports of {GAMES} fully analysed games, less idle"
    after = f"given back by one call after {IMPORTS} such imports are over, gc.collect first"
    return [
        *(
            figure(None, f"importer: {IMPORTS} imports add, {name}", "MiB unreclaimable", tuple(readings), note)
            for name, readings in added.items()
        ),
        *(
            figure(None, f"importer: {name} gives back", "MiB unreclaimable", tuple(readings), after)
            for name, readings in freed.items()
        ),
    ]


def _added_mib(folder: Path, upstream: Server, settings: Mapping[str, str]) -> float:
    with importing(folder, upstream, Setup(IMPORTS, settings=settings)) as run:
        time.sleep(SETTLED_AFTER_S)
        before = run.unreclaimable_mib()
        for user in range(IMPORTS):
            run.submit(f"player{user}")
        return peak_mib(run, IMPORTS, WITHIN_S) - before


def _given_back_mib(folder: Path, upstream: Server) -> tuple[float, float]:
    """Return what collecting gives back once all is done, and what trimming gives back after that."""
    with importing(folder, upstream, Setup(IMPORTS, program=("-c", _OBEDIENT))) as run:
        for user in range(IMPORTS):
            run.submit(f"player{user}")
        peak_mib(run, IMPORTS, WITHIN_S)
        readings = [run.unreclaimable_mib()]
        for order in (signal.SIGUSR1, signal.SIGUSR2):
            os.kill(run.server.child.pid, order)
            time.sleep(SETTLED_AFTER_S)
            readings.append(run.unreclaimable_mib())
        return readings[0] - readings[1], readings[1] - readings[2]
