"""Runs the harness as a person would, from its command line, into a folder that is gone afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loadtests import cgroup
from loadtests.record import Trial, from_lines

ROOT = Path(__file__).resolve().parent.parent
# On disk, because the harness refuses folders whose files would be memory, as a tmpfs /tmp is.
RUNS = ROOT / "reports" / "out"
# A choice: the longest of these runs takes half a minute; a busy machine may need several times that.
RUN_WITHIN_S = 300


@contextmanager
def run_folder() -> Iterator[Path]:
    """Yield a folder for one run, which does not exist yet, and remove it afterwards."""
    RUNS.mkdir(parents=True, exist_ok=True)
    parent = Path(tempfile.mkdtemp(prefix="test-", dir=RUNS))
    try:
        yield parent / "run"
    finally:
        shutil.rmtree(parent)


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command line that runs the harness."""
    return [sys.executable, "-m", "loadtests", *arguments]


def harness(*arguments: str, **variables: float) -> subprocess.CompletedProcess[str]:
    """Run the harness to its end, with these LOADTEST variables, and return what it said."""
    environment = {**os.environ, **{f"LOADTEST_{name}": str(value) for name, value in variables.items()}}
    return subprocess.run(
        command(arguments), cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=RUN_WITHIN_S
    )


def left_behind(folder: Path, pid: int) -> list[str]:
    """List the work folders and control groups that the run of process *pid* still has."""
    groups = [name for name in cgroup.detect().leftovers() if f"-{pid}-" in name]
    return groups + [str(path) for path in folder.glob("work-*")]


def trials(run: Path) -> list[Trial]:
    """Return the trials recorded in the folder of a run, priming included."""
    with (run / "records.jsonl").open(encoding="utf-8") as lines:
        return [record for record in from_lines(lines) if isinstance(record, Trial)]


def small_plan(folder: Path, series: str) -> Path:
    """Write a plan of small imports beside the run's folder and return its path."""
    file = folder.parent / "plan.toml"
    file.write_text(f'description = "a test"\ngames_per_user = 100\nstored_games_per_user = 300\n{series}')
    return file
