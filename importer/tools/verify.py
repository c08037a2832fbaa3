"""Recounts a database: whether the file is whole, every game is what was stored, and the counts are those of the games.

Must not change anything, so it may run beside a server. Each look is short, or of one state of the file, so that what
a server stores meanwhile is no disagreement.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from importer.errors import StoreDamaged
from importer.store import Account, ImportRow, Status, import_of, statements
from importer.store.packing import is_whole
from importer.tools.opening import in_words

# Choices: rows looked at in one go (a page of games is a megabyte at most as a rule), and complaints of SQLite shown.
_ROWS_AT_A_TIME = 200
_COMPLAINTS_MOST = 20

_DIGEST_MODULUS = 2**64

_RESTORE = "Restore a copy of the file, or export what can be read and import the rest again."
# An import goes on from the ends of what is stored, so it would not fetch what is missing in between.
_AGAIN = "Restore a copy of the file, or put the missing games back with add-games."


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that is not as it should be, and what to do."""

    kind: str  # of: file, game, counts
    what: str
    remedy: str


@dataclass(slots=True)
class Tally:
    """What was found to be there; the digests of two databases are alike when their games are."""

    games: Counter[tuple[str, str]] = field(default_factory=Counter)  # by account
    digests: Counter[tuple[str, str]] = field(default_factory=Counter)
    undigested: int = 0  # of older formats: nothing tells whether they are as they were stored
    imports: int = 0
    disagreements: int = 0

    def accounts(self) -> list[dict[str, str | int]]:
        """Return what each account has."""
        return [
            {
                "platform": platform,
                "user_id": user_id,
                "games": games,
                "digest": f"{self.digests[platform, user_id]:016x}",
            }
            for (platform, user_id), games in sorted(self.games.items())
        ]

    def summary(self) -> dict[str, Any]:
        """Return all of it."""
        names = ("disagreements", "imports", "undigested")
        return {**{name: getattr(self, name) for name in names}, "accounts": self.accounts()}

    def sentence(self) -> str:
        """Say it in a line."""
        older = f", {self.undigested} games without a digest (vacuum gives them one)" if self.undigested else ""
        games = sum(self.games.values())
        return f"{games} games, {self.imports} imports{older}, {self.disagreements} disagreements"


def disagreements(db: sqlite3.Connection, path: str, tally: Tally) -> Iterator[Disagreement]:
    """Yield what does not agree, counting into *tally* what there is."""
    for look in (_file, _games, _imports, _accounts):
        for one in _as_far_as_readable(look, db, path, tally):
            tally.disagreements += 1
            yield one


def _as_far_as_readable(
    look: Callable[[sqlite3.Connection, Tally], Iterator[Disagreement]], db: sqlite3.Connection, path: str, tally: Tally
) -> Iterator[Disagreement]:
    """Take what can be read; that the rest cannot is a disagreement as well."""
    try:
        with in_words(path):
            yield from look(db, tally)
    except StoreDamaged as damage:
        yield Disagreement("file", f"looking at {look.__name__.strip('_')}: {damage.__cause__}", _RESTORE)


def _file(db: sqlite3.Connection, _tally: Tally) -> Iterator[Disagreement]:
    """Ask SQLite about its pages and indexes."""
    for (complaint,) in db.execute(f"PRAGMA integrity_check({_COMPLAINTS_MOST})"):
        if complaint != "ok":
            yield Disagreement("file", " ".join(str(complaint).split()), _RESTORE)
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield Disagreement("file", f"row {row} of {table} names nothing that is in {parent}", _RESTORE)


def _games(db: sqlite3.Connection, tally: Tally) -> Iterator[Disagreement]:
    """Compare every game with its digest."""
    last = 0
    while rows := db.execute(statements.EVERY_GAME, (last, _ROWS_AT_A_TIME)).fetchall():
        last = rows[-1][0]
        for _, platform, user_id, *row in rows:
            tally.games[platform, user_id] += 1
            whole = is_whole(row)
            tally.undigested += whole is None
            digest = int.from_bytes(row[-1] or b"")
            tally.digests[platform, user_id] = (tally.digests[platform, user_id] + digest) % _DIGEST_MODULUS
            if whole is False:
                remedy = "Delete its row from the table `games`, then put it back with add-games; or restore a copy."
                yield Disagreement("game", f"game {row[0]} of {user_id} on {platform} is not what was stored", remedy)


def _imports(db: sqlite3.Connection, tally: Tally) -> Iterator[Disagreement]:
    """Compare the counts of each import with one another and with what it rejected."""
    last = 0
    while rows := db.execute(statements.NEXT_IMPORTS, (last, _ROWS_AT_A_TIME)).fetchall():
        last = rows[-1][0]
        for _, *values in rows:
            row = import_of(values)
            tally.imports += 1
            tally.games.setdefault(Account(row.platform, row.user_id).key(), 0)
            yield from _counts(db, row)


def _counts(db: sqlite3.Connection, row: ImportRow) -> Iterator[Disagreement]:
    name = f"import {row.import_id} of {row.user_id}"
    dealt_with = row.stored + row.duplicates + row.rejected
    if row.status is Status.COMPLETED and row.fetched != dealt_with:
        what = f"{name} fetched {row.fetched} games, but stored, knew or rejected {dealt_with}"
        yield Disagreement("counts", what, "The games are told by the other looks; the import can be asked for again.")
    (rejected,) = db.execute(statements.COUNT_REJECTED, (row.import_id,)).fetchone()
    if rejected < row.rejected:
        what = f"{name} rejected {row.rejected} texts, of which {rejected} are kept"
        yield Disagreement("counts", what, "Rejected texts are kept for inspection only: nothing needs to be done.")


def _accounts(db: sqlite3.Connection, tally: Tally) -> Iterator[Disagreement]:
    """Compare how many games each account has with how many its imports stored; files add to the games alone."""
    for platform, user_id in sorted(tally.games):
        db.execute("BEGIN")  # both counts are of one state of the file
        try:
            (games,) = db.execute(statements.COUNT_GAMES, (platform, user_id)).fetchone()
            imports, stored = db.execute(statements.COUNT_STORED, (user_id, platform)).fetchone()
        finally:
            if db.in_transaction:  # damage may have ended it
                db.execute("COMMIT")
        if games < stored:
            what = f"{user_id} on {platform} has {games} games, but {imports} imports stored {stored}"
            yield Disagreement("counts", what, _AGAIN)
