"""Runs the importer's tools in the test's own process, on databases that are well and on some that are not."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from importer.__main__ import main
from importer.game import Game, read_game
from importer.pgn import RawGame
from importer.schema import STEPS
from importer.store import ImportRow, Phase, Status, Store
from tests.importing import ALICE, put_numbers
from tests.pgn_games import pgn


@dataclass(frozen=True)
class Ended:
    """How a tool ended, and what it said."""

    code: int
    out: bytes
    err: str


Tool = Callable[..., Ended]


def tool_on(path: Path, capture: pytest.CaptureFixture[bytes]) -> Tool:
    """Return what runs a tool on the database at *path*."""

    def run(*arguments: str) -> Ended:
        capture.readouterr()
        code = main(arguments, {"DATABASE_PATH": str(path)})
        out, err = capture.readouterr()
        return Ended(code, out, err.decode())

    return run


def filled(path: Path, games: int = 5) -> Path:
    """Make a database of Alice's games and of an import that stored them."""
    row = ImportRow("i1", *ALICE.key(), games, "2026-01-01T00:00:00+00:00", Status.COMPLETED, Phase.FINISHED, games)
    found = [read_game(RawGame(pgn(number).strip())) for number in range(games)]
    with closing(Store(str(path))) as store:
        store.save_batch(row, [one for one in found if isinstance(one, Game)], [])
    return path


def of_older_format(path: Path, games: int = 5) -> Path:
    """Make a database as the format before packing had it: with plain texts and no digests."""
    filled(path, games)
    newer = path.with_name("newer.sqlite3")
    shutil.move(path, newer)
    with closing(sqlite3.connect(path)) as db:
        db.create_function("digest", 1, bytes)
        for step in STEPS[:4]:
            db.executescript(step)
        db.execute("ATTACH ? AS newer", (str(newer),))
        columns = [name for _, name, *_ in db.execute("PRAGMA main.table_info(games)")]
        chosen = ", ".join(columns)
        db.execute(f"INSERT INTO games ({chosen}) SELECT {chosen} FROM newer.games")  # noqa: S608 columns of ours
        db.execute("UPDATE games SET pgn = ? || game_id", ("a plain text " * 50,))
        db.execute("PRAGMA user_version = 4")
        db.commit()
    newer.unlink()
    return path


def missing(path: Path) -> None:
    """Leave no database."""
    path.unlink(missing_ok=True)


def no_database(path: Path) -> None:
    """Put something else in its place."""
    path.write_bytes(b"no database, but long enough to be taken for one" * 100)


def of_a_later_format(path: Path) -> None:
    """Let a version that is not written yet have made it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def damaged(path: Path) -> None:
    """Write over every page but the first, which is what tells that it is a database."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))


def more(path: Path, first: int, last: int) -> None:
    """Store more of Alice's games, outside any import."""
    with closing(Store(str(path))) as store:
        put_numbers(store, range(first, last))
