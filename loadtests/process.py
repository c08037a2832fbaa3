"""Starts the program under test inside its cgroup, waits for it to answer, and ends it with everything it started.

It measures no memory limit and judges no ending: an expected ending is a value.
"""

import http.client
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from loadtests.errors import LeftBehind, LimitUnavailable, TargetUnusable
from loadtests.record import Exit

Cores = frozenset[int]

PROC = Path("/proc")
# The shell enters the cgroup itself, so everything the program ever touches is charged there; moving a running process
# would leave its charges outside. It says so on its own standard output, a pipe, and gives that up for the log when it
# becomes the program: whoever reads the pipe can tell "could not enter" from "the program failed".
_ENTER = 'echo $$ > "$0" && echo entered && exec "$@" >&2'
_STAY = 'echo entered && exec "$@" >&2'
# A choice: short against the 0.3 s a small server takes to start, long against the 1 ms a request costs it.
_READY_EVERY_S = 0.02
# A choice: a server that accepts but does not answer for so long is asked again on a new connection.
_ANSWER_WITHIN_S = 2.0
# A choice: SIGKILL ends a process in milliseconds unless it hangs in the kernel, on a dead disk for example.
_KILLED_WITHIN_S = 10.0
# Fields of /proc/PID/stat after the process name: state is number 3, utime, stime, cutime, cstime are 14 to 17.
# Source: proc_pid_stat(5).
_TIMES_AFTER_NAME = slice(14 - 3, 18 - 3)
# A choice: room for the numbers of some 4 000 processes in one call.
_FILE_BYTES = 32_768
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class EntryRefused(LimitUnavailable):
    """A process could not enter its cgroup, so its memory could not be limited."""

    def __init__(self, entry_file: Path, found: str) -> None:
        super(LimitUnavailable, self).__init__(
            f"cannot start a process under its memory limit: writing to {entry_file} failed ({found}). "
            "Run `make doctor` to see what this host offers."
        )


class Split(NamedTuple):
    """Which cores the target runs on and which everything else; None when one core cannot keep them apart."""

    target: Cores | None
    harness: Cores | None


class Ready(StrEnum):
    """How waiting for a server ended; a closed list."""

    READY = "ready"
    DIED = "died"
    TIMED_OUT = "timed_out"


