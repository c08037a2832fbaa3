"""What the tests on a real kernel share: the host's backend, and a server of known weight under a limit."""

import http.client
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.cgroup import Backend, MemoryCgroup, detect
from loadtests.process import Child, Ready, free_port, start_child

LONG_S = 60.0  # a choice: only a test that fails waits so long
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Weight:
    """A running server of known weight and the cgroup it runs in."""

    cgroup: MemoryCgroup
    child: Child
    port: int

    def ask(self, path: str) -> str:
        """Ask the server for *path* and wait until it has done so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


Weigh = Callable[[int], AbstractContextManager[Weight]]


@pytest.fixture
def backend() -> Backend:
    """Use whichever version this host has; a host that has none fails the test."""
    return detect()


@pytest.fixture
def disk() -> Iterator[Path]:
    """Make a folder beside the sources, since /tmp may be memory, and files there would count as shared memory."""
    cache = REPOSITORY / ".cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        yield Path(folder)


@pytest.fixture
def weigh(backend: Backend, disk: Path) -> Weigh:
    """Start a server of known weight under a limit in bytes."""

    @contextmanager
    def weighing(limit_bytes: int) -> Iterator[Weight]:
        port = free_port()
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("weight.py")), str(port)]
        with (
            backend.create("test", limit_bytes) as cgroup,
            start_child(command, env={}, cwd=disk, entry_file=cgroup.entry_file, log=disk / "log") as child,
        ):
            assert child.wait_ready(f"http://127.0.0.1:{port}/ready", LONG_S) is Ready.READY, child.log_tail(20)
            yield Weight(cgroup, child, port)

    return weighing
