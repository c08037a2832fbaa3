"""What becomes of processes whose harness is killed outright."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from loadtests.guard import await_end, guarded, runs, stale_folders

REPOSITORY = Path(__file__).resolve().parents[3]
LONG_S = 30.0  # a choice: only a test that fails waits so long
# Starts a program that heeds nothing but SIGKILL in a group of its own, has it watched, and says both numbers.
HARNESS = """if True:
    import os, signal, subprocess, sys
    from pathlib import Path
    from loadtests.guard import guarded
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    watched = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True)
    watched.stdout.readline()
    with guarded(Path(sys.argv[1]), os.getpid()) as guard:
        guard.watch(watched.pid)
        print(watched.pid, flush=True)
        signal.pause()
"""


def test_what_a_killed_harness_had_watched_is_killed(tmp_path: Path) -> None:
    """SIGKILL to the harness ends the process groups it named, and removes its work folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, tmp_path], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        watched = psutil.Process(int(harness.stdout.readline()))
        work = tmp_path / f"work-{harness.pid}"
        work.mkdir()
        [guard] = [child for child in psutil.Process(harness.pid).children() if child.name() == "sh"]
        assert stale_folders(tmp_path) == ()
        harness.kill()
        harness.wait()
        assert await_end(watched.pid)
        assert psutil.wait_procs([guard], LONG_S)[1] == []
    assert not work.exists()


def test_a_harness_that_ends_in_order_dismisses_its_guard(tmp_path: Path) -> None:
    """Nothing is killed or removed when the block ends, and no shell stays."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as watched:
        with guarded(tmp_path, os.getpid()) as guard:
            guard.watch(watched.pid)
            [shell] = [child for child in psutil.Process().children() if child.name() == "sh"]
        assert not shell.is_running()
        assert watched.poll() is None
        watched.kill()


@pytest.mark.parametrize("say", ["watch", "dismiss"])
def test_a_killed_guard_stops_nobody(tmp_path: Path, say: str) -> None:
    """When somebody kills the guard there is less safety, and the run goes on."""
    with guarded(tmp_path, os.getpid()) as guard:
        [shell] = [child for child in psutil.Process().children() if child.name() == "sh"]
        shell.send_signal(signal.SIGKILL)
        assert await_end(shell.pid)
        if say == "watch":
            guard.watch(1)


def test_one_that_waits_to_be_reaped_does_not_run() -> None:
    """A process that ended and whose parent has not asked for it counts as gone."""
    with subprocess.Popen(["true"]) as ended:
        assert await_end(ended.pid)
        assert not runs(ended.pid)
    assert runs(os.getpid())
