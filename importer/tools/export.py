"""Writes stored games out, as PGN or NDJSON, in no more memory than one page of them takes.

Must not know which file or pipe they go to, except to make a file appear whole or not at all.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from importer.errors import OutputUnwritable
from importer.forms import game_object, line, text
from importer.game import Game
from importer.reading import NEWEST, PAGE_GAMES_MOST, Position, page_of
from importer.store import Account, statements


@dataclass(slots=True)
class Written:
    """What was written so far."""

    games: int = 0
    bytes: int = 0


def _ndjson(account: Account, game: Game) -> str:
    platform, user_id = account.key()
    return line({"platform": platform, "user_id": user_id, **game_object(game)}) + "\n"


FORMS: Mapping[str, Callable[[Account, Game], str]] = {"pgn": lambda _account, game: text(game), "ndjson": _ndjson}


def pieces(db: sqlite3.Connection, account: Account | None, form: str, written: Written) -> Iterator[bytes]:
    """Yield the games of an account, or of all, newest first in each; *written* counts them.

    Raises:
        StoreDamaged: the text of a game cannot be read.
    """
    for one in accounts(db) if account is None else (account,):
        after = NEWEST
        while page := page_of(db, one, after, PAGE_GAMES_MOST):
            piece = "".join(FORMS[form](one, game) for game in page).encode()
            written.games += len(page)
            written.bytes += len(piece)
            yield piece
            after = Position.of(page[-1])


def accounts(db: sqlite3.Connection) -> Iterator[Account]:
    """Yield every account that has games; each is found from the last, so none of them is remembered."""
    last = ("", "")
    while (found := db.execute(statements.NEXT_ACCOUNT, last).fetchone()) is not None:
        last = found
        yield Account(*found)


def to_file(path: str, content: Iterable[bytes]) -> None:
    """Write a file that appears under its name when it is whole and on the disk; one that was there stays till then.

    Raises:
        OutputUnwritable: the disk is full, there is no such folder, or the like.
    """
    unfinished = f"{path}.{os.getpid()}.unfinished"
    try:
        with open(unfinished, "xb") as file:  # noqa: PTH123 pathlib costs start-up
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)  # noqa: PTH105
    except OSError as error:
        raise OutputUnwritable(f"{path!r} cannot be written: {error.strerror}. Name another with --output.") from error
    finally:
        with suppress(OSError):  # renamed, or never made
            os.unlink(unfinished)  # noqa: PTH108
