"""Runs crowds of imports to completion under a real memory limit, and compares what is stored with the truth."""

import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.figures import Figure, figure
from benchmarks.importing import BYTES_PER_MIB, Importing, Setup, importing, peak_mib
from benchmarks.servers import USER_AGENT, Server, fake, serving
from loadtests import cgroup
from loadtests.errors import LimitUnavailable

# A choice: many times what a crowd takes on an idle machine of two cores, because others may be at work too.
WITHIN_S = 900.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many imports at once of so many games, under so small a limit."""

    imports: int
    games: int
    limit_mib: int
    profile: str

    def name(self) -> str:
        """Name it."""
        return f"importer: {self.imports:,} imports of {self.games} games inside {self.limit_mib} MiB"


CROWDS = (Crowd(100, 500, 128, "recommended"), Crowd(1000, 50, 256, "lean"))


def crowds(folder: Path, _repeats: int) -> list[Figure]:
    """Run each crowd once: it takes a minute, and either every game is there or not."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure(f"crowd {crowd.imports}", crowd.name(), "games right", (), str(error)) for crowd in CROWDS]
    return [each for crowd in CROWDS for each in _ran(folder, crowd)]


def _ran(folder: Path, crowd: Crowd) -> list[Figure]:
    """Return how much of the truth was stored, and the memory it took."""
    with serving(fake(folder, crowd.games, "--evals-share", "1")) as upstream:
        setup = Setup(crowd.imports, crowd.profile, limit_bytes=crowd.limit_mib * BYTES_PER_MIB)
        with importing(folder, upstream, setup) as run:
            peak, at_once = _followed(run, crowd)
            kills = 0 if run.group is None else run.group.oom_kills()
        right = _right(folder / "games.sqlite3", upstream, crowd)
    note = (
        f"fully analysed games stored exactly once, of {crowd.imports * crowd.games:,}, less those that should not be "
        f"there; {at_once:,} streams were open at once before the first game was sent, unpaced, to completion; profile "
        f"{crowd.profile}; the kernel killed for memory {kills} times; one reading"
    )
    memory = "highest of the readings every 20 ms until the last import was over; at the limit it would be killed"
    return [
        figure(f"crowd {crowd.imports}", crowd.name(), "games right", (float(right),), note),
        figure(f"crowd {crowd.imports} MiB", f"{crowd.name()}, peak", "MiB unreclaimable", (peak,), memory),
    ]


def _followed(run: Importing, crowd: Crowd) -> tuple[float, int]:
    """Ask for every import and wait until all are over; return the peak and how many streams were open at once."""
    peak, at_once = run.unreclaimable_mib(), 0
    try:
        # The upstream is stopped until every import waits for it: else the first would be over before the last began.
        os.kill(run.upstream.child.pid, signal.SIGSTOP)
        try:
            for user in range(crowd.imports):
                run.submit(f"player{user}", crowd.games)
            at_once = int(run.metrics()["importer_upstream_streams"])
        finally:
            os.kill(run.upstream.child.pid, signal.SIGCONT)
        peak = max(peak, peak_mib(run, crowd.imports, WITHIN_S))
    except httpx.HTTPError:
        pass  # it was killed, or does not answer any more: what is stored decides
    return peak, at_once


def _right(database: Path, upstream: Server, crowd: Crowd) -> int:
    """Count what is stored exactly once and should be, less everything else."""
    # The table is read directly: the importer's tool takes a process for each of a thousand users.
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        stored = Counter(db.execute("SELECT user_id, game_id FROM games").fetchall())
    with httpx.Client(base_url=upstream.url, headers={"User-Agent": USER_AGENT}) as client:
        true = {
            (user, game["id"])
            for user in (f"player{number}" for number in range(crowd.imports))
            for game in client.get(f"/_control/users/{user}/truth").raise_for_status().json()["games"]
        }
    right = sum(stored[key] == 1 for key in true)
    return right - sum(count for key, count in stored.items() if key not in true or count > 1)
