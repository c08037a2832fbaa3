"""Measures how games are best kept and looked for: plain or packed texts, and two ways to know what is stored."""

import shutil
import subprocess
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import httpx

from benchmarks.figures import Figure, figure
from benchmarks.importing import GAMES, PYTHON, SETTLED_AFTER_S, Importing, Setup, importing, peak_mib
from benchmarks.servers import FULL, USER_AGENT, Server, fake, serving
from loadtests import cgroup
from loadtests.errors import LimitUnavailable
from loadtests.settings import REPOSITORY

PACKED_GAMES = 3_000
LEVELS = (1, 3, 6, 9)
# The widest there is, which spans the larger dictionary; it makes no game smaller than the importer's of 8 KiB.
_WINDOW_BITS, _MEMORY_LEVEL = -15, 8
SMALL_BYTES, LARGE_BYTES = 1_500, 32_768
CHOSEN_LEVEL = 3
MICROSECONDS = 1e6

STRATEGIES = ("lookup", "pages")
STORED = (0, 10_000, 100_000)
AT_ONCE = 3
WITHIN_S = 60.0
_FIRST_YEAR = 2099  # newer than every game that the fake makes up, so that all of those are older than what is stored
_GAMES_PER_DAY = 1_000


def texts(folder: Path, repeats: int) -> list[Figure]:
    """Measure size and processor time of each way to keep a text, and of the importer's own way."""
    with serving(fake(folder, PACKED_GAMES)) as upstream:
        exported = {"with clocks": _export(upstream, FULL), "without": _export(upstream, "")}
    found = list[Figure]()
    for kind, export in exported.items():
        games = _split(export)
        found += [each for level in LEVELS for each in _packed(kind, games, level, 0, repeats)[:2]]
        for dictionary_bytes in (SMALL_BYTES, LARGE_BYTES):
            found += _packed(kind, games, CHOSEN_LEVEL, dictionary_bytes, repeats)
        found += _kept(folder, kind, export, len(games), repeats)
    return found


def _export(upstream: Server, parameters: str) -> bytes:
    url = f"{upstream.url}/api/games/user/player1?{parameters}"
    return httpx.get(url, headers={"User-Agent": USER_AGENT}, timeout=WITHIN_S).raise_for_status().content


def _split(export: bytes) -> list[bytes]:
    first, *others = export.split(b"\n\n\n[")
    return [first.strip(), *(b"[" + each.strip() for each in others)]


