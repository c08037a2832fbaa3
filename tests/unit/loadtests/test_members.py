"""Promises about what is read of a cgroup's processes, on real processes listed in a plain file."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from loadtests.members import Members

# Holds MiB named on the command line, writes as many to a file, says so, and waits until it is told to end.
HOLDS = """
import os, sys
held = bytearray(b"1") * (int(sys.argv[1]) << 20)
with open(sys.argv[2], "wb") as file:
    file.write(held)
    file.flush()
    os.fsync(file.fileno())
print("held", flush=True)
sys.stdin.read()
"""
MIB = 2**20


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run two processes of different size."""
    with ExitStack() as stack:
        started = []
        for mib in (10, 40):
            words = [sys.executable, "-I", "-S", "-c", HOLDS, str(mib), str(tmp_path / f"{mib}")]
            one = stack.enter_context(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            assert one.stdout is not None
            assert one.stdout.readline() == b"held\n"
            started.append(one)
        yield started


def test_processes_are_counted_and_the_largest_is_known(
    tmp_path: Path, processes: list["subprocess.Popen[bytes]"]
) -> None:
    """Each listed process counts once, and the largest one's resident set is told."""
    listed = tmp_path / "cgroup.procs"
    listed.write_text("".join(f"{one.pid}\n" for one in processes))
    with closing(Members(listed)) as members:
        seen = members.read()
        assert seen.processes == 2
        assert 40 * MIB <= seen.largest_bytes < 80 * MIB
        listed.write_text(f"{processes[0].pid}\n")
        assert members.read().largest_bytes < 40 * MIB


def test_what_ended_processes_moved_is_kept(tmp_path: Path, processes: list["subprocess.Popen[bytes]"]) -> None:
    """Bytes written and read never fall, also when the process that moved them is gone."""
    listed = tmp_path / "cgroup.procs"
    listed.write_text("".join(f"{one.pid}\n" for one in processes))
    with closing(Members(listed)) as members:
        before = members.read()
        for one in processes:
            one.communicate()
        during = members.read()
        listed.write_text("")
        after = members.read()
    assert before.written_bytes is not None
    assert (during.processes, after.processes, after.largest_bytes) == (0, 0, 0)
    assert after.written_bytes == during.written_bytes == before.written_bytes
    assert after.read_bytes == before.read_bytes
