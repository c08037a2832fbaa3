"""Makes a database as small as it can be: packs the texts of older formats, then has SQLite write the file anew.

Must not run beside a server: rewriting the file would hold up its batches for as long as that takes.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass

from importer.schema import version_of
from importer.store import DatabaseLock, Store, statements
from importer.store.packing import game_of, kept
from importer.tools.opening import in_words, must_exist

# A choice: as many as an import's largest useful batch, so that a cut leaves little undone.
PACKED_AT_A_TIME = 500
_GAME_FROM = 3  # the columns before a game's own: its row, and whose it is


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What it came to."""

    before_bytes: int  # the file and its log
    after_bytes: int
    packed_games: int  # that were kept as plain texts, or without a digest


def vacuum(path: str) -> Vacuumed:
    """Make the database at *path* small.

    Raises:
        StoreUnusable: there is none, a server is running on it, or a later version wrote it.
        StoreDamaged: a part of it cannot be read.
        StorageTrouble: there is no room for the new file, or the like; the database is as it was.
    """
    must_exist(path)
    with in_words(path), closing(DatabaseLock(path)):
        with closing(sqlite3.connect(path)) as db:
            version_of(db)  # what is no database is told apart from what cannot be written
        before_bytes = _size_bytes(path)
        with closing(Store(path)):  # brings it up to date
            pass
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA temp_store = FILE")
            packed = _pack(db)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Vacuumed(before_bytes, _size_bytes(path), packed)


def _pack(db: sqlite3.Connection) -> int:
    """Pack what is not, some games at a time; return how many."""
    last = packed = 0
    while rows := db.execute(statements.EVERY_GAME, (last, PACKED_AT_A_TIME)).fetchall():
        changed = [(*_packed(row[_GAME_FROM:]), row[0]) for row in rows if row[-1] is None]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(statements.PACK_GAME, changed)
        db.execute("COMMIT")
        packed += len(changed)
        last = rows[-1][0]
    return packed


def _packed(row: tuple[object, ...]) -> tuple[object, ...]:
    """Return packed text, plain text and digest of a game."""
    return kept(game_of(row))[-3:]


def _size_bytes(path: str) -> int:
    total = 0
    for file in (path, f"{path}-wal"):
        with suppress(FileNotFoundError):
            total += os.stat(file).st_size  # noqa: PTH116 pathlib costs start-up
    return total