class Child:
    """A process in a session of its own, reaped only when stopped, so that its number cannot be given to another."""

    def __init__(self, process: subprocess.Popen[bytes], entry_file: Path | None, log: Path) -> None:
        self.pid = process.pid
        self.log = log
        self._process = process
        self._entry_file = entry_file
        self._end = os.pidfd_open(process.pid)
        # Kept open for the sampler: opening them anew for each reading costs six times as much (measured, 300 us).
        self._times = os.open(PROC / str(process.pid) / "stat", os.O_RDONLY)
        self._members: int | None = None
        self._exit: Exit | None = None
        self._cpu_s = 0.0

    def poll(self) -> int | None:
        """Say how the process ended; negative is a signal; None while it runs."""
        if self._process.returncode is not None:
            return self._process.returncode
        end = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if end is None:
            return None
        return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status

    def wait_ready(self, url: str, timeout_s: float) -> Ready:
        """Ask *url* again and again until it answers with a 2xx status, the process ends or the time is up."""
        deadline = time.monotonic() + timeout_s
        while self.poll() is None:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return Ready.TIMED_OUT
            if _answers(url, min(left_s, _ANSWER_WITHIN_S)):
                return Ready.READY
            self.wait(_READY_EVERY_S)
        return Ready.DIED

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process ends, but no longer than *timeout_s*; say whether it ended."""
        end = select.poll()
        end.register(self._end, select.POLLIN)
        return bool(end.poll(timeout_s * 1000))

    def stop(self, grace_s: float) -> Exit:
        """End the process and its whole process group: SIGTERM, and after *grace_s* SIGKILL.

        The answer is how it ended by itself; one that still ran has neither code nor signal, and ``poll`` then tells
        how it took the signals. Members that left the group are ended with their cgroup.

        Raises:
            LeftBehind: it outlived SIGKILL.
        """
        if self._exit is None:
            code = self.poll()
            if code is None:
                self._signal(signal.SIGTERM)
                self.wait(grace_s)
            self._signal(signal.SIGKILL)
            self._reap()
            self._exit = _exit(code)
        return self._exit

    def cpu_s(self) -> float:
        """Sum up the processor time of the process and the living members of its cgroup; never falls.

        Ended children count once their parent reaped them. The resolution is the clock tick, 10 ms on most kernels.
        """
        if self._exit is None:
            own_s = _cpu_s(os.pread(self._times, _FILE_BYTES, 0))
            self._cpu_s = max(self._cpu_s, own_s + cpu_s(self._others()))
        return self._cpu_s

    def vm_hwm_bytes(self) -> int | None:
        """Read the main process's highest resident set, files included; None once it ended."""
        return vm_hwm_bytes(self.pid)

    def log_tail(self, lines: int) -> str:
        """Give the last *lines* lines of what the process wrote."""
        return "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-lines:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(grace_s=0)

    def _others(self) -> set[int]:
        """List the members of the cgroup beside the main process."""
        if self._entry_file is None:
            return set()
        if self._members is None:
            self._members = os.open(self._entry_file, os.O_RDONLY)
        return {int(pid) for pid in os.pread(self._members, _FILE_BYTES, 0).split()} - {self.pid}

    def _signal(self, number: signal.Signals) -> None:
        # The unreaped leader keeps the group's number taken, so this cannot reach a stranger.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _reap(self) -> None:
        try:
            self._process.wait(_KILLED_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise LeftBehind(
                f"process {self.pid} outlived SIGKILL for {_KILLED_WITHIN_S:g} s; look at /proc/{self.pid}/stack."
            ) from None
        for descriptor in (self._end, self._times, self._members):
            if descriptor is not None:
                os.close(descriptor)


def start_child(  # noqa: PLR0913 - each says one thing about the start, and all but the cores are always needed
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    entry_file: Path | None,
    log: Path,
    cores: Cores | None = None,
) -> Child:
    """Start *command* inside the cgroup of *entry_file*, on *cores*, writing to *log*, with *env* and nothing else.

    Raises:
        EntryRefused: (a ``LimitUnavailable``) it could not enter the cgroup. That the command itself fails is no
            error here: it shows as an early end.
        TargetUnusable: *cwd* or *log* cannot be used.
    """
    within = [_STAY, "sh"] if entry_file is None else [_ENTER, str(entry_file)]
    handshake, said = os.pipe()
    with os.fdopen(handshake, "rb") as words, ExitStack() as undo:
        try:
            with log.open("ab") as output, on_cores(cores):
                process = subprocess.Popen(
                    ["/bin/sh", "-c", *within, *command],
                    env=env,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            raise TargetUnusable(f"cannot start {command[0]}: {error}; check the folder and the log file.") from error
        finally:
            os.close(said)
        child = undo.enter_context(Child(process, entry_file, log))
        if not words.read() and entry_file is not None:
            raise EntryRefused(entry_file, child.log_tail(1).strip() or f"it ended with {child.poll()}")
        undo.pop_all()
    return child


def free_port() -> int:
    """Find a port of the loopback address nobody listens on; another program may still take it before it is used."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def choose_cores(count: int = 1, allowed: Cores | None = None) -> Split:
    """Choose *count* cores for the target, the last ones as interrupts favour core 0, and the rest for the harness.

    At least one core stays with the harness. *allowed* are the cores to share out, by default all this process may use.
    """
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    own = max(1, len(cores) - count)
    if own == len(cores):
        return Split(target=None, harness=None)
    return Split(target=frozenset(cores[own:]), harness=frozenset(cores[:own]))


def vm_hwm_bytes(pid: int, proc: Path = PROC) -> int | None:
    """Read a process's highest resident set since exec, files included; None once it ended."""
    try:
        status = (proc / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def cpu_s(pids: Iterable[int], proc: Path = PROC) -> float:
    """Sum up the processor time of processes and of their reaped children; one that is gone adds nothing."""
    total_s = 0.0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            total_s += _cpu_s((proc / str(pid) / "stat").read_bytes())
    return total_s


@contextmanager
def on_cores(cores: Cores | None) -> Iterator[None]:
    """Move the calling thread to *cores* while it starts a child, which inherits them: no race, and no tool needed."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if cores is None else cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _answers(url: str, timeout_s: float) -> bool:
    """Say whether *url* answers with a 2xx status."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/")
        return connection.getresponse().status // 100 == 2  # noqa: PLR2004 - the class of statuses that mean success
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _cpu_s(stat: bytes) -> float:
    """Parse the processor time of a process and its reaped children out of ``/proc/PID/stat``."""
    return sum(map(int, stat.rpartition(b")")[2].split()[_TIMES_AFTER_NAME])) / _TICKS_PER_S


def _exit(code: int | None) -> Exit:
    if code is None:
        return Exit(code=None, signal=None, by_harness=True)
    return Exit(code=code if code >= 0 else None, signal=-code if code < 0 else None, by_harness=False)
