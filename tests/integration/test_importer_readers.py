"""Which library replays the moves, and where large games are read, in the importer as it runs."""

import asyncio
import os
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from importer.game import Game, read_game
from importer.pgn import GAME_BYTES_MOST, RawGame
from importer.pulse import Pulse
from importer.store import ImportRow
from tests.importer_process import end_of, importer, submit
from tests.importing import importing
from tests.pgn_games import pgn
from tests.scripted_upstream import Answer, scripted
from tests.servers import running
from tests.shape.pure_modules import ROOT

GAMES = 60
MADE_FOR_THE_PURPOSE = pgn(1, "Nf3 Nf6 Ng1 Ng8 " * (GAME_BYTES_MOST // 18) + "1/2-1/2")


@pytest.mark.parametrize("arguments", [("--port", "0"), ("add-games", "--user", "someone", "-")])
def test_the_extra_is_asked_for_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Without the library of the extra server and tool say what is missing and what to do, and do not start."""
    started = subprocess.run(
        [ROOT / ".venv-importer" / "bin" / "python", "-m", "importer", *arguments],
        env={**os.environ, "PGN_READER": "fast", "DATABASE_PATH": str(tmp_path / "games.sqlite3")},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (started.returncode, started.stdout) == (2, "")
    assert started.stderr == (
        "importer: PGN_READER is 'fast', but must be \"chess\" where pgn-read is not installed (No module named "
        "'pgn_read'); pip install \"import-capacity[fast]\" adds it. Change it or unset it, then start again.\n"
    )


def test_either_library_stores_the_same_rows(tmp_path: Path) -> None:
    """Two servers that differ in their reader alone end with the same games and the same rejected texts."""
    rows = []
    with running(["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]) as upstream:
        for reader in ("chess", "fast"):
            path = tmp_path / reader
            path.mkdir()
            with importer(path, upstream, PGN_READER=reader) as client:
                ended = end_of(client, submit(client, "player1", GAMES)["import_id"])
                assert (ended["status"], ended["stored"]) == ("completed", GAMES)
            with closing(sqlite3.connect(path / "games.sqlite3")) as db:
                rows.append(db.execute("SELECT * FROM games ORDER BY game_id").fetchall())
    assert rows[0] == rows[1]


def test_a_game_of_thousands_of_moves_does_not_hold_the_loop(tmp_path: Path) -> None:
    """While it is read the loop goes on: its thread computes for much less than reading takes."""
    began_s = time.thread_time()
    assert isinstance(read_game(RawGame(MADE_FOR_THE_PURPOSE.strip())), Game)
    reading_s = time.thread_time() - began_s
    held_s: list[float] = [0.0]

    async def run() -> ImportRow:
        async with (
            scripted(Answer((MADE_FOR_THE_PURPOSE,))) as upstream,
            importing(upstream.url, tmp_path) as here,
            Pulse(lambda _late_s, computed_s: held_s.append(computed_s)),
        ):
            return await here.run(1)

    assert asyncio.run(run()).stored == 1
    assert max(held_s) < reading_s / 2
