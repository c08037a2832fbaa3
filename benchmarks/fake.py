"""Measures the fake Lichess: how fast it streams and starts, and what its memory depends on."""

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, figure
from benchmarks.servers import Server, drain, fake, serving, stats

BYTES_PER_MIB = 2**20
# A choice: half a second of streaming, fifty times the clock tick in which processor time is counted.
STREAMED_GAMES = 100_000
STREAMS = 100
# So many that no stream is over before the last has begun.
GAMES_A_STREAM = 10_000
LARGE, SMALL = 500_000, 500


def stream(folder: Path, repeats: int) -> list[Figure]:
    """Measure games per processor second, once as accounts usually are and once with every game analysed."""
    usual = _streamed(folder, repeats, [])
    worst = _streamed(folder, repeats, ["--evals-share", "1"])
    note = (
        f"one unpaced export of {STREAMED_GAMES:,} games with clocks, evaluations and openings, after one "
        "of another account; the server's processor time, its kernel's part included"
    )
    return [
        figure("stream", "fake: streaming", "games per CPU-second", usual, note),
        figure("stream", "fake: streaming, every game analysed", "games per CPU-second", worst, note),
    ]


def _streamed(folder: Path, repeats: int, options: list[str]) -> tuple[float, ...]:
    found = []
    with serving(fake(folder, STREAMED_GAMES, *options)) as server:
        drain(server, ["player-of-no-interest"])
        for number in range(repeats):
            games, cpu_s = stats(server)["games_sent"], server.child.cpu_s()
            drain(server, [f"player{number}"])
            found.append((stats(server)["games_sent"] - games) / (server.child.cpu_s() - cpu_s))
    return tuple(found)


def streams(folder: Path, repeats: int) -> list[Figure]:
    """Measure the memory of many streams at once."""
    users = [f"player{number}" for number in range(STREAMS)]

    def peak() -> float:
        with serving(fake(folder, GAMES_A_STREAM, "--evals-share", "1")) as server:
            drain(server, users)
            at_once = stats(server)["streams_in_flight_most"]
            if at_once != STREAMS:
                raise RuntimeError(f"only {at_once} of {STREAMS} streams were open at once; stream more games each")
            return peak_mib(server)

    note = (
        f"highest resident set (VmHWM) of a fresh server after {STREAMS} unpaced exports of {GAMES_A_STREAM:,} fully "
        "analysed games each, all open at once as the server itself counts"
    )
    return [figure("streams", f"fake: {STREAMS} streams at once", "MiB resident", _each(repeats, peak), note)]


def start(folder: Path, repeats: int) -> list[Figure]:
    """Measure the time from starting the process to its first answer."""

    def elapsed() -> float:
        began_s = time.monotonic()
        with serving(fake(folder, SMALL)):
            return time.monotonic() - began_s

    note = "from starting the process to its first answer, asked every 20 ms; wall-clock time"
    return [figure("start", "fake: start", "s", _each(repeats, elapsed), note)]


def accounts(folder: Path, repeats: int) -> list[Figure]:
    """Compare the memory of one large account with that of many small ones, streaming as many games."""
    large = _each(repeats, lambda: _after(folder, LARGE, ["player1"]))
    small = _each(repeats, lambda: _after(folder, SMALL, [f"player{number}" for number in range(LARGE // SMALL)]))
    ratios = tuple(one / other for one, other in zip(large, small, strict=True))
    note = f"highest resident set of a fresh server after {LARGE:,} games of one account"
    same = f"the same after as many games of {LARGE // SMALL:,} accounts"
    return [
        figure(None, f"fake: account of {LARGE:,} games", "MiB resident", large, note),
        figure(None, f"fake: accounts of {SMALL} games", "MiB resident", small, same),
        figure("accounts", "fake: large account over small ones", "times", ratios, "the two above, pair by pair"),
    ]


def _after(folder: Path, games: int, users: list[str]) -> float:
    with serving(fake(folder, games)) as server:
        for user in users:
            drain(server, [user])
        return peak_mib(server)


def peak_mib(server: Server) -> float:
    """Return the highest resident set so far."""
    peak_bytes = server.child.vm_hwm_bytes()
    if peak_bytes is None:
        raise RuntimeError(f"{server.url} ended while it was measured; see its log")
    return peak_bytes / BYTES_PER_MIB


def _each(repeats: int, measure: Callable[[], float]) -> tuple[float, ...]:
    return tuple(measure() for _ in range(repeats))
