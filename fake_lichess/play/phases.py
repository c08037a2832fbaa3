"""Where a game's opening ends and its endgame begins, as Lichess divides it; no I/O.

Source: Divider.scala of scalachess. Positions are counted from the start, so each number is one of plies played.
"""

import chess

MIDDLE_OFFICERS, END_OFFICERS, BACK_RANK, MIXED_ABOVE = 10, 6, 4, 150
# Variant.scala of scalachess, divisionSensibleVariants: all others have no phases.
DIVIDED = ("standard", "chess960", "fromPosition", "kingOfTheHill", "threeCheck")
SMALLEST_SQUARE = 0x0303  # a1, b1, a2, b2: shifted, every group of four squares
GROUPS = tuple((SMALLEST_SQUARE << (file + 8 * rank), rank + 1) for rank in range(7) for file in range(7))
FROM_RANK = 8  # a group's lower rank, 1 to 7, counted from Black's side is 8 less it


class Phases:
    """Where the middle game and the endgame begin, of the positions seen so far."""

    def __init__(self) -> None:
        self._middle: int | None = None
        self._end: int | None = None

    def see(self, board: chess.Board, ply: int) -> None:
        """Look at the position after so many plies."""
        officers = chess.popcount(board.occupied & ~board.kings & ~board.pawns)
        if self._middle is None and (officers <= MIDDLE_OFFICERS or _back_rank_empties(board) or is_mixed(board)):
            self._middle = ply
        if self._end is None and officers <= END_OFFICERS:
            self._end = ply

    def found(self) -> tuple[int | None, int | None]:
        """Return the plies at which the middle game and the endgame begin; a middle game of no ply is none."""
        middle = self._middle
        return (None if middle is not None and middle == self._end else middle), self._end


def is_mixed(board: chess.Board) -> bool:
    """Say whether the two armies have met: summed over all groups of four squares."""
    return mixedness(board) > MIXED_ABOVE


def _back_rank_empties(board: chess.Board) -> bool:
    white, black = board.occupied_co[chess.WHITE] & chess.BB_RANK_1, board.occupied_co[chess.BLACK] & chess.BB_RANK_8
    return min(chess.popcount(white), chess.popcount(black)) < BACK_RANK


def mixedness(board: chess.Board) -> int:
    """Sum up how far both armies stand among each other."""
    white, black = board.occupied_co[chess.WHITE], board.occupied_co[chess.BLACK]
    return sum(_mixed(chess.popcount(white & group), chess.popcount(black & group), rank) for group, rank in GROUPS)


def _mixed(white: int, black: int, rank: int) -> int:
    """Score one group of four squares, by how many pieces of each side stand there and by its lower rank."""
    if white and black:
        return _together(white, black, rank)
    return _alone(white, rank) + _alone(black, FROM_RANK - rank)


def _alone(pieces: int, rank: int) -> int:
    """Score a group held by one side, by its rank as counted from there; several pieces at home score nothing."""
    if pieces < 2:  # noqa: PLR2004 - the three cases of the source
        return pieces and 9 - rank
    return (rank if rank > 2 else 0) if pieces == 2 else (rank + 2 if rank > 1 else 0)  # noqa: PLR2004 - the same


def _together(white: int, black: int, rank: int) -> int:
    """Score a group where both sides stand."""
    if white == black:
        return 7 if white > 1 else 5 + abs(3 - rank)
    return 2 + white + rank if white > black else 8 + black - rank
