"""Keeps what is known of the months of an account whose upstream publishes its games month by month.

Must not ask anyone: what an answer said is written down here. A connection is opened for each call, as months pass far
more rarely than batches, and an open one would cost a quarter of a megabyte for good.
"""

import sqlite3
from contextlib import closing
from dataclasses import astuple, dataclass

from importer.store import statements
from importer.store.rows import Account
from importer.store.trouble import told_apart

BUSY_MOST_S = 2.0  # the same as the store's


@dataclass(frozen=True, slots=True)
class Month:
    """What became of one month of an account when it was last asked for; fields are columns of `months`, in order."""

    month: str  # such as 2026/03, as the upstream names it; sorts in the order of time
    whole: bool  # every game of that answer is stored or rejected
    closed: bool  # and no game can be added to the month any more
    etag: str | None = None  # what that answer was called
    last_modified: str | None = None


class MonthBook:
    """The months of all accounts; every call raises StorageTrouble where asking again may help."""

    def __init__(self, path: str, busy_most_s: float = BUSY_MOST_S) -> None:
        """Keep the months in the database at *path*, which the store has set up."""
        self._path = path
        self._busy_most_s = busy_most_s

    def get(self, account: Account, month: str) -> Month | None:
        """Return what is known of a month; None when it was never asked for."""
        with told_apart(), closing(self._open()) as db:
            found = db.execute(statements.GET_MONTH, (*account.key(), month)).fetchone()
        return None if found is None else Month(found[0], bool(found[1]), bool(found[2]), *found[3:])

    def newest(self, account: Account) -> str | None:
        """Return the newest month that games were taken from."""
        with told_apart(), closing(self._open()) as db:
            found: str | None = db.execute(statements.NEWEST_MONTH, account.key()).fetchone()[0]
        return found

    def put(self, account: Account, month: Month) -> None:
        """Write a month down; to be called when its games are committed, or a crash would lose them for good."""
        with told_apart(), closing(self._open()) as db, db:
            db.execute(statements.PUT_MONTH, (*account.key(), *astuple(month)))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=self._busy_most_s)
