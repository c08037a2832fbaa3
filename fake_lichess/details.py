"""What takes a board to know about a pre-played game, read when first asked for; reads nothing by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

NO_PLY = "-"


class Better(NamedTuple):
    """A better move than the one played, and how the game would have gone on."""

    uci: str
    line: tuple[str, ...]  # in SAN, the better move first


@dataclass(frozen=True, slots=True)
class Detail:
    """What is known of one game."""

    last_fen: str
    last_uci: str  # empty when no move was made
    middle_ply: int | None
    end_ply: int | None
    better: Mapping[int, Better]  # by the ply it should have been played at


class Details:
    """The details of all pre-played games."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    @cached_property
    def _rows(self) -> tuple[str, ...]:
        return tuple(row for row in self._read().splitlines() if row and not row.startswith("#"))

    def of(self, row: int, *, last_ply_taken_back: bool) -> Detail:
        """Return the details of a row; the last move is taken back in games that were lost on time before it."""
        fen, uci, fen_before, uci_before, phases, better = self._rows[row].split("\t")
        if last_ply_taken_back:
            fen, uci = fen_before, uci_before
        middle, end = (None if ply == NO_PLY else int(ply) for ply in phases.split())
        named = (word.split(":") for word in better.split())
        moves = {int(ply): Better(move, tuple(line.split(","))) for ply, move, line in named}
        return Detail(fen, uci, middle, end, moves)
