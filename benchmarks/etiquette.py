"""Measures what several streams at once win from an upstream that grants an address two, and what they cost.

Time is compressed: the fake's pace and the importer's wait after a 429 alike, so that their relation stays true.
"""

import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figures import Figure, figure
from benchmarks.importing import ANSWER_WITHIN_S, ENDED, GAMES, PYTHON
from benchmarks.servers import Server, Start, fake, serving, stats

IMPORTS = 3
STREAMS = (1, 2, 3)
# A choice: two streams then bring 400 games a second, which one core replays with room to spare.
SPEED = 8
# What Lichess asks for after a 429, and the importer's default.
BUSY_WAIT_S = 60.0
POLL_EVERY_S = 0.05


_NOTE = (
    f"from the first request until all {IMPORTS * GAMES:,} games were stored, {GAMES} an import, against the profile "
    f"lichess (25 games/s a stream, two streams an address); measured with all time {SPEED} times faster, and scaled"
)


def etiquette(folder: Path, repeats: int) -> list[Figure]:
    """Measure three imports at once over one, two and three streams of the `lichess` profile."""
    found: list[Figure] = []
    for streams in STREAMS:
        readings = [_shared(folder, streams) for _ in range(repeats)]
        name = f"importer: {IMPORTS} imports over {streams} stream{'s' if streams > 1 else ''}"
        elapsed_s = tuple(one for one, _ in readings)
        refusals = tuple(float(one) for _, one in readings)
        found += [
            figure(None, name, "s at the true pace", elapsed_s, _NOTE),
            figure(None, f"{name}, refused", "times", refusals, "answers 429 that the upstream counted meanwhile"),
        ]
    return found


def _shared(folder: Path, streams: int) -> tuple[float, int]:
    """Return how long all imports took at the true pace, and how often the upstream refused."""
    for file in folder.glob("games.sqlite3*"):
        file.unlink()
    upstream_start = fake(folder, GAMES, "--profile", "lichess", "--max-streams", "2", "--speed", str(SPEED))
    with serving(upstream_start) as upstream, serving(_importer(folder, upstream, streams)) as server:
        began_s = time.monotonic()
        places = [_submit(server, f"player{user}") for user in range(IMPORTS)]
        while not all(_state_of(place)["status"] in ENDED for place in places):
            time.sleep(POLL_EVERY_S)
        elapsed_s = time.monotonic() - began_s
        stored = sum(int(_state_of(place)["stored"]) for place in places)
        if stored != IMPORTS * GAMES:
            raise RuntimeError(f"{stored} of {IMPORTS * GAMES} games were stored; see {folder / 'importer.log'}")
        return elapsed_s * SPEED, stats(upstream)["too_many_requests"]


def _importer(folder: Path, upstream: Server, streams: int) -> Start:
    environment = {
        "DATABASE_PATH": str(folder / "games.sqlite3"),
        "LICHESS_BASE_URL": upstream.url,
        "MAX_CONCURRENT_IMPORTS": str(IMPORTS),
        "UPSTREAM_MAX_STREAMS": str(streams),
        "UPSTREAM_BUSY_WAIT_S": str(BUSY_WAIT_S / SPEED),
    }
    return Start([str(PYTHON), "-m", "importer"], folder / "importer.log", environment)


def _submit(server: Server, user: str) -> str:
    """Ask for an import and return where to follow it."""
    body = {"user_id": user, "platform": "lichess", "limit": GAMES}
    answer = httpx.post(f"{server.url}/api/v1/import-more-games", json=body, timeout=ANSWER_WITHIN_S)
    return f"{server.url}{answer.raise_for_status().headers['Location']}"


def _state_of(place: str) -> dict[str, Any]:
    """Return an import as it stands."""
    state: dict[str, Any] = httpx.get(place, timeout=ANSWER_WITHIN_S).raise_for_status().json()
    return state
