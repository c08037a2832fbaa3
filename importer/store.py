"""Keeps games and imports in one SQLite database: schema, pragmas, batch insert, read queries.

Must not decide anything about an import: what it is given it stores, in one transaction a call. One connection writes
and reads; whoever owns it calls it from one thread at a time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter

from importer.errors import StoreUnusable
from importer.game import Game, Rejection
from importer.schema import SCHEMA_VERSION, bring_up_to_date, version_of

# Whose games can be kept. Lichess's own rule for user names: lila, conf/routes, its binder of `username`.
USER_ID_PATTERN = r"^[A-Za-z0-9_-]{2,30}$"

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",  # the tools may hold the file for a moment; a choice: longer than any batch takes
    "PRAGMA journal_mode = WAL",  # the tools and the harness can read while an import writes
    "PRAGMA synchronous = NORMAL",  # in WAL mode a power cut may lose the last batches, never the consistency
    "PRAGMA cache_size = -256",  # KiB; the default of 2 MiB gained no speed when measured, and each connection keeps it
    "PRAGMA temp_store = FILE",  # no sort of a query may grow in memory
)


class Status(StrEnum):
    """Where an import stands; a closed list."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What an import is doing; a closed list."""

    QUEUED = "queued"
    READING_EXISTING = "reading_existing"
    STREAMING = "streaming"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import as the database keeps it; fields are the columns of `imports`, in order."""

    import_id: str
    platform: str
    user_id: str
    games_wanted: int
    requested_at: str  # ISO 8601, UTC
    status: Status = Status.QUEUED
    phase: Phase = Phase.QUEUED
    fetched: int = 0  # games received whole, whatever became of them
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    queue_wait_s: float | None = None
    first_game_after_s: float | None = None  # from running to the first game received
    elapsed_s: float | None = None  # from running until this row was written
    error: str | None = None
    direction: str | None = None  # which side of the stored games is being fetched
    cursor_s: int | None = None  # creation time of the last game dealt with in that direction


@dataclass(frozen=True, slots=True)
class Account:
    """Whose games: user ids do not depend on case."""

    platform: str
    user_id: str

    def key(self) -> tuple[str, str]:
        """Return the account as the tables name it."""
        return self.platform, self.user_id.lower()


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """Which imports to list; None takes all."""

    platform: str | None = None
    user_id: str | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of the stored games of an account."""

    created_at_s: int
    games: int  # that were created in this very second


_GAME_FIELDS = tuple(field.name for field in fields(Game))
_game_values = attrgetter(*_GAME_FIELDS)  # dataclasses.astuple copies deeply, at ten times the cost
_INSERT_GAME = (
    f"INSERT INTO games (platform, user_id, {', '.join(_GAME_FIELDS)}) "  # noqa: S608 constants
    f"VALUES (?, ?, {', '.join('?' * len(_GAME_FIELDS))}) ON CONFLICT DO NOTHING"
)
_IMPORT_COLUMNS = tuple(field.name for field in fields(ImportRow))
_PUT_IMPORT = (  # the names are constants
    f"INSERT INTO imports ({', '.join(_IMPORT_COLUMNS)}) VALUES ({', '.join(':' + name for name in _IMPORT_COLUMNS)}) "  # noqa: S608
    f"ON CONFLICT (import_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _IMPORT_COLUMNS[1:])}"
)

_CONDITIONS = {
    "platform": "platform = :platform",
    "user_id": "lower(user_id) = lower(:user_id)",
    "status": "status = :status",
}


def imports_query(wanted: ImportFilter, after: str | None) -> str:
    """Return the query that lists imports; conditions that hold always would keep SQLite from using an index."""
    given = [condition for name, condition in _CONDITIONS.items() if getattr(wanted, name) is not None]
    if after is not None:
        given.append("rowid < (SELECT rowid FROM imports WHERE import_id = :after)")
    where = f"WHERE {' AND '.join(given)} " if given else ""
    return f"SELECT {', '.join(_IMPORT_COLUMNS)} FROM imports {where}ORDER BY rowid DESC LIMIT :most"  # noqa: S608


