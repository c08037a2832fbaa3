"""Reads PGN into the database through the server's own splitter, reader and store.

Must not decide whose games they are.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from importer.errors import InputUnreadable
from importer.game import Game, Rejection, derived_id, peek, read_game, read_trusted_game
from importer.pgn import RawGame, Splitter
from importer.replay import Replay
from importer.store import Account, Store

# Choices: bytes read at a time, and games per transaction (larger was not faster when measured).
READ_BYTES = 256 * 1024
GAMES_PER_TRANSACTION = 200


Read = Callable[[RawGame, str | None], Game | Rejection]


def reader(replay: Replay | None) -> Read:
    """Return what reads a game: with the library that *replay* stands for, or, for None, without replaying it."""
    return read_trusted_game if replay is None else partial(read_game, replay=replay)


def fill(store: Store, account: Account, pieces: Iterator[bytes], read: Read) -> dict[str, int]:
    """Store every game of the input; return what became of them."""
    splitter = Splitter()
    counts = {"stored": 0, "duplicates": 0, "rejected": 0}

    def save(raws: list[RawGame]) -> None:
        found = [read(raw, None if peek(raw.text).game_id else derived_id(raw.text)) for raw in raws]
        games = [one for one in found if isinstance(one, Game)]
        rejections = [one for one in found if isinstance(one, Rejection)]
        stored = store.add_games(account, games, rejections)
        counts["stored"] += stored
        counts["duplicates"] += len(games) - stored
        counts["rejected"] += len(rejections)

    waiting: list[RawGame] = []
    for piece in pieces:
        waiting += splitter.feed(piece)
        if len(waiting) >= GAMES_PER_TRANSACTION:
            save(waiting)
            waiting = []
    save(waiting + splitter.finish())
    return counts


def pieces_of(file: str, standard_input: BinaryIO) -> Iterator[bytes]:
    """Yield a file, or standard input for ``-``, piece by piece.

    Raises:
        InputUnreadable: there is no such file, or it may not be read.
    """
    try:
        with standard_input if file == "-" else open(file, "rb") as source:  # noqa: PTH123 pathlib costs start-up
            while piece := source.read(READ_BYTES):
                yield piece
    except OSError as error:
        raise InputUnreadable(f"{file!r} cannot be read: {error.strerror}. Name a PGN file, or - for input.") from error
