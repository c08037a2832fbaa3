"""Reads stored games a page at a time, newest first, over a connection of its own that cannot write.

Must not hold anything between two pages: where a reader stands is a `Position`, so a reader that is slow, or gone,
keeps neither a transaction open nor the write-ahead log from being emptied.
"""

import re
import sqlite3
from dataclasses import dataclass
from typing import Any, Self

from importer.errors import StoreDamaged
from importer.game import Game
from importer.store import Account, statements
from importer.store.packing import game_of

# Choices: what one page may hold. With games of 3 KiB twenty fill it; a page of the largest games is two of them.
PAGE_GAMES_MOST = 100
PAGE_BYTES_MOST = 64 * 1024

# As long as a position can be: a time in seconds, a separator that no game id contains, an id.
POSITION_PATTERN = r"^(-?[0-9]{1,12})?~([A-Za-z0-9_-]{1,64})$"

_LATER_THAN_ANY_S = 2**62  # SQLite's integers end at 2**63; PGN's years at 9999
_AFTER_ANY_ID = "~"  # sorts behind every character that a game id may have

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",  # the same as the writer's
    "PRAGMA cache_size = -256",  # KiB, as the writer's: a page is read once and never again
    "PRAGMA query_only = ON",  # whatever is asked of it, this connection changes nothing
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of an account's games: just behind the game that it names."""

    created_at_s: int | None
    game_id: str

    @classmethod
    def of(cls, game: Game) -> Self:
        """Return the place behind a game."""
        return cls(game.created_at_s, game.game_id)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a position as `str` wrote it.

        Raises:
            ValueError: no position looks like that.
        """
        found = re.fullmatch(POSITION_PATTERN.strip("^$"), text)
        if found is None:
            raise ValueError(text)
        return cls(None if found[1] is None else int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{'' if self.created_at_s is None else self.created_at_s}~{self.game_id}"


NEWEST = Position(_LATER_THAN_ANY_S, "")
_FIRST_UNTIMED = Position(None, _AFTER_ANY_ID)


class GamesReader:
    """An open database, to be used by one thread at a time."""

    def __init__(self, path: str) -> None:
        """Open the database at *path*, which the store has set up."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._db.execute(pragma)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def page(self, account: Account, after: Position, most: int) -> list[Game]:
        """Return the next games behind *after*, newest first, those without a time last; none means the end."""
        return page_of(self._db, account, after, most)

    def imports_by_status(self) -> dict[str, int]:
        """Return how many imports there are of each status that any has."""
        return dict(self._db.execute(statements.IMPORTS_BY_STATUS).fetchall())


def page_of(db: sqlite3.Connection, account: Account, after: Position, most: int) -> list[Game]:
    """Return the next games behind *after*, newest first, those without a time last; none means the end.

    Raises:
        StoreDamaged: the text of a game cannot be read.
    """
    page = [] if after.created_at_s is None else _rows(db, statements.TIMED, account, after, most)
    if page:
        return page
    after = after if after.created_at_s is None else _FIRST_UNTIMED
    return _rows(db, statements.UNTIMED, account, after, most)


def _rows(db: sqlite3.Connection, query: str, account: Account, after: Position, most: int) -> list[Game]:
    """Take rows until the page is full, in number or in bytes."""
    place = (after.game_id,) if after.created_at_s is None else (after.created_at_s, after.game_id)
    rows = db.execute(query, (*account.key(), *place, min(most, PAGE_GAMES_MOST)))
    page: list[Game] = []
    held_bytes = 0
    for row in rows:
        game = _game(row)
        page.append(game)
        held_bytes += len(game.pgn)
        if held_bytes >= PAGE_BYTES_MOST:
            break
    rows.close()
    return page


def _game(row: tuple[Any, ...]) -> Game:
    try:
        return game_of(row)
    except ValueError as error:
        raise StoreDamaged(
            f"game {row[0]!r} cannot be unpacked: {error}. Run `python -m importer verify` to see what else is damaged."
        ) from error
