"""Measures what imports cost the importer: processor time a game, and memory at rest and at work."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Figure, figure
from benchmarks.importing import GAMES, SETTLED_AFTER_S, Setup, importing, peak_mib
from benchmarks.servers import Server, fake, serving
from loadtests import cgroup
from loadtests.errors import LimitUnavailable

# A choice: two seconds of the server's processor time, which is counted in ticks of 10 ms.
TIMED_GAMES = 2000
# Which profile is measured with how many imports at once; the difference of the last two is what one import more adds.
AT_ONCE: Mapping[str, tuple[int, ...]] = {"recommended": (3, 10, 100), "lean": (10, 100)}
FEW, MANY = 10, 100
# A choice: with a hundred imports at 750 games a second each has its first batch of 50 by then.
WATCHED_S = 8.0


def importer(folder: Path, repeats: int) -> list[Figure]:
    """Measure games per processor second, from HTTP in to rows committed, with each reader."""
    environments = {"chess": "its own environment", "fast": "the harness's environment, which has the extra"}
    note = (
        f"one import of {TIMED_GAMES:,} fully analysed games after another one, from request to rows committed, every "
        "move replayed; the server's processor time, polls every 0.1 s included; PGN_READER={}, in {}"
    )
    found = []
    with serving(fake(folder, TIMED_GAMES, "--evals-share", "1")) as upstream:
        for reader, goal in (("chess", "importer"), ("fast", "fast")):
            setup = Setup(1, settings={"PGN_READER": reader}, limit_bytes=None)
            if reader == "fast":
                setup = Setup(1, settings={"PGN_READER": reader}, limit_bytes=None, python=Path(sys.executable))
            name = f"importer: end to end, {'python-chess' if reader == 'chess' else 'pgn_read'}"
            readings = _games_per_cpu_s(folder, upstream, setup, repeats)
            found.append(
                figure(goal, name, "games per CPU-second", readings, note.format(reader, environments[reader]))
            )
    return found


def _games_per_cpu_s(folder: Path, upstream: Server, setup: Setup, repeats: int) -> tuple[float, ...]:
    found = []
    with importing(folder, upstream, setup) as run:
        run.finish("player-of-no-interest")
        for number in range(repeats):
            before_s = run.server.child.cpu_s()
            stored = run.finish(f"player{number}", TIMED_GAMES)
            found.append(stored / (run.server.child.cpu_s() - before_s))
    return tuple(found)


def imports(folder: Path, repeats: int) -> list[Figure]:
    """Measure the memory of an idle importer, and what imports at once add to it."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure("idle", "importer: idle", "MiB unreclaimable", (), str(error))]
    idle, added = list[float](), dict[tuple[str, int], list[float]]()
    with serving(fake(folder, GAMES, "--evals-share", "1")) as upstream:
        for _ in range(repeats):
            for profile, numbers in AT_ONCE.items():
                for number in numbers:
                    before, peak = _watched(folder, upstream, Setup(number, profile))
                    idle.append(before)
                    added.setdefault((profile, number), []).append(peak - before)
    note = "memory of its cgroup that cannot be freed (anonymous, shared, kernel, sockets), 0.5 s after its start"
    return [
        figure("idle", "importer: idle", "MiB unreclaimable", tuple(idle), note),
        *(_added(profile, number, tuple(readings)) for (profile, number), readings in added.items()),
        *(_each_more(profile, added[profile, FEW], added[profile, MANY]) for profile in AT_ONCE),
    ]


def _added(profile: str, number: int, readings: tuple[float, ...]) -> Figure:
    note = (
        f"highest of the readings every 20 ms over the first {WATCHED_S:g} s of {number} imports of {GAMES} fully "
        f"analysed games, unpaced, less idle; profile {profile} with room for {number}"
    )
    name = f"importer: {number} imports at once add, {profile}"
    return figure(f"{profile} {number}", name, "MiB unreclaimable", readings, note)


def _each_more(profile: str, few: list[float], many: list[float]) -> Figure:
    readings = tuple((more - less) / (MANY - FEW) for less, more in zip(few, many, strict=True))
    name = f"importer: each import from {FEW} to {MANY} adds, {profile}"
    return figure(f"{profile} each", name, "MiB unreclaimable", readings, "the two above, run by run")


def _watched(folder: Path, upstream: Server, setup: Setup) -> tuple[float, float]:
    """Return the memory before and the highest during so many imports."""
    with importing(folder, upstream, setup) as run:
        time.sleep(SETTLED_AFTER_S)
        before = run.unreclaimable_mib()
        for user in range(setup.at_once):
            run.submit(f"player{user}")
        return before, max(before, peak_mib(run, setup.at_once, WATCHED_S))
