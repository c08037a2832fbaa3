"""Idempotency keys: kept for a day, then forgotten."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from importer.keys import KEYS_LAST, KeyBook, KeyUse
from importer.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
USE = KeyUse("request", "i1")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """Set up an empty database and return where it lies."""
    with closing(Store(str(tmp_path / "games.sqlite3"))):
        yield str(tmp_path / "games.sqlite3")


def book(path: str, later: timedelta = timedelta(0)) -> KeyBook:
    return KeyBook(path, lambda: NOW + later)


def test_a_key_is_remembered_by_the_next_process_too(path: str) -> None:
    """What a key was used for is in the database, for a day."""
    book(path).remember("key", USE)
    assert book(path, KEYS_LAST).find("key") == USE
    assert book(path).find("another") is None


def test_a_key_is_free_again_after_a_day(path: str) -> None:
    """An old key is as good as new, and is removed when the next one is written down."""
    book(path).remember("old", USE)
    later = KEYS_LAST + timedelta(seconds=1)
    assert book(path, later).find("old") is None
    book(path, later).remember("new", USE)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT key_digest FROM idempotency_keys").fetchall() == [("new",)]
