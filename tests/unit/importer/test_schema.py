"""The database's format: old files become new ones, and no query has to look at what it does not return."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.reading import COUNTS, TIMED, UNTIMED
from importer.schema import STEPS
from importer.store import ImportFilter, Status, Store, imports_query
from tests.importing import ALICE, put_numbers
from tests.pgn_games import game_id

BY = "SEARCH imports USING INDEX imports_by"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that the store has set up, beside the store."""
    path = str(tmp_path / "games.sqlite3")
    with closing(Store(path)), closing(sqlite3.connect(path)) as opened:
        yield opened


def plan(database: sqlite3.Connection, query: str, parameters: object) -> list[str]:
    """Return how SQLite carries a query out, without the look-up of the place to begin at."""
    rows = database.execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()  # type: ignore[arg-type]
    return [detail for _, parent, _, detail in rows if parent == 0 and not detail.startswith("SCALAR SUBQUERY")]


def test_a_page_of_games_is_one_range_of_an_index(database: sqlite3.Connection) -> None:
    """However large the account, a page is found by its position and nothing is sorted."""
    timed = plan(database, TIMED, ("lichess", "alice", 1, "x", 10))
    untimed = plan(database, UNTIMED, ("lichess", "alice", "x", 10))
    start = "SEARCH games USING INDEX games_by_time (platform=? AND user_id=? AND "
    assert timed == [f"{start}(created_at_s,game_id)<(?,?))"]
    assert untimed == [f"{start}created_at_s=? AND game_id<?)"]


@pytest.mark.parametrize(
    ("wanted", "after", "expected"),
    [
        (ImportFilter(), None, "SCAN imports"),
        (ImportFilter(), "i1", "SEARCH imports USING INTEGER PRIMARY KEY (rowid<?)"),
        (ImportFilter(user_id="a"), None, f"{BY}_user (<expr>=?)"),
        (ImportFilter(user_id="a"), "i1", f"{BY}_user (<expr>=? AND rowid<?)"),
        (
            ImportFilter(status=Status.FAILED),
            "i1",
            "SEARCH imports USING INDEX imports_by_status (status=? AND rowid<?)",
        ),
    ],
)
def test_a_page_of_imports_reads_only_what_it_returns(
    database: sqlite3.Connection, wanted: ImportFilter, after: str | None, expected: str
) -> None:
    """Each filter has its index, and each index ends in the order of the list: without a filter the table is it."""
    values = {"platform": "lichess", "user_id": wanted.user_id, "status": wanted.status, "after": after, "most": 10}
    assert plan(database, imports_query(wanted, after), values) == [expected]


def test_imports_are_counted_by_an_index_alone(database: sqlite3.Connection) -> None:
    """What operators ask every few seconds does not read the imports themselves."""
    assert plan(database, COUNTS, ()) == ["SCAN imports USING COVERING INDEX imports_by_status"]


def test_a_file_of_the_first_format_is_brought_up_to_date(tmp_path: Path) -> None:
    """Opening an older file keeps its games and adds what it lacks."""
    path = str(tmp_path / "games.sqlite3")
    with closing(sqlite3.connect(path)) as older:
        older.executescript(f"{STEPS[0]}; PRAGMA user_version = 1;")
        older.execute(
            "INSERT INTO games (platform, user_id, game_id, white, black, result, variant, plies, pgn) "
            "VALUES ('lichess', 'alice', 'old', 'A', 'B', '*', 'Standard', 0, '')"
        )
        older.commit()
    with closing(Store(path)) as store:
        put_numbers(store, [1])
        assert list(store.newest_first(ALICE))[-1] == ("old", None)
        assert [found for found, _ in store.newest_first(ALICE)] == [game_id(1), "old"]
    with closing(sqlite3.connect(path)) as newer:
        (version,) = newer.execute("PRAGMA user_version").fetchone()
        assert version == len(STEPS)