def _packed(kind: str, games: Sequence[bytes], level: int, dictionary_bytes: int, repeats: int) -> list[Figure]:
    """Measure zlib on games that are not in its dictionary."""
    dictionary = b"".join(games)[:dictionary_bytes]
    others = games[len(games) // 4 :]
    pressed = [_press(game, level, dictionary) for game in others]
    ratio = 100 * sum(map(len, pressed)) / sum(map(len, others))
    how = f"dictionary of {dictionary_bytes:,} bytes" if dictionary_bytes else "no dictionary"
    name = f"texts {kind}: zlib {level}, {how}"
    note = f"{len(others):,} games, each on its own; the dictionary is the beginning of other games of the export"
    return [
        figure(None, f"{name}, size", "% of the text", (ratio,) * repeats, note),
        figure(
            None,
            f"{name}, packing",
            "us a game",
            _each_us(repeats, others, lambda game: _press(game, level, dictionary)),
            "processor time",
        ),
        figure(
            None,
            f"{name}, reading",
            "us a game",
            _each_us(repeats, pressed, lambda packed: _unpress(packed, dictionary)),
            "processor time",
        ),
    ]


def _press(raw: bytes, level: int, dictionary: bytes) -> bytes:
    settings = (level, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY)
    press = zlib.compressobj(*settings, dictionary) if dictionary else zlib.compressobj(*settings)
    return press.compress(raw) + press.flush()


def _unpress(packed: bytes, dictionary: bytes) -> bytes:
    unpress = zlib.decompressobj(_WINDOW_BITS, dictionary) if dictionary else zlib.decompressobj(_WINDOW_BITS)
    return unpress.decompress(packed)


def _each_us(repeats: int, items: Sequence[bytes], work: Callable[[bytes], bytes]) -> tuple[float, ...]:
    found = []
    for _ in range(repeats):
        began_s = time.process_time()
        for item in items:
            work(item)
        found.append((time.process_time() - began_s) / len(items) * MICROSECONDS)
    return tuple(found)


def _kept(folder: Path, kind: str, export: bytes, games: int, repeats: int) -> list[Figure]:
    """Measure the importer's own file."""
    file, database = folder / "games.pgn", folder / "texts.sqlite3"
    file.write_bytes(export)
    sizes = []
    for _ in range(repeats):
        database.unlink(missing_ok=True)
        _tool(database, "add-games", "--trusted", "--user", "player1", str(file))
        sizes.append(database.stat().st_size / games)
    database.unlink()
    plain = (len(export) / games,) * repeats
    return [
        figure(None, f"texts {kind}: as they come", "bytes a game", plain, f"an export of {games:,} games"),
        figure(
            None,
            f"texts {kind}: in the importer's file",
            "bytes a game",
            tuple(sizes),
            "the whole database of that export over its games: texts, other columns and indexes",
        ),
    ]


def _tool(database: Path, *arguments: str, lines: Iterable[bytes] = ()) -> None:
    """Run one of the importer's tools."""
    command = [str(PYTHON), "-m", "importer", *arguments]
    environment = {"DATABASE_PATH": str(database)}
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as tool:
        if tool.stdin is not None:
            tool.stdin.writelines(lines)
    if tool.returncode:
        raise RuntimeError(f"{command[3:]} ended with {tool.returncode}; run it by hand")


def existing(folder: Path, repeats: int) -> list[Figure]:
    """Compare two ways to know what is stored, by what an import weighs and what a game costs."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure(None, "existing games", "MiB an import", (), str(error))]
    found = list[Figure]()
    with serving(fake(folder, GAMES, "--evals-share", "1")) as upstream:
        for stored in STORED:
            prepared = _prepared(folder, stored)
            for strategy in STRATEGIES:
                found += _known(folder, upstream, (prepared, stored, strategy), repeats)
            prepared.unlink()
    return found


def _known(folder: Path, upstream: Server, case: tuple[Path, int, str], repeats: int) -> list[Figure]:
    prepared, stored, strategy = case
    database = folder / "existing.sqlite3"
    readings = []
    for _ in range(repeats):
        for file in folder.glob("existing.sqlite3*"):
            file.unlink()
        shutil.copyfile(prepared, database)
        setup = Setup(AT_ONCE, settings={"EXISTING_GAMES_STRATEGY": strategy}, database=database)
        with importing(folder, upstream, setup) as run:
            readings.append(_weighed(run))
    name = f"existing games: {strategy}, {stored:,} stored"
    note = (
        f"{AT_ONCE} imports at once of {GAMES} fully analysed games each, into accounts that hold {stored:,} already; "
        "profile recommended but for this; highest of the readings every 20 ms, less idle, over the imports"
    )
    return [
        figure(None, f"{name}, memory", "MiB an import", tuple(mib for mib, _ in readings), note),
        figure(
            None,
            f"{name}, time",
            "CPU-us a game",
            tuple(each for _, each in readings),
            "the server's processor time of the same imports, over their games",
        ),
    ]


def _weighed(run: Importing) -> tuple[float, float]:
    """Return the memory that an import adds, and the processor time that a game takes."""
    time.sleep(SETTLED_AFTER_S)
    idle, before_s = run.unreclaimable_mib(), run.server.child.cpu_s()
    places = [run.submit(user) for user in _users()]
    peak = peak_mib(run, len(places), WITHIN_S)
    stored = [run.state_of(place)["stored"] for place in places]
    if stored != [GAMES] * len(places):
        raise RuntimeError(f"{stored} games were stored instead of {GAMES} each; see importer.log")
    return (peak - idle) / len(places), (run.server.child.cpu_s() - before_s) / sum(stored) * MICROSECONDS


def _users() -> list[str]:
    return [f"player{number}" for number in range(1, AT_ONCE + 1)]


def _prepared(folder: Path, games: int) -> Path:
    """Store so many games of two moves for each user, and return the database."""
    database = folder / f"existing-{games}.kept"
    for user in _users():
        _tool(database, "add-games", "--trusted", "--user", user, "-", lines=(_text(number) for number in range(games)))
    return database


def _text(number: int) -> bytes:
    day, second = divmod(number, _GAMES_PER_DAY)
    month, day = divmod(day, 28)
    at = f"{second // 60:02}:{second % 60:02}:00"
    # A multiplier without a factor in common with 16**8 gives each number another id, scattered as Lichess's are.
    game_id = f"{number * 2_654_435_761 % 16**8:08x}"
    return (
        f'[Event "casual"]\n[Site "https://lichess.org/{game_id}"]\n[White "a"]\n[Black "b"]\n[Result "1-0"]\n'
        f'[GameId "{game_id}"]\n[UTCDate "{_FIRST_YEAR}.{month + 1:02}.{day + 1:02}"]\n[UTCTime "{at}"]\n\n'
        "1. e4 e5 1-0\n\n\n"
    ).encode()
