"""Keeps what each idempotency key was used for, in the database beside the imports.

Must not know what a request is. A connection is opened for each call: keys are rare, and an open one would cost a
quarter of a megabyte for good.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from importer.store import statements

# A choice, and a common one: longer than any client goes on asking again, short enough that keys do not pile up.
KEYS_LAST = timedelta(hours=24)

_BUSY_MOST_S = 2.0  # the same as the store's


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a key was used for."""

    request_digest: str
    import_id: str


class KeyBook:
    """The keys of the last day: a client that asks again may outlive a server."""

    def __init__(self, path: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Keep the keys in the database at *path*, which the store has set up."""
        self._path = path
        self._now = now

    def find(self, key_digest: str) -> KeyUse | None:
        """Return what a key was used for; None when it is new, or was used too long ago."""
        with closing(self._open()) as db:
            found = db.execute(statements.FIND_KEY, (key_digest, self._oldest())).fetchone()
        return None if found is None else KeyUse(*found)

    def remember(self, key_digest: str, use: KeyUse) -> None:
        """Write down what a key was used for, and forget those that are too old."""
        with closing(self._open()) as db, db:
            db.execute(statements.FORGET_KEYS, (self._oldest(),))
            db.execute(statements.REMEMBER_KEY, (key_digest, use.request_digest, use.import_id, _text(self._now())))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_BUSY_MOST_S)

    def _oldest(self) -> str:
        return _text(self._now() - KEYS_LAST)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
