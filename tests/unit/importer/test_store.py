"""The database: what is kept, in which order it comes back, and that batches are all or nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import StoreUnusable
from importer.game import Game, Rejection, read_game
from importer.pgn import RawGame
from importer.schema import SCHEMA_VERSION
from importer.store import Account, DatabaseLock, Edge, ImportRow, Phase, Status, Store
from importer.store.packing import unpack
from tests.importing import ALICE, put, put_numbers
from tests.pgn_games import created_at_s, game_id, pgn

ROW = ImportRow("i1", "lichess", "Alice", 10, "2026-01-01T00:00:00+00:00")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return where the database of this test lies."""
    return str(tmp_path / "games.sqlite3")


@pytest.fixture
def store(path: str) -> Iterator[Store]:
    """Open an empty database."""
    with closing(Store(path)) as opened:
        yield opened


def game(number: int) -> Game:
    """Return the row of game *number*."""
    row = read_game(RawGame(pgn(number).strip()))
    assert isinstance(row, Game)
    return row


def test_a_batch_and_its_progress_are_one(store: Store) -> None:
    """Games, rejected texts and counts are stored together, and stored games are counted as the database saw them."""
    store.save_batch(ROW, [game(1), game(2)], [])
    row = store.save_batch(ROW, [game(2), game(3)], [Rejection("x", "why", b"\xff")])
    assert (row.stored, row.duplicates) == (1, 1)
    assert store.get_import("i1") == row
    assert store.rejected("i1") == [("x", "why", b"\xff")]


def test_a_batch_that_fails_leaves_nothing(store: Store) -> None:
    """When one row of a batch cannot be stored, none is, and neither is the progress."""
    bad = Rejection(None, None, b"text")  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        store.save_batch(ROW, [game(1)], [bad])
    assert list(store.newest_first(ALICE)) == []
    assert store.get_import("i1") is None


def test_every_column_comes_back(store: Store, path: str) -> None:
    """A stored game is the row that was given, field by field."""
    put_numbers(store, [7])
    with closing(sqlite3.connect(path)) as other:
        other.row_factory = sqlite3.Row
        (row,) = other.execute("SELECT * FROM games").fetchall()
    assert row["user_id"] == "alice"
    assert (row["game_id"], row["created_at_s"], row["white_elo"]) == (game_id(7), created_at_s(7), 1500)
    assert (row["termination"], row["plies"], row["result"]) == ("Normal", 4, "0-1")
    assert unpack(row["packed"]) == pgn(7).strip()


def test_a_rejected_text_is_kept_once(store: Store) -> None:
    """The same text of the same account again is a duplicate; another account's is not."""
    rejection = Rejection("x", "why", b"\xff")
    first = store.save_batch(ROW, [], [rejection, rejection])
    other = store.save_batch(replace(ROW, import_id="i2", user_id="Berta"), [], [rejection])
    assert (first.rejected, first.duplicates) == (1, 1)
    assert (other.rejected, other.duplicates) == (1, 0)


def test_unfinished_imports_come_back_in_their_order(store: Store) -> None:
    """Whatever was written last, the order is that of acceptance, and what is over is left out."""
    for name in ("z", "b", "a"):
        store.accept_import(replace(ROW, import_id=name))
    store.put_import(replace(ROW, import_id="z", status=Status.RUNNING))
    store.put_import(replace(ROW, import_id="b", status=Status.FAILED))
    assert [row.import_id for row in store.unfinished()] == ["z", "a"]


def test_closing_empties_the_log(store: Store, path: str) -> None:
    """After a proper end the database is one file, even while someone else has it open; a reader only delays that."""
    put_numbers(store, [1])
    log = Path(f"{path}-wal")
    assert log.stat().st_size > 0
    with closing(sqlite3.connect(path)):
        store.close()
        assert not log.exists() or log.stat().st_size == 0


def test_one_server_at_a_time_has_a_database(tmp_path: Path) -> None:
    """A second lock on the same file is refused by whatever name it goes, until the first is given back."""
    path = tmp_path / "games.sqlite3"
    path.touch()
    (tmp_path / "alias.sqlite3").symlink_to(path)
    with closing(DatabaseLock(str(path))), pytest.raises(StoreUnusable, match="belongs to a server that is running"):
        DatabaseLock(str(tmp_path / "alias.sqlite3"))
    DatabaseLock(str(path)).close()


def test_a_lock_that_cannot_be_taken_names_the_file(tmp_path: Path) -> None:
    """Where there is no folder there is no lock either."""
    with pytest.raises(StoreUnusable, match="No such file"):
        DatabaseLock(str(tmp_path / "nowhere" / "games.sqlite3"))


def test_an_import_comes_back_as_it_was_put(store: Store) -> None:
    """All that is known of an import survives the process; the last write counts."""
    store.put_import(ROW)
    ended = ImportRow("i1", "lichess", "Alice", 10, ROW.requested_at, Status.FAILED, Phase.FINISHED, error="why")
    store.put_import(ended)
    assert store.get_import("i1") == ended
    assert store.get_import("i2") is None


def test_pages_of_ids_cover_everything_in_order(store: Store) -> None:
    """Page after page, each beginning after the last, all ids come once; other accounts' do not."""
    put_numbers(store, range(5))
    put(store, [pgn(9)], Account("lichess", "Berta"))
    pages = [store.page_of_ids(ALICE, after, 2) for after in ("", game_id(1), game_id(3), game_id(4))]
    assert pages == [[game_id(0), game_id(1)], [game_id(2), game_id(3)], [game_id(4)], []]


def test_the_edges_are_the_newest_and_the_oldest_second(store: Store) -> None:
    """Each edge says how many games share its second; games without a time have no part in it."""
    assert (store.newest(ALICE), store.oldest(ALICE)) == (None, None)
    put_numbers(store, [1, 2])
    put(store, [pgn(3, "1-0", created_at_s(2)), pgn(4, "1-0", UTCDate=None, UTCTime=None)])
    assert store.newest(ALICE) == Edge(created_at_s(2), 2)
    assert store.oldest(ALICE) == Edge(created_at_s(1), 1)


def test_games_are_listed_newest_first(store: Store) -> None:
    """The newest game leads, and games without a time close the list."""
    put(store, [pgn(4, "1-0", UTCDate=None, UTCTime=None)])
    put_numbers(store, [1, 3, 2])
    expected = [(game_id(number), created_at_s(number)) for number in (3, 2, 1)]
    assert list(store.newest_first(ALICE)) == [*expected, (game_id(4), None)]


def test_a_database_of_another_version_is_refused(store: Store, path: str) -> None:
    """Tables that this program does not know are left alone, and the message names both versions."""
    store.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match=f"has format 99, this program reads up to format {SCHEMA_VERSION}"):
        Store(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """The message names the path."""
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like one" * 100)
    with pytest.raises(StoreUnusable, match=r"notes\.txt"):
        Store(str(tmp_path / "notes.txt"))


def test_a_second_open_finds_what_the_first_stored(store: Store, path: str) -> None:
    """Games outlive the process that stored them."""
    put_numbers(store, [1])
    store.close()
    with closing(Store(path)) as again:
        assert list(again.newest_first(ALICE)) == [(game_id(1), created_at_s(1))]
