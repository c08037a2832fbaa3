"""Starts servers as processes, reads streams from them as fast as they come, and asks the fake what it has sent."""

import selectors
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from loadtests.errors import TargetUnusable
from loadtests.process import Child, free_port, start_child
from loadtests.settings import REPOSITORY

# A choice: many times what any of the servers takes.
READY_WITHIN_S = 60.0
SILENT_MOST_S = 60.0
STOP_WITHIN_S = 5.0
# Lichess hides its games from clients that do not say who they are, and so does the fake.
USER_AGENT = "import-capacity-benchmarks/0.1 (harness)"
READ_BYTES = 1 << 20
FULL = "clocks=true&evals=true&opening=true"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    child: Child


@dataclass(frozen=True, slots=True)
class Start:
    """How a server is started."""

    command: Sequence[str]  # without its port
    log: Path
    environment: Mapping[str, str]
    entry_file: Path | None = None  # of the cgroup it runs in


@contextmanager
def serving(start: Start) -> Iterator[Server]:
    """Run a server until the block ends.

    Raises:
        TargetUnusable: it did not answer.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        child = stack.enter_context(
            start_child(
                [*start.command, "--port", str(port)],
                env=start.environment,
                cwd=REPOSITORY,
                entry_file=start.entry_file,
                log=start.log,
            )
        )
        if child.wait_ready(f"{url}/healthz", READY_WITHIN_S) != "ready":
            raise TargetUnusable(f"{list(start.command)} did not start: {child.log_tail(3)}. Try the command by hand.")
        yield Server(url, child)
        child.stop(STOP_WITHIN_S)


def fake(folder: Path, games: int, *options: str) -> Start:
    """Say how the fake is started: unpaced, every account of so many games."""
    command = [sys.executable, "-m", "fake_lichess", "--profile", "unlimited", "--max-streams", "0"]
    return Start([*command, "--games", str(games), *options], folder / "fake.log", {})


def stats(server: Server) -> dict[str, int]:
    """Ask the fake what it has done so far."""
    answer: dict[str, int] = httpx.get(f"{server.url}/_control/stats", timeout=SILENT_MOST_S).raise_for_status().json()
    return answer


def drain(server: Server, users: Sequence[str]) -> None:
    """Read the whole export of each user, all at once, and forget what was read."""
    waiting = selectors.DefaultSelector()
    with ExitStack() as stack:
        for user in users:
            waiting.register(stack.enter_context(_asked(server.url, user)), selectors.EVENT_READ)
        buffer = bytearray(READ_BYTES)
        while waiting.get_map():
            for key, _ in waiting.select(SILENT_MOST_S):
                if isinstance(key.fileobj, socket.socket) and not key.fileobj.recv_into(buffer):
                    waiting.unregister(key.fileobj)


def _asked(url: str, user: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), SILENT_MOST_S)
    request = f"GET /api/games/user/{user}?{FULL} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {USER_AGENT}\r\n"
    connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
    return connection
