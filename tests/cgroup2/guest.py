"""Boots a user-mode kernel over this machine's own files, read-only, and returns the status its suite left.

What the suite does is for ``suite.sh`` to say, what the guest offers it for ``init.sh``. On any exit, a hang and the
launcher's own death included, no process of the guest stays.
"""

import os
import subprocess
import threading
from pathlib import Path
from typing import BinaryIO

HERE = Path(__file__).resolve().parent
# A choice: twice the limit of the suite's trial, five times the 190 MiB it was seen to use; what is never touched costs
# the host nothing.
MEMORY_MIB = 1024
# A process namespace ends whole when its first process does. That is this shell, because the kernel aborts by a signal
# to itself, which first processes are immune to. It waits for the kernel, and ends it once standard input is closed: by
# the launcher, or by the launcher's death.
CONTAINED = (
    *("unshare", "--pid", "--fork", "--kill-child", "sh", "-c"),
    'exec 3<&0; "$@" </dev/null 3<&- & kernel=$!; { read -r never <&3; kill -KILL $kernel; } & wait $kernel',
    "sh",
)
# 128 and the number of SIGKILL, as shells put it.
STOPPED = 137


class Aborted(Exception):
    """The guest did not come to a proper end, so nothing it says of its suite counts."""

    def __init__(self, how: str) -> None:
        super().__init__(
            f"the guest {how}. Its last lines are above; "
            "without any, look whether this host allows ptrace and new process namespaces."
        )


def run(kernel: Path, scratch: Path, within_s: float, console: BinaryIO) -> int:
    """Boot *kernel*, copy what it says to *console* and return the suite's exit status.

    Raises:
        Aborted: the guest had to be stopped after *within_s*, or ended before its suite did.
    """
    with subprocess.Popen(
        [*CONTAINED, str(kernel), *_parameters(scratch)],
        # The guest's memory is a file in TMPDIR. Not in /dev/shm, which containers keep small and mount noexec.
        env={"PATH": os.defpath, "TMPDIR": str(scratch)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # an interrupt from the terminal is for the launcher alone
    ) as boot:
        out_of_time = threading.Timer(within_s, _end, [boot])
        out_of_time.start()
        try:
            _copy(boot, console)
        finally:
            out_of_time.cancel()
            _end(boot)
            _drain(boot)
    if boot.returncode == STOPPED:
        raise Aborted(f"had not ended after {within_s:g} s")
    if boot.returncode != 0:
        raise Aborted(f"ended with {boot.returncode}")
    return _status(scratch)


def _parameters(scratch: Path) -> list[str]:
    """Return the kernel's command line; names it does not know become the environment of process 1."""
    return [
        f"mem={MEMORY_MIB}M",
        "root=/dev/root",
        "rootfstype=hostfs",
        "hostfs=/",
        "ro",
        f'init="{HERE / "init.sh"}"',
        f'SCRATCH="{scratch}"',
        f"uml_dir={scratch}",
        "con=null",
        "con0=fd:0,fd:1",
        "quiet",
        "loglevel=1",  # only a panic: the suite's kills at the limit are expected
    ]


def _copy(boot: subprocess.Popen[bytes], console: BinaryIO) -> None:
    """Copy line by line until nothing is left that could write; the guest's terminal ends lines with CR LF."""
    assert boot.stdout is not None
    for line in boot.stdout:
        console.write(line.replace(b"\r\n", b"\n"))
        console.flush()


def _end(boot: subprocess.Popen[bytes]) -> None:
    assert boot.stdin is not None
    boot.stdin.close()


def _drain(boot: subprocess.Popen[bytes]) -> None:
    """Wait until the last process of the guest is gone: each of them holds the pipe open."""
    assert boot.stdout is not None
    while boot.stdout.read(65_536):
        pass


def _status(scratch: Path) -> int:
    try:
        return int((scratch / "status").read_text())
    except (FileNotFoundError, ValueError):
        raise Aborted("left no exit status of its suite") from None
