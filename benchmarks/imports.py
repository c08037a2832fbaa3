"""Measures the importer, in its own environment and its own cgroup, against the unpaced fake."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figures import Figure, figure
from benchmarks.servers import Server, Start, fake, serving, stats
from loadtests import cgroup
from loadtests.cgroup import MemoryCgroup
from loadtests.errors import LimitUnavailable
from loadtests.settings import REPOSITORY

BYTES_PER_MIB = 2**20
PYTHON = REPOSITORY / ".venv-importer" / "bin" / "python"
GAMES = 500
AT_ONCE = (3, 10, 30, 100)
# A choice: far above anything measured here, so that the limit never shapes the figure.
LIMIT_BYTES = 1 << 30
# A choice: with a hundred imports at 750 games a second each has its first batch of 50 by then.
WATCHED_S = 8.0
READ_EVERY_S = 0.02
POLL_EVERY_S = 0.1
SETTLED_AFTER_S = 0.5
ANSWER_WITHIN_S = 60.0
ENDED = {"completed", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Importing:
    """A running importer, its upstream and its cgroup."""

    server: Server
    upstream: Server
    group: MemoryCgroup | None

    def unreclaimable_mib(self) -> float:
        """Read the memory that cannot be freed."""
        if self.group is None:
            raise LimitUnavailable(LIMIT_BYTES, "no cgroup was made")
        return self.group.read().unreclaimable_bytes() / BYTES_PER_MIB

    def submit(self, user: str) -> str:
        """Ask for an import and return where to follow it."""
        body = {"user_id": user, "platform": "lichess", "limit": GAMES}
        answer = httpx.post(f"{self.server.url}/api/v1/import-more-games", json=body, timeout=ANSWER_WITHIN_S)
        return f"{self.server.url}{answer.raise_for_status().headers['Location']}"

    def finish(self, user: str) -> int:
        """Import to the end and return how many games were stored."""
        place = self.submit(user)
        while not ended(place):
            time.sleep(POLL_EVERY_S)
        return int(state_of(place)["stored"])


def importer(folder: Path, repeats: int) -> list[Figure]:
    """Measure games per processor second, from HTTP in to rows committed."""
    found = []
    with (
        serving(fake(folder, GAMES, "--evals-share", "1")) as upstream,
        importing(folder, upstream, 1, in_cgroup=False) as run,
    ):
        run.finish("player-of-no-interest")
        for number in range(repeats):
            before_s = run.server.child.cpu_s()
            stored = run.finish(f"player{number}")
            found.append(stored / (run.server.child.cpu_s() - before_s))
    note = (
        f"one import of {GAMES} fully analysed games after another one, from request to rows committed, every move "
        "replayed; the server's processor time, polls every 0.1 s included"
    )
    return [figure("importer", "importer: end to end", "games per CPU-second", tuple(found), note)]


def imports(folder: Path, repeats: int) -> list[Figure]:
    """Measure the memory of an idle importer, and what imports at once add to it."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure("idle", "importer: idle", "MiB unreclaimable", (), str(error))]
    idle, added = list[float](), {number: list[float]() for number in AT_ONCE}
    with serving(fake(folder, GAMES, "--evals-share", "1")) as upstream:
        for _ in range(repeats):
            for number in AT_ONCE:
                before, peak = _watched(folder, upstream, number)
                idle.append(before)
                added[number].append(peak - before)
    note = "memory of its cgroup that cannot be freed (anonymous, shared, kernel, sockets), 0.5 s after its start"
    return [
        figure("idle", "importer: idle", "MiB unreclaimable", tuple(idle), note),
        *(_added(number, tuple(readings)) for number, readings in added.items()),
    ]


def _added(number: int, readings: tuple[float, ...]) -> Figure:
    note = (
        f"highest of the readings every 20 ms over the first {WATCHED_S:g} s of {number} imports of {GAMES} fully "
        f"analysed games, unpaced, less idle; all settings default but room for {number}"
    )
    return figure(f"imports {number}", f"importer: {number} imports at once add", "MiB unreclaimable", readings, note)


def _watched(folder: Path, upstream: Server, number: int) -> tuple[float, float]:
    """Return the memory before and the highest during so many imports."""
    with importing(folder, upstream, number, in_cgroup=True) as run:
        time.sleep(SETTLED_AFTER_S)
        before = peak = run.unreclaimable_mib()
        places = [run.submit(f"player{user}") for user in range(number)]
        began_s = time.monotonic()
        while time.monotonic() - began_s < WATCHED_S:
            peak = max(peak, run.unreclaimable_mib())
            time.sleep(READ_EVERY_S)
            if not stats(upstream)["streams_in_flight"] and all(map(ended, places)):
                break
    return before, peak


def state_of(place: str) -> dict[str, Any]:
    """Return an import as it stands."""
    state: dict[str, Any] = httpx.get(place, timeout=ANSWER_WITHIN_S).raise_for_status().json()
    return state


def ended(place: str) -> bool:
    """Say whether an import is over."""
    return state_of(place)["status"] in ENDED


@contextmanager
def importing(folder: Path, upstream: Server, at_once: int, *, in_cgroup: bool) -> Iterator[Importing]:
    """Run a fresh importer that may do so many imports at once, with an empty database."""
    database = folder / "games.sqlite3"
    for file in folder.glob("games.sqlite3*"):
        file.unlink()
    room = ("MAX_CONCURRENT_IMPORTS", "HTTP_POOL_LIMIT", "HTTP_POOL_LIMIT_PER_HOST", "UPSTREAM_MAX_STREAMS")
    environment = {"DATABASE_PATH": str(database), "LICHESS_BASE_URL": upstream.url} | dict.fromkeys(room, str(at_once))
    with ExitStack() as stack:
        group = stack.enter_context(cgroup.detect().create("benchmark", LIMIT_BYTES)) if in_cgroup else None
        entry_file = None if group is None else group.entry_file
        start = Start([str(PYTHON), "-m", "importer"], folder / "importer.log", environment, entry_file)
        yield Importing(stack.enter_context(serving(start)), upstream, group)
