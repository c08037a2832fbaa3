"""Opens a database for the tools: to read only, or not at all, with a sentence that says why.

Must not create, change or repair anything.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from importer.errors import StoreDamaged, StoreUnusable
from importer.schema import SCHEMA_VERSION, version_of
from importer.store.trouble import told_apart

_PRIMARY = 0xFF  # the low byte of an extended result code is its kind
_PRAGMAS = ("PRAGMA busy_timeout = 2000", "PRAGMA cache_size = -256", "PRAGMA temp_store = FILE")  # as the store's


@contextmanager
def in_words(path: str) -> Iterator[None]:
    """Turn what SQLite says of a file into a sentence.

    Raises:
        StoreUnusable: it is no database.
        StoreDamaged: it was one, and a part of it cannot be read any more.
        StorageTrouble: it cannot be used for now.
    """
    try:
        with told_apart():
            yield
    except sqlite3.DatabaseError as error:
        kind = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if kind == sqlite3.SQLITE_NOTADB:
            raise StoreUnusable(f"DATABASE_PATH {path!r} is no SQLite database. Name the importer's file.") from error
        if kind == sqlite3.SQLITE_CORRUPT:
            raise StoreDamaged(
                f"DATABASE_PATH {path!r} is damaged: {error}. Run `python -m importer verify`, then restore a copy, or "
                "export what can be read and import the rest again."
            ) from error
        raise


def must_exist(path: str) -> None:
    """Refuse a path without a file: a tool that made one would only hide a slip of the finger.

    Raises:
        StoreUnusable: there is no such file.
    """
    if not Path(path).is_file():
        raise StoreUnusable(f"DATABASE_PATH {path!r} does not exist. Name the importer's file.")


@contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """Open a database that is not to be changed; a server may be writing to it.

    Raises:
        StoreUnusable: there is none, or another version of this program wrote it.
        StoreDamaged: a part of it cannot be read.
        StorageTrouble: it cannot be read for now.
    """
    must_exist(path)
    with in_words(path), closing(_connected(path)) as db:
        version = version_of(db)
        if version > SCHEMA_VERSION:
            raise StoreUnusable(
                f"DATABASE_PATH {path!r} has format {version}, this program reads up to format {SCHEMA_VERSION}. Name "
                "another file, or run the version that wrote it."
            )
        if version < SCHEMA_VERSION:
            raise StoreUnusable(
                f"DATABASE_PATH {path!r} has format {version}, this program reads format {SCHEMA_VERSION}. Run "
                "`python -m importer vacuum` on it first, which brings it up to date."
            )
        yield db


def _connected(path: str) -> sqlite3.Connection:
    """Connect; where nothing can be written beside the file, to the file as it stands, which no one can be changing."""
    uri = Path(path).resolve().as_uri()
    try:
        return _opened(f"{uri}?mode=ro")
    except sqlite3.OperationalError as error:
        log = Path(f"{path}-wal")
        if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_CANTOPEN or (log.exists() and log.stat().st_size):
            raise
        return _opened(f"{uri}?immutable=1")


def _opened(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            db.execute(pragma)
    except BaseException:
        db.close()
        raise
    return db
