"""Promises of watching a real cgroup and a process in it: what the kernel counts, and a kill while it is watched."""

import http.client
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from loadtests.watch.looks import Look, from_lines
from tests.kernel.conftest import LONG_S, REPOSITORY, Weigh, Weight
from tests.runs import command

pytestmark = pytest.mark.kernel
MIB = 2**20


@contextmanager
def watching(folder: Path, *what: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a watch and yield it once it has looked for the first time."""
    words = command(["watch", "--json", "--every-s", "0.05", "--out", str(folder), *what])
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "memory" in process.stderr.readline()
            yield process
        finally:
            process.kill()


def named(weight: Weight, by: str) -> tuple[str, str]:
    return ("--pid", str(weight.child.pid)) if by == "pid" else ("--cgroup", str(weight.cgroup.path))


def ended(watch: "subprocess.Popen[str]") -> dict[str, Any]:
    said, _ = watch.communicate(timeout=LONG_S)
    told: dict[str, Any] = json.loads(said)
    return told


@pytest.mark.parametrize("by", ["pid", "cgroup"])
def test_a_kill_for_want_of_memory_is_seen(weigh: Weigh, tmp_path: Path, by: str) -> None:
    """A server that the kernel kills while it is watched, by process or by cgroup, is told as killed and as gone."""
    with weigh(64 * MIB) as weight:
        with watching(tmp_path / "watch", *named(weight, by)) as watch:
            with suppress(http.client.HTTPException, OSError):
                weight.ask(f"/anonymous/{100 * MIB}")
            told = ended(watch)
        assert watch.returncode == 10
    assert [check["state"] for check in told["checks"]][:3] == ["kept", "broken", "broken"], told


def test_memory_of_a_cgroup_is_what_the_kernel_charges(weigh: Weigh, tmp_path: Path) -> None:
    """What a watched server takes shows in full, as in a trial, and whether it is under the limit is decided by it."""
    with weigh(128 * MIB) as weight:
        weight.ask(f"/anonymous/{60 * MIB}")
        what = (*named(weight, "cgroup"), "--for-s", "0.1", "--peak-mib", "50")
        with watching(tmp_path / "watch", *what) as watch:
            told = ended(watch)
        assert watch.returncode == 10
    assert told["checks"][0]["state"] == "broken"
    with (tmp_path / "watch" / "watch.jsonl").open(encoding="utf-8") as lines:
        looks = [line for line in from_lines(lines) if isinstance(line, Look)]
    for look in looks:
        assert look.memory is not None
        assert look.memory.gauge == "unreclaimable"
        assert 60 * MIB <= (look.memory.bytes or 0) < 80 * MIB
        assert look.memory.processes == 1


# Becomes nobody once everything is read in, as an interpreter may lie where nobody can look.
UNPRIVILEGED = """
import os, sys
import httpx, rich.live, rich.table
import loadtests.__main__ as harness
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
harness.main()
"""


def test_another_users_server_is_watched_without_root(weigh: Weigh, public: Path) -> None:
    """Who may not read a process's share of memory still sees its resident set, and is told which it is."""
    with weigh(128 * MIB) as weight:
        weight.ask(f"/anonymous/{60 * MIB}")
        words = ["watch", "--pid", str(weight.child.pid), "--for-s", "0.1", "--out", str(public / "watch")]
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "resident at most" in (public / "watch" / "watch.md").read_text()


@pytest.fixture
def public() -> Iterator[Path]:
    """Make a folder that anybody may write to, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)
