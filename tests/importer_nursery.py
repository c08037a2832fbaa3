"""Starts importers within milliseconds, so that they can be killed hundreds of times: a process that forks.

Everything is imported once; each start is a fork that runs the importer's own main, on real files and real sockets.
Orders come as JSON lines on standard input, one importer at a time; what happens is told on standard output.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

ARGUMENTS = ["--port", "0", "--json"]


class Nursery:
    """The side of whoever gives the orders."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, environment: Mapping[str, str], life_s: float | None = None) -> str | None:
        """Start an importer; return where it listens, or None when its life ended before it did.

        With *life_s* it is killed that long after its start.
        """
        self._order(start=dict(environment), life_s=life_s)
        return self._next().get("listening")

    def await_death(self) -> None:
        """Wait until the life that was given to the importer is over."""
        while "ended" not in self._next():
            pass

    def signal(self, number: signal.Signals) -> int | None:
        """Send a signal; return the exit code, negative for a death by signal, or None when it was stopped."""
        self._order(signal=int(number))
        while "ended" not in (told := self._next()):
            pass
        code: int | None = told["ended"]
        return code

    def _order(self, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Run the process that forks; what it started ends with it."""
    command = [sys.executable, "-m", "tests.importer_nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)  # leaving closes its standard input, which ends it


def _serve_orders() -> None:
    """Carry out orders until there are no more."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    pid = 0
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "start" in order:
                pid = _fork(order["start"])
                if order["life_s"] is not None:
                    signal.sigtimedwait({signal.SIGCHLD}, order["life_s"])
                    pid = _send(pid, signal.SIGKILL)
            else:
                pid = _send(pid, order["signal"])
    finally:
        if pid:
            _send(pid, signal.SIGKILL)


def _fork(environment: dict[str, str]) -> int:
    """Start an importer; return its process id."""
    from importer.__main__ import main  # noqa: PLC0415 only the process that forks needs it

    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            code = main(ARGUMENTS, environment)
        finally:
            os._exit(code)
    return pid


def _send(pid: int, number: int) -> int:
    """Signal the importer and tell what became of it; return its process id, or 0 when it is gone."""
    os.kill(pid, number)
    _, status = os.waitpid(pid, os.WUNTRACED)
    signal.sigtimedwait({signal.SIGCHLD}, 0)  # else the next life would seem to be over
    gone = not os.WIFSTOPPED(status)
    sys.stdout.write(json.dumps({"ended": os.waitstatus_to_exitcode(status) if gone else None}) + "\n")
    sys.stdout.flush()
    return 0 if gone else pid


if __name__ == "__main__":
    # Imported before the first order, so that no life is spent on it.
    import httpx  # noqa: F401
    import uvicorn.lifespan.on
    import uvicorn.loops.asyncio
    import uvicorn.protocols.http.h11_impl  # noqa: F401

    import importer.api
    import importer.jobs
    import importer.server  # noqa: F401

    _serve_orders()
