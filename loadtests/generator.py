"""Runs Locust as a child process in two steps, made ready and then released, and collects its raw rows.

Never imports Locust, which patches the process it runs in; knows nothing of the server under test but its address.
"""

import contextlib
import importlib.metadata
import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from loadtests.errors import GeneratorUnusable
from loadtests.generated import Generated, ProcessEnd, assemble
from loadtests.load import STOP_TIMEOUT_S, Load, command, orders_of, variables
from loadtests.orders import Orders
from loadtests.process import free_port
from loadtests.rows import Ended, Ready, Released, Row, RowsReader
from loadtests.settings import REPOSITORY

__all__ = ["Generated", "Load", "RunningGenerator", "start_generator"]

# A choice: the stop timeout, and twice as much again for Locust to leave; then it is killed.
LEAVE_WITHIN_S = STOP_TIMEOUT_S + 2.0
# A choice: a tenth of the polling interval, so that waiting adds no delay worth measuring.
LOOK_EVERY_S = 0.01
LOG_TAIL_CHARACTERS = 1000

_R = TypeVar("_R", bound=Row)


def start_generator(load: Load, folder: Path) -> "RunningGenerator":
    """Start Locust; its users wait until ``release``. Files are written into *folder* only.

    Raises:
        GeneratorUnusable: there is nobody to import for, or the process could not be started.
    """
    if not load.users:
        raise GeneratorUnusable("the load names no user. Give at least one account to import.")
    rows_file, log_file = folder / "rows.jsonl", folder / "locust.log"
    rows_file.write_bytes(b"")
    orders = orders_of(load, rows_file)
    try:
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [*variables(orders), *command(load, free_port())],
                cwd=REPOSITORY,  # Locust finds the scenarios' package from here
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the harness alone, which then stops Locust in order
            )
    except OSError as error:
        raise GeneratorUnusable(f"Locust could not be started: {error}. Run `make setup`.") from error
    return RunningGenerator(orders, process, (load.own_file or load.locust_file, rows_file, log_file))


class RunningGenerator:
    """A Locust process that starts, waits, imports or is gone; as a context manager it never outlives its block."""

    def __init__(self, orders: Orders, process: subprocess.Popen[bytes], files: tuple[Path, Path, Path]) -> None:
        self._orders = orders
        self._process = process
        self._locust_file, rows_file, self._log_file = files
        self._rows = RowsReader(rows_file)
        self._asked = False
        self._ended_s: float | None = None
        self._cpu_s: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process, which also leads its own group and session."""
        return self._process.pid

    def ready(self) -> bool:
        """Say whether every user exists and waits for the release.

        Raises:
            GeneratorUnusable: Locust ended before that.
        """
        if self._find(Ready) is not None:
            return True
        if self._gone() and self._find(Ready) is None:
            raise GeneratorUnusable(
                f"Locust ended with {self._process.returncode} before its users were ready, running "
                f"{self._locust_file}: {self._last_word()}. Correct the file; run it by hand with locust -f."
            )
        return False

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait for ``ready``; False when it did not come in time."""
        deadline_s = time.monotonic() + timeout_s
        while not self.ready():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def release(self) -> None:
        """Let the users begin, all that wait and all that are still to come.

        Raises:
            GeneratorUnusable: there is no Locust any more.
        """
        try:
            self._input().write(b"go\n")
            self._input().flush()
        except (BrokenPipeError, ValueError) as error:
            raise GeneratorUnusable(f"Locust was gone before its users were released: {self._last_word()}.") from error

    @property
    def load_started_s(self) -> float | None:
        """When the users were released, on ``time.monotonic()``; None before that."""
        released = self._find(Released)
        return released.at_s if released else None

    def finished(self) -> bool:
        """Say whether the load is over; the process may still be leaving."""
        return self._find(Ended) is not None or self._gone()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the load is over; False when it was not in time."""
        deadline_s = time.monotonic() + timeout_s
        while not self.finished():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def stop(self) -> None:
        """End the load and the process: asked first, so that every row is written, then killed. May be repeated."""
        if not self._gone() and self._find(Ended) is None:
            self._asked = True
            os.kill(self._process.pid, signal.SIGTERM)  # send_signal would reap it, and lose its processor time
        self._await_end(LEAVE_WITHIN_S)
        if not self._gone():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._await_end(LEAVE_WITHIN_S)
        self._end_workers()
        self._close_input()

    def collect(self, origin_s: float) -> Generated:
        """Return what Locust saw, in seconds from *origin_s*; a load that still runs is stopped first.

        Raises:
            GeneratorUnusable: Locust ended by itself before its users were ready, or left rows that cannot be read.
        """
        self.stop()
        if not self._asked:
            self.ready()
        end = ProcessEnd(
            at_s=time.monotonic() if self._ended_s is None else self._ended_s,
            cpu_s=self._cpu_s,
            exit_code=self._process.returncode,
            asked=self._asked,
            log_tail=self._log_tail(),
            locust_version=importlib.metadata.version("locust"),
        )
        return assemble(self._rows.all(), self._orders, end, origin_s)

    def _find(self, kind: type[_R]) -> _R | None:
        return self._rows.first(kind)

    def _gone(self) -> bool:
        """Reap the process when it has ended, keeping the processor time that only its reaper is told."""
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._ended_s = time.monotonic()
                self._cpu_s = usage.ru_utime + usage.ru_stime
        return self._process.returncode is not None

    def _await_end(self, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not self._gone() and time.monotonic() < deadline_s:
            time.sleep(LOOK_EVERY_S)

    def _end_workers(self) -> None:
        """Wait for what is left of the process's group, which Locust's master does not, and kill it in the end."""
        deadline_s = time.monotonic() + LEAVE_WITHIN_S
        while _working(self._process.pid):
            if time.monotonic() > deadline_s:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                return
            time.sleep(LOOK_EVERY_S)

    def _input(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise ValueError("Locust was started without an input")
        return self._process.stdin

    def _close_input(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # a release that was never read, and nobody is left to read it
            self._input().close()

    def _log_tail(self) -> str:
        return self._log_file.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARACTERS:].strip()

    def _last_word(self) -> str:
        """Return the last line that Locust wrote: of an exception, the one that says what it was."""
        return (self._log_tail().splitlines() or ["it wrote nothing"])[-1].strip().rstrip(".")


def _working(group: int) -> bool:
    """Say whether a process of the group still runs; one that only waits to be reaped by somebody else does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(_state(stat, group) not in (None, "Z", "X") for stat in Path("/proc").glob("[0-9]*/stat"))


def _state(stat: Path, group: int) -> str | None:
    """Return the state of a process of the group; None for any other, or one that is gone. Source: proc(5)."""
    try:
        state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return state if int(of_group) == group else None
