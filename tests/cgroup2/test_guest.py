"""Promises of the launcher, kept with programs that behave as a kernel may: only one proper end is a pass."""

import io
import os
import select
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cgroup2 import guest
from tests.runs import ROOT

# A choice: only a test that fails waits so long.
LONG_S = 60.0


def program(folder: Path, script: str) -> Path:
    """Write a program that is started as a kernel is, and finds the scratch folder the same way."""
    kernel = folder / "kernel"
    kernel.write_text(
        f'#!/bin/sh\nfor word; do case $word in SCRATCH=*) eval "$word";; esac; done\ncd "$SCRATCH"\n{script}\n'
    )
    kernel.chmod(0o755)
    return kernel


def still_there(word: str) -> list[list[str]]:
    """List the command lines of processes that name *word*."""
    return [
        found.info["cmdline"] for found in psutil.process_iter(["cmdline"]) if word in (found.info["cmdline"] or [])
    ]


@pytest.mark.parametrize("status", [0, 1, 5])
def test_the_suites_own_status_is_returned(tmp_path: Path, status: int) -> None:
    """What the suite ended with is what the launcher says, and what it printed is shown with plain line ends."""
    console = io.BytesIO()
    kernel = program(tmp_path, f"printf '16 passed\\r\\n'; echo {status} >status")
    assert guest.run(kernel, tmp_path, LONG_S, console) == status
    assert console.getvalue() == b"16 passed\n"


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("true", "left no exit status"),
        ("echo >status", "left no exit status"),
        ("echo 0 >status; exit 1", "ended with 1"),
        ("echo 0 >status; kill -ABRT $$", "ended with 134"),
    ],
    ids=["no status", "half a status", "failed", "aborted"],
)
def test_any_other_end_is_a_failure(tmp_path: Path, script: str, how: str) -> None:
    """A boot that ends early or badly is never a pass, whatever it left."""
    with pytest.raises(guest.Aborted, match=how):
        guest.run(program(tmp_path, script), tmp_path, LONG_S, io.BytesIO())


def test_a_hang_ends_with_everything_it_started(tmp_path: Path) -> None:
    """When the time is up the whole guest ends, members that left its session included, and it is a failure."""
    word = str(tmp_path / "endless")
    script = f"echo 0 >status; touch {word}; setsid tail -f {word} & tail -f {word}"
    with pytest.raises(guest.Aborted, match=r"had not ended after 0\.5 s"):
        guest.run(program(tmp_path, script), tmp_path, 0.5, io.BytesIO())
    assert Path(word).exists()
    assert still_there(word) == []


def test_an_interrupt_ends_the_guest(tmp_path: Path) -> None:
    """When the launcher is interrupted while it copies, the guest is gone before the interrupt goes on."""
    word = str(tmp_path / "endless")

    class Interrupted(io.BytesIO):
        def write(self, _line: object) -> int:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guest.run(program(tmp_path, f"touch {word}; tail -f {word} & echo; wait"), tmp_path, LONG_S, Interrupted())
    assert Path(word).exists()
    assert still_there(word) == []


def test_the_guest_dies_with_its_launcher(tmp_path: Path) -> None:
    """A launcher that is killed outright takes the whole guest with it."""
    life = tmp_path / "life"
    os.mkfifo(life)
    kernel = program(tmp_path, f"exec 9>{life}; setsid tail -f /dev/null & tail -f /dev/null")
    launch = f"""if True:
        import sys
        from pathlib import Path
        from tests.cgroup2 import guest
        guest.run(Path({str(kernel)!r}), Path({str(tmp_path)!r}), {LONG_S}, sys.stdout.buffer)
    """
    with subprocess.Popen([sys.executable, "-c", launch], cwd=ROOT) as launcher, life.open("rb") as held:
        launcher.kill()
        gone = select.poll()
        gone.register(held, select.POLLIN)
        assert gone.poll(LONG_S * 1000)  # only once nobody holds the other end any more


def test_a_missing_kernel_names_the_package(tmp_path: Path) -> None:
    """Where no kernel is installed the command fails and says how to get one."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cgroup2"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "apt-get install user-mode-linux" in done.stderr
