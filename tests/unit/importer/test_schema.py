"""The database's format: old files become new ones, and keep what they hold."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from importer.reading import NEWEST, GamesReader
from importer.schema import SCHEMA_VERSION, STEPS
from importer.store import Store
from tests.importing import ALICE, put_numbers
from tests.pgn_games import game_id


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_file_of_an_older_format_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    """Opening an older file, of whichever format, keeps its games with their texts and adds what it lacks."""
    path = str(tmp_path / "games.sqlite3")
    with closing(sqlite3.connect(path)) as older:
        older.create_function("digest", 1, bytes)
        for step in STEPS[:version]:
            older.executescript(step)
        older.execute(f"PRAGMA user_version = {version}")
        older.execute(
            "INSERT INTO games (platform, user_id, game_id, white, black, result, variant, plies, pgn) "
            "VALUES ('lichess', 'alice', 'old', 'A', 'B', '*', 'Standard', 0, 'text')"
        )
        older.commit()
    with closing(Store(path)) as store:
        put_numbers(store, [1])
        assert [found for found, _ in store.newest_first(ALICE)] == [game_id(1), "old"]
    with closing(GamesReader(path)) as reader:
        (timed,) = reader.page(ALICE, NEWEST, 10)
        (old,) = reader.page(ALICE, NEWEST.of(timed), 10)
        assert (old.game_id, old.pgn) == ("old", "text")
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
