"""What is written down of an account's months."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.errors import StorageTrouble
from importer.store import Account, Month, MonthBook, Store

ALICE = Account("chesscom", "Alice")
MARCH = Month("2026/03", whole=True, closed=False, etag='W/"1"', last_modified="Thursday")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """Set up an empty database and return where it lies."""
    with closing(Store(str(tmp_path / "games.sqlite3"))):
        yield str(tmp_path / "games.sqlite3")


def test_a_month_is_remembered_as_it_was_last_seen(path: str) -> None:
    """Whatever the case of the name, the next process finds the month, and a later answer replaces an earlier."""
    MonthBook(path).put(ALICE, MARCH)
    assert MonthBook(path).get(Account("chesscom", "ALICE"), "2026/03") == MARCH
    later = Month("2026/03", whole=False, closed=True)
    MonthBook(path).put(ALICE, later)
    assert MonthBook(path).get(ALICE, "2026/03") == later
    assert MonthBook(path).get(ALICE, "2026/02") is None


def test_the_newest_month_is_that_of_the_account(path: str) -> None:
    """Neither another player nor the same name elsewhere counts."""
    book = MonthBook(path)
    assert book.newest(ALICE) is None
    for account, month in ((ALICE, "2025/12"), (ALICE, "2026/01"), (Account("chesscom", "Bob"), "2026/09")):
        book.put(account, Month(month, whole=False, closed=False))
    assert book.newest(ALICE) == "2026/01"
    assert book.newest(Account("lichess", "Alice")) is None


def test_a_database_that_is_held_is_trouble_that_passes(path: str) -> None:
    """While another program writes, writing a month down can be tried again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageTrouble, match="busy"):
            MonthBook(path, busy_most_s=0).put(ALICE, MARCH)
