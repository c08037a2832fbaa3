"""Tells trouble of the disk or of other programs, which passes, from faults of this program, which do not.

Must not decide how long to wait.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from importer.errors import StorageTrouble

# SQLite's result codes for what may be over at the next try. Source: https://www.sqlite.org/rescode.html.
_PASSING = {
    sqlite3.SQLITE_BUSY: "the database is busy: another program is writing to it",
    sqlite3.SQLITE_LOCKED: "the database is busy: another program is writing to it",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database or its file system is read-only",
    sqlite3.SQLITE_IOERR: "the disk does not read or write",
    sqlite3.SQLITE_CANTOPEN: "the database's files cannot be opened or created",
}
_PRIMARY = 0xFF  # the low byte of an extended result code is its kind


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn what may pass into StorageTrouble; faults go on as they are.

    Raises:
        StorageTrouble: nothing was stored; asking again may help.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        reason = _PASSING.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)
        if reason is None:
            raise
        raise StorageTrouble(f"{reason} ({error})") from error
