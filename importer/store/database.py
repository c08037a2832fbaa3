"""Keeps games and imports in one SQLite database: pragmas, batch insert, read queries.

Must not decide anything about an import: what it is given it stores, in one transaction a call. One connection writes
and reads; whoever owns it calls it from one thread at a time.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

from importer.errors import StorageTrouble, StoreUnusable
from importer.game import Game, Rejection
from importer.schema import SCHEMA_VERSION, bring_up_to_date, digest, version_of
from importer.store import statements
from importer.store.packing import kept
from importer.store.rows import Account, Edge, ImportFilter, ImportRow, Phase, Status
from importer.store.trouble import told_apart

_PRAGMAS = (
    # The tools may hold the file for a moment. A choice: longer than any batch takes, and short enough that a server
    # which is told to stop meanwhile ends in time; an import that waits longer asks again.
    "PRAGMA busy_timeout = 2000",
    "PRAGMA journal_mode = WAL",  # the tools and the harness can read while an import writes
    "PRAGMA synchronous = NORMAL",  # in WAL mode a power cut may lose the last batches, never the consistency
    "PRAGMA cache_size = -256",  # KiB; the default of 2 MiB gained no speed when measured, and each connection keeps it
    "PRAGMA temp_store = FILE",  # no sort of a query may grow in memory
)


class Store:
    """An open database.

    Every call raises StorageTrouble where asking again may help; then nothing of it was stored.
    """

    def __init__(self, path: str) -> None:
        """Open the database at *path*, creating it when there is none.

        Raises:
            StoreUnusable: it cannot be opened, or another version of this program wrote it.
        """
        try:
            # The owner calls from one thread at a time, but not from the thread that opened it.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            for pragma in _PRAGMAS:
                self._db.execute(pragma)
            self._set_up(path)
        except BaseException as error:
            self._db.close()
            if isinstance(error, sqlite3.Error | StorageTrouble):
                raise _unusable(path, error) from error
            raise

    def close(self) -> None:
        """Close the database and empty the write-ahead log, unless someone still reads it or the disk does not take it.

        Nothing is lost then: whoever opens the database next reads the log too.
        """
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA busy_timeout = 500")  # a choice: a stopping server has no longer for this
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def _set_up(self, path: str) -> None:
        """Create what an empty or older file lacks; refuse a file of a later version."""
        if version_of(self._db) > SCHEMA_VERSION:
            raise StoreUnusable(
                f"DATABASE_PATH {path!r} has format {version_of(self._db)}, this program reads up to format "
                f"{SCHEMA_VERSION}. Name another file, or run the version that wrote it."
            )
        if version_of(self._db) < SCHEMA_VERSION:
            with self._transaction():
                bring_up_to_date(self._db)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit everything done inside, or nothing.

        Raises:
            StorageTrouble: nothing was stored; asking again may help.
        """
        with told_apart():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, query: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Any]:
        """Return all rows of a query."""
        with told_apart():
            return self._db.execute(query, parameters).fetchall()

    def accept_import(self, row: ImportRow) -> None:
        """Write an import that is new; it outlasts a power cut, because someone is told that it is accepted."""
        with told_apart():
            self._db.execute("PRAGMA synchronous = FULL")
            try:
                self.put_import(row)
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")

    def put_import(self, row: ImportRow) -> None:
        """Write an import as it now stands."""
        with self._transaction():
            self._put_import(row)

    def _put_import(self, row: ImportRow) -> None:
        self._db.execute(statements.PUT_IMPORT, asdict(row))

    def save_batch(self, row: ImportRow, games: Sequence[Game], rejections: Sequence[Rejection]) -> ImportRow:
        """Store games, rejected texts and the import's progress, all or nothing; return the progress as stored.

        A game or rejected text that is already there is left as it is and counted as a duplicate.
        """
        account = Account(row.platform, row.user_id)
        with self._transaction():
            stored = self._insert(account, games)
            rejected = self._insert_rejected(account, row.import_id, rejections)
            row = replace(
                row,
                stored=row.stored + stored,
                rejected=row.rejected + rejected,
                duplicates=row.duplicates + len(games) - stored + len(rejections) - rejected,
            )
            self._put_import(row)
        return row

    def add_games(self, account: Account, games: Sequence[Game], rejections: Sequence[Rejection]) -> int:
        """Store games outside any import; return how many were new."""
        with self._transaction():
            self._insert_rejected(account, None, rejections)
            return self._insert(account, games)

    def _insert(self, account: Account, games: Sequence[Game]) -> int:
        key = account.key()
        return max(0, self._db.executemany(statements.INSERT_GAME, ((*key, *kept(game)) for game in games)).rowcount)

    def _insert_rejected(self, account: Account, import_id: str | None, rejections: Sequence[Rejection]) -> int:
        key = account.key()
        rows = [(*key, import_id, one.game_id, one.reason, one.text, digest(one.text)) for one in rejections]
        return max(0, self._db.executemany(statements.INSERT_REJECTED, rows).rowcount)

    def rejected(self, import_id: str) -> list[tuple[str | None, str, bytes]]:
        """Return id, reason and text of the games that an import rejected, in the order in which they came."""
        return self._read(statements.REJECTED, (import_id,))

    def get_import(self, import_id: str) -> ImportRow | None:
        """Return an import as it was last written."""
        return next(iter(self._imports(statements.GET_IMPORT, (import_id,))), None)

    def list_imports(self, wanted: ImportFilter, after: str | None, most: int) -> list[ImportRow]:
        """Return imports as last written, newest first, of those that came before the import *after*."""
        return self._imports(statements.imports_query(wanted, after), {**asdict(wanted), "after": after, "most": most})

    def unfinished(self) -> list[ImportRow]:
        """Return the imports that are not over, in the order in which they came."""
        rows = self._read(statements.UNFINISHED, (Status.QUEUED, Status.RUNNING))
        return [import_of(row) for _, *row in rows]

    def _imports(self, query: str, parameters: Sequence[Any] | dict[str, Any]) -> list[ImportRow]:
        return [import_of(row) for row in self._read(query, parameters)]

    def page_of_ids(self, account: Account, after_id: str, most: int) -> list[str]:
        """Return the next stored ids after *after_id*, in order; fewer than *most* means these are the last."""
        rows = self._read(statements.PAGE_OF_IDS, (*account.key(), after_id, most))
        return [game_id for (game_id,) in rows]

    def stored_among(self, account: Account, game_ids: Sequence[str]) -> frozenset[str]:
        """Return which of these ids are stored."""
        rows = self._read(statements.STORED_AMONG, (*account.key(), json.dumps(list(game_ids))))
        return frozenset(game_id for (game_id,) in rows)

    def newest(self, account: Account) -> Edge | None:
        """Return the newest second of which games are stored; None without any whose time is known."""
        return self._edge(account, statements.NEWEST_SECOND)

    def oldest(self, account: Account) -> Edge | None:
        """Return the oldest second of which games are stored; None without any whose time is known."""
        return self._edge(account, statements.OLDEST_SECOND)

    def _edge(self, account: Account, query: str) -> Edge | None:
        ((second,),) = self._read(query, account.key())
        return None if second is None else Edge(second, self.games_at(account, second))

    def games_at(self, account: Account, created_at_s: int) -> int:
        """Return how many games created in that second are stored."""
        ((games,),) = self._read(statements.GAMES_AT, (*account.key(), created_at_s))
        return int(games)

    def newest_first(self, account: Account) -> Iterator[tuple[str, int | None]]:
        """Yield id and creation time of every stored game, those without a time last."""
        yield from self._db.execute(statements.NEWEST_FIRST, account.key())


def import_of(row: Sequence[Any]) -> ImportRow:
    """Return the import that the columns `IMPORT_COLUMNS` hold."""
    found = ImportRow(*row)
    return replace(found, status=Status(found.status), phase=Phase(found.phase))


def _unusable(path: str, error: Exception) -> StoreUnusable:
    return StoreUnusable(f"DATABASE_PATH {path!r} cannot be used: {error}. Name a writable file.")