class Store:
    """An open database."""

    def __init__(self, path: str) -> None:
        """Open the database at *path*, creating it when there is none.

        Raises:
            StoreUnusable: it cannot be opened, or another version of this program wrote it.
        """
        try:
            # The owner calls from one thread at a time, but not from the thread that opened it.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in _PRAGMAS:
                self._db.execute(pragma)
            self._set_up(path)
        except sqlite3.Error as error:
            raise StoreUnusable(f"DATABASE_PATH {path!r} cannot be used: {error}. Name a writable file.") from error

    def close(self) -> None:
        """Close the database; the last to close it also empties the write-ahead log."""
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
        """Commit everything done inside, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def put_import(self, row: ImportRow) -> None:
        """Write an import as it now stands."""
        self._db.execute(_PUT_IMPORT, asdict(row))

    def save_batch(self, row: ImportRow, games: Sequence[Game], rejections: Sequence[Rejection]) -> ImportRow:
        """Store games, rejected texts and the import's progress, all or nothing; return the progress as stored.

        A game that is already there is left as it is and counted as a duplicate.
        """
        account = Account(row.platform, row.user_id)
        with self._transaction():
            inserted = self._insert(account, games)
            self._insert_rejected(account, row.import_id, rejections)
            row = replace(row, stored=row.stored + inserted, duplicates=row.duplicates + len(games) - inserted)
            self.put_import(row)
        return row

    def add_games(self, account: Account, games: Sequence[Game], rejections: Sequence[Rejection]) -> int:
        """Store games outside any import; return how many were new."""
        with self._transaction():
            self._insert_rejected(account, None, rejections)
            return self._insert(account, games)

    def _insert(self, account: Account, games: Sequence[Game]) -> int:
        key = account.key()
        return max(0, self._db.executemany(_INSERT_GAME, [(*key, *_game_values(game)) for game in games]).rowcount)

    def _insert_rejected(self, account: Account, import_id: str | None, rejections: Sequence[Rejection]) -> None:
        self._db.executemany(
            "INSERT INTO rejected_games VALUES (?, ?, ?, ?, ?, ?)",
            [(*account.key(), import_id, one.game_id, one.reason, one.text) for one in rejections],
        )

    def rejected(self, import_id: str) -> list[tuple[str | None, str, bytes]]:
        """Return id, reason and text of the games that an import rejected, in the order in which they came."""
        return self._db.execute(
            "SELECT game_id, reason, text FROM rejected_games WHERE import_id = ? ORDER BY rowid", (import_id,)
        ).fetchall()

    def get_import(self, import_id: str) -> ImportRow | None:
        """Return an import as it was last written."""
        found = self._db.execute(
            f"SELECT {', '.join(_IMPORT_COLUMNS)} FROM imports WHERE import_id = ?",  # noqa: S608 constants
            (import_id,),
        ).fetchone()
        if found is None:
            return None
        row = ImportRow(*found)
        return replace(row, status=Status(row.status), phase=Phase(row.phase))

    def list_imports(self, wanted: ImportFilter, after: str | None, most: int) -> list[ImportRow]:
        """Return imports as last written, newest first, of those that came before the import *after*."""
        found = self._db.execute(imports_query(wanted, after), {**asdict(wanted), "after": after, "most": most})
        rows = [ImportRow(*one) for one in found]
        return [replace(row, status=Status(row.status), phase=Phase(row.phase)) for row in rows]

    def end_unfinished(self, reason: str) -> int:
        """Mark imports that an earlier process left unfinished as failed; return how many."""
        return self._db.execute(
            "UPDATE imports SET status = ?, phase = ?, error = ? WHERE status IN (?, ?)",
            (Status.FAILED, Phase.FINISHED, reason, Status.QUEUED, Status.RUNNING),
        ).rowcount

    def page_of_ids(self, account: Account, after_id: str, most: int) -> list[str]:
        """Return the next stored ids after *after_id*, in order; fewer than *most* means these are the last."""
        rows = self._db.execute(
            "SELECT game_id FROM games WHERE platform = ? AND user_id = ? AND game_id > ? ORDER BY game_id LIMIT ?",
            (*account.key(), after_id, most),
        )
        return [game_id for (game_id,) in rows]

    def newest(self, account: Account) -> Edge | None:
        """Return the newest second of which games are stored; None without any whose time is known."""
        return self._edge(account, "max")

    def oldest(self, account: Account) -> Edge | None:
        """Return the oldest second of which games are stored; None without any whose time is known."""
        return self._edge(account, "min")

    def _edge(self, account: Account, extreme: str) -> Edge | None:
        (second,) = self._db.execute(
            f"SELECT {extreme}(created_at_s) FROM games WHERE platform = ? AND user_id = ?",  # noqa: S608 constants
            account.key(),
        ).fetchone()
        return None if second is None else Edge(second, self.games_at(account, second))

    def games_at(self, account: Account, created_at_s: int) -> int:
        """Return how many games created in that second are stored."""
        found = self._db.execute(
            "SELECT count(*) FROM games WHERE platform = ? AND user_id = ? AND created_at_s = ?",
            (*account.key(), created_at_s),
        ).fetchone()
        return int(found[0])

    def newest_first(self, account: Account) -> Iterator[tuple[str, int | None]]:
        """Yield id and creation time of every stored game, those without a time last."""
        yield from self._db.execute(
            "SELECT game_id, created_at_s FROM games WHERE platform = ? AND user_id = ? "
            "ORDER BY created_at_s DESC, game_id",
            account.key(),
        )
