"""Measures whether an import needs more memory where half a million games are stored already."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, figure
from benchmarks.importing import GAMES, PYTHON, Importing, Setup, importing, peak_mib
from benchmarks.servers import fake, serving
from loadtests import cgroup
from loadtests.errors import LimitUnavailable
from loadtests.settings import REPOSITORY

LARGE, SMALL = 500_000, 500
USER = "player1"
WITHIN_S = 60.0
# Newer than every game that the fake makes up, so that all of those are older than what is stored.
_DAY = "2099.01.{:02}"
_SECONDS_PER_DAY = 86_400


def large_account(folder: Path, repeats: int) -> list[Figure]:
    """Compare the memory of one more import into a large and into a small account."""
    try:
        cgroup.detect()
    except LimitUnavailable as error:
        return [figure("large account", "importer: large account over small one", "times", (), str(error))]
    peaks: dict[int, tuple[float, ...]] = {}
    with serving(fake(folder, GAMES, "--evals-share", "1")) as upstream:
        for stored in (LARGE, SMALL):
            kept = _prepared(folder, stored)
            setup = Setup(1, None, database=folder / "account.sqlite3")
            found = []
            for _ in range(repeats):
                shutil.copyfile(kept, setup.database or kept)
                with importing(folder, upstream, setup) as run:
                    found.append(_peak_mib(run))
                for file in folder.glob("account.sqlite3*"):
                    file.unlink()
            kept.unlink()
            peaks[stored] = tuple(found)
    note = (
        f"highest of the readings every 20 ms, in all, while {GAMES} more fully analysed games are imported into an "
        f"account of {{}} games; default settings"
    )
    ratios = tuple(large / small for large, small in zip(peaks[LARGE], peaks[SMALL], strict=True))
    return [
        *(
            figure(
                None,
                f"importer: {GAMES} games more to {stored:,}",
                "MiB unreclaimable",
                peaks[stored],
                note.format(f"{stored:,}"),
            )
            for stored in (LARGE, SMALL)
        ),
        figure(
            "large account", "importer: large account over small one", "times", ratios, "the two above, pair by pair"
        ),
    ]


def _peak_mib(run: Importing) -> float:
    place = run.submit(USER)
    peak = peak_mib(run, 1, WITHIN_S)
    stored = run.state_of(place)["stored"]
    if stored != GAMES:
        raise RuntimeError(f"{stored} of {GAMES} games were stored; see importer.log")
    return peak


def _prepared(folder: Path, games: int) -> Path:
    """Store so many games of two moves with the importer's own tool and return the database."""
    kept = folder / f"prepared-{games}.sqlite3"
    command = [str(PYTHON), "-m", "importer", "add-games", "--trusted", "--user", USER, "-"]
    environment = {"DATABASE_PATH": str(kept)}
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as tool:
        if tool.stdin is None:
            raise RuntimeError("no pipe to the tool was made")
        for text in _texts(games):
            tool.stdin.write(text)
    if tool.returncode:
        raise RuntimeError(f"{command[3:]} ended with {tool.returncode}; run it by hand")
    return kept


def _texts(games: int) -> Iterator[bytes]:
    """Yield small games with ids in no order, a second apart, a thousand at a time."""
    for first in range(0, games, 1000):
        yield b"".join(_text(number) for number in range(first, min(first + 1000, games)))


def _text(number: int) -> bytes:
    days, second = divmod(number, _SECONDS_PER_DAY)
    time = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    # A multiplier without a factor in common with 16**8 gives each number another id, scattered as Lichess's are.
    game_id = f"{number * 2_654_435_761 % 16**8:08x}"
    return (
        f'[Event "casual"]\n[Site "https://lichess.org/{game_id}"]\n[White "a"]\n[Black "b"]\n[Result "1-0"]\n'
        f'[GameId "{game_id}"]\n[UTCDate "{_DAY.format(days + 1)}"]\n[UTCTime "{time}"]\n\n1. e4 e5 1-0\n\n\n'
    ).encode()
