"""Runs an importer of its own environment in its own cgroup, submits imports to it and follows them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.servers import Server, Start, serving
from loadtests import cgroup
from loadtests.cgroup import MemoryCgroup
from loadtests.errors import LimitUnavailable
from loadtests.inputs import read_profiles
from loadtests.settings import REPOSITORY

BYTES_PER_MIB = 2**20
PYTHON = REPOSITORY / ".venv-importer" / "bin" / "python"
GAMES = 500
# A choice: far above anything measured here, so that the limit never shapes the figure.
LIMIT_BYTES = 1 << 30
READ_EVERY_S = 0.02
POLL_EVERY_S = 0.1
SETTLED_AFTER_S = 0.5
ANSWER_WITHIN_S = 60.0
ENDED = {"completed", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Setup:
    """How an importer is started: a named profile, or none, with room for so many imports, and what differs from it."""

    at_once: int
    profile: str | None = "recommended"
    settings: Mapping[str, str] = field(default_factory=dict)
    limit_bytes: int | None = LIMIT_BYTES  # None: outside any cgroup
    python: Path = PYTHON
    program: tuple[str, ...] = ("-m", "importer")
    database: Path | None = None  # one that is there already; a new one otherwise

    def environment(self, folder: Path, upstream: Server) -> dict[str, str]:
        """Return the environment to start with."""
        room = ("MAX_CONCURRENT_IMPORTS", "HTTP_POOL_LIMIT", "HTTP_POOL_LIMIT_PER_HOST", "UPSTREAM_MAX_STREAMS")
        return {
            **(read_profiles()[self.profile] if self.profile else {}),
            **dict.fromkeys(room, str(self.at_once)),
            **self.settings,
            "DATABASE_PATH": str(self.database or folder / "games.sqlite3"),
            "LICHESS_BASE_URL": upstream.url,
        }


@dataclass(frozen=True, slots=True)
class Importing:
    """A running importer, its upstream, its cgroup and the way to speak with it."""

    server: Server
    upstream: Server
    group: MemoryCgroup | None
    client: httpx.Client

    def unreclaimable_mib(self) -> float:
        """Read the memory that cannot be freed."""
        if self.group is None:
            raise LimitUnavailable(LIMIT_BYTES, "no cgroup was made")
        return self.group.read().unreclaimable_bytes() / BYTES_PER_MIB

    def submit(self, user: str, games: int = GAMES) -> str:
        """Ask for an import and return where to follow it."""
        body = {"user_id": user, "platform": "lichess", "limit": games}
        answer = self.client.post("/api/v1/import-more-games", json=body)
        return str(answer.raise_for_status().headers["Location"])

    def state_of(self, place: str) -> dict[str, Any]:
        """Return an import as it stands."""
        state: dict[str, Any] = self.client.get(place).raise_for_status().json()
        return state

    def ended(self, place: str) -> bool:
        """Say whether an import is over."""
        return self.state_of(place)["status"] in ENDED

    def finish(self, user: str, games: int = GAMES) -> int:
        """Import to the end and return how many games were stored."""
        place = self.submit(user, games)
        while not self.ended(place):
            time.sleep(POLL_EVERY_S)
        return int(self.state_of(place)["stored"])

    def metrics(self) -> dict[str, float]:
        """Return every metric by its name and labels."""
        lines = self.client.get("/metrics").raise_for_status().text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def over(self) -> int:
        """Return how many imports are over."""
        metrics = self.metrics()
        return int(sum(metrics[f'importer_imports{{state="{state}"}}'] for state in ENDED))


@contextmanager
def importing(folder: Path, upstream: Server, setup: Setup) -> Iterator[Importing]:
    """Run a fresh importer."""
    if setup.database is None:
        for file in folder.glob("games.sqlite3*"):
            file.unlink()
    with ExitStack() as stack:
        group = None
        if setup.limit_bytes is not None:
            group = stack.enter_context(cgroup.detect().create("benchmark", setup.limit_bytes))
        entry_file = None if group is None else group.entry_file
        command = [str(setup.python), *setup.program]
        start = Start(command, folder / "importer.log", setup.environment(folder, upstream), entry_file)
        server = stack.enter_context(serving(start))
        client = stack.enter_context(httpx.Client(base_url=server.url, timeout=ANSWER_WITHIN_S))
        yield Importing(server, upstream, group, client)


def peak_mib(run: Importing, imports: int, within_s: float) -> float:
    """Return the highest reading until so many imports are over, or the time is."""
    began_s = asked_s = time.monotonic()
    peak = run.unreclaimable_mib()
    while (now_s := time.monotonic()) - began_s < within_s:
        peak = max(peak, run.unreclaimable_mib())
        time.sleep(READ_EVERY_S)
        if now_s - asked_s >= 1:
            asked_s = now_s
            if run.over() >= imports:
                break
    return peak
