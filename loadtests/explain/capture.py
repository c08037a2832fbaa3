"""Speaks with memray: how a command is tracked, and what a finished recording says. Nothing else knows memray.

memray is an extra, so it is looked for when it is needed and not when this is imported.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from loadtests.errors import TargetUnusable, UsageError
from loadtests.explain.sites import Allocation, Line
from loadtests.settings import REPOSITORY

# A choice: the flame graph of a few million allocations takes seconds.
GRAPH_WITHIN_S = 300.0


def require_memray() -> None:
    """Refuse to begin without memray.

    Raises:
        UsageError: it is not installed.
    """
    if find_spec("memray") is None:
        raise UsageError("memray is not installed beside the harness. Run `pip install '.[explain]'`.")


def tracked(command: Sequence[str], recording: Path) -> list[str]:
    """Return *command*, a Python program's, as one that memray watches, in the harness's own interpreter.

    Raises:
        UsageError: it is no Python program that memray can start.
    """
    program = list(command[1:])
    if command[0] != "{python}" or not program or (program[0].startswith("-") and program[0] != "-m"):
        raise UsageError(
            f"the target's command begins with {' '.join(command[:2])!r}; only {{python}} followed by a file or by -m "
            "and a module can be explained. Write such a target file for it."
        )
    if (REPOSITORY / program[0]).is_dir() and program[0] != "-m":  # which Python runs, and memray does not
        program[0] += "/__main__.py"
    # Small objects share arenas; without their own allocator traced, an arena is charged to whoever asked for it.
    # Aggregated, millions of them stay a small file.
    words = ("-m", "memray", "run", "--quiet", "--aggregate", "--trace-python-allocators", "--output", str(recording))
    return [sys.executable, *words, *program]


def held_at_peak(recording: Path) -> Iterator[Allocation]:
    """Yield what every stack of calls held when the heap was largest.

    Raises:
        TargetUnusable: the recording is missing or cut short, because the server did not end in order.
    """
    memray = importlib.import_module("memray")
    line = cache(_line)  # millions of frames are thousands of lines; made anew they took nine seconds
    try:
        with memray.FileReader(str(recording)) as reader:
            for record in reader.get_high_watermark_allocation_records(merge_threads=True):
                stack = tuple(map(line, record.stack_trace()))
                yield Allocation(record.size, record.n_allocations, stack)
    except OSError as error:
        raise TargetUnusable(
            f"memray left no whole recording ({error}): the server must end by itself when it is interrupted (SIGINT). "
            "Try it by hand."
        ) from error


def _line(frame: tuple[str, str, int]) -> Line:
    function, file, number = frame
    return Line(function, file.removeprefix(f"{REPOSITORY}/"), number)


def write_graph(recording: Path, page: Path) -> None:
    """Write the flame graph as one page that needs no network.

    Raises:
        TargetUnusable: memray could not.
    """
    words = ("-m", "memray", "flamegraph", "--no-web", "--force", "--output", str(page), str(recording))
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=GRAPH_WITHIN_S)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise TargetUnusable(f"memray could not draw the flame graph; it said: {said}. Look at {recording}.")
