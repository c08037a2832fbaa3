"""The reference importer with one fault planted in it, as the gate must catch: run as a target of its own.

``server.py PLANT ARGUMENTS...``: the importer's own arguments follow the plant's name. Each plant changes one function
of the importer before it starts; the importer's code stays as it is.
"""

import io
import os
import sys
from collections import deque
from typing import Any

import chess.pgn

from importer.__main__ import main
from importer.game import Game, Rejection, read_game
from importer.jobs import known, workshop
from importer.pgn import RawGame

_leaked: list[bytearray] = []
_trees: deque[Any] = deque(maxlen=50)  # one batch of the recommended setting
_read = 0


def leak(raw: RawGame, *arguments: Any, **options: Any) -> Game | Rejection:
    """Keep half a MiB for each game, as one production importer did."""
    _leaked.append(bytearray(b"x" * 524_288))
    return _whole(raw, *arguments, **options)


def trees(raw: RawGame, *arguments: Any, **options: Any) -> Game | Rejection:
    """Keep the move tree of each game of a batch."""
    _trees.append(chess.pgn.read_game(io.StringIO(raw.text.decode(errors="replace"))))
    return _whole(raw, *arguments, **options)


def lose(raw: RawGame, *arguments: Any, **options: Any) -> Game | Rejection:
    """Lose one game in two hundred without a word."""
    global _read  # noqa: PLW0603 - the plant is one process long
    _read += 1
    found = _whole(raw, *arguments, **options)
    return Rejection(None, "planted", raw.text) if _read % 200 == 0 else found


class DoubledIds(known.KnownIds):
    """Remember each known id a second time, as a set of strings beside."""

    def __init__(self) -> None:
        super().__init__()
        self._again: set[str] = set()

    def add(self, game_id: str) -> None:
        """Add an id, twice."""
        super().add(game_id)
        self._again.add(game_id)


_whole = read_game
PLANTS = {"leak": leak, "trees": trees, "lose": lose}


def plant(name: str) -> None:
    """Change the importer of this process."""
    if name == "pages":
        from importer.jobs import existing  # noqa: PLC0415 - only what is planted is touched

        existing.KnownIds = DoubledIds  # type: ignore[attr-defined]
    else:
        workshop.read_game = PLANTS[name]  # type: ignore[attr-defined]


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.exit(main(sys.argv[2:], dict(os.environ)))
