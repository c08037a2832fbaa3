"""The book: opening lines as people play them, and the name of the opening a game went through; no I/O.

The data is Lichess's own list (CC0); see the head of ``openings.tsv`` for where it was taken from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

import chess

# How often the first moves are played, per cent: read off the Lichess opening explorer's orders of magnitude, so a
# choice. All other first moves share the rest. If wrong, opening names look odd; nothing else depends on it.
FIRST_MOVE_WEIGHTS = {"e4": 60, "d4": 26, "Nf3": 4, "c4": 4, "e3": 1, "b3": 1, "f4": 1, "g3": 1}
OTHER_FIRST_MOVES_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One named opening and moves that reach it."""

    eco: str
    name: str
    moves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """Opening lines to start games with, and the names of the positions they reach."""

    by_first_move: dict[str, tuple[Line, ...]]
    by_position: dict[str, Line]

    def draw(self, rng: Random) -> Line:
        """Choose a line: the first move by popularity, then short lines more often than long ones."""
        firsts = [*FIRST_MOVE_WEIGHTS, None]
        first = rng.choices(firsts, [*FIRST_MOVE_WEIGHTS.values(), OTHER_FIRST_MOVES_WEIGHT])[0]
        lines = self.by_first_move[first or rng.choice(sorted(set(self.by_first_move) - set(FIRST_MOVE_WEIGHTS)))]
        return rng.choices(lines, [1 / len(line.moves) for line in lines])[0]

    def classify(self, moves: Iterable[str]) -> tuple[Line, int] | None:
        """Name the last known position of a game and the ply it was reached at; None when it never met the book."""
        board, found = chess.Board(), None
        for ply, san in enumerate(moves, start=1):
            board.push_san(san)
            line = self.by_position.get(board.epd())
            if line is not None:
                found = (line, ply)
        return found


def read_book(text: str) -> Book:
    """Build the book from the text of ``openings.tsv``."""
    rows = [row.split("\t") for row in text.splitlines() if row and not row.startswith("#")]
    lines = [Line(eco, name, tuple(moves.split())) for eco, name, moves in rows]
    by_first_move: dict[str, tuple[Line, ...]] = {}
    by_position: dict[str, Line] = {}
    for line in lines:
        by_first_move[line.moves[0]] = (*by_first_move.get(line.moves[0], ()), line)
        board = chess.Board()
        for san in line.moves:
            board.push_san(san)
        by_position.setdefault(board.epd(), line)
    return Book(by_first_move, by_position)
