"""What takes a board to know about a pre-played game: its last positions, its phases, better moves; no I/O.

Found out once and shipped, so that serving any of it needs no chess library.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import chess
import chess.variant

from fake_lichess.play.policy import choose
from fake_lichess.play.variants import VARIANTS, lichess_san

# A move that loses at least so much may be judged, so a better one is named: half of what an inaccuracy takes at least.
LOSS_CP = 50
START_CP = 15  # the first position's evaluation as Lichess counts it
MATE_CP = 1000  # what a mate counts for when losses are reckoned
# Divider.scala of scalachess: the middle game begins at ten officers or when a back rank empties, the endgame at six.
# Its third sign, how mixed the two armies are, is left out.
MIDDLE_OFFICERS, END_OFFICERS, BACK_RANK = 10, 6, 4


@dataclass(frozen=True, slots=True)
class Ending:
    """A position and the move that led to it; the move is empty at the start."""

    fen: str
    uci: str


def board_of(variant: str, fen: str) -> chess.Board:
    """Set up a board."""
    if variant in ("standard", "chess960", "fromPosition"):
        return chess.Board(fen or chess.STARTING_FEN, chess960=variant == "chess960")
    return VARIANTS[variant](fen) if fen else VARIANTS[variant]()


def lichess_fen(board: chess.Board) -> str:
    """Write a position as scalachess does: pockets behind a slash, checks given at the end."""
    fen = board.fen()
    if isinstance(board, chess.variant.CrazyhouseBoard):
        return fen.replace("[", "/").replace("]", "")
    if isinstance(board, chess.variant.ThreeCheckBoard):
        fields = fen.split()
        left = fields.pop(4).split("+")
        return f"{' '.join(fields)} +{3 - int(left[0])}+{3 - int(left[1])}"
    return fen


def line(variant: str, fen: str, moves: tuple[str, ...], evals: tuple[str, ...]) -> str:
    """Make one row of ``details.tsv``."""
    board = board_of(variant, fen)
    endings, phases, better = [Ending(lichess_fen(board), "")], _Phases(), list[str]()
    losses = set(_losses(evals, black_first=board.turn == chess.BLACK))
    for ply, san in enumerate(moves):
        phases.see(board, ply)
        move = board.parse_san(san)
        if ply in losses and (other := _better(board, move)):
            better.append(f"{ply}:{board.uci(other)}:{lichess_san(board, other)}")
        uci = board.uci(move)
        board.push(move)
        if ply >= len(moves) - 2:
            endings.append(Ending(lichess_fen(board), uci))
    last, before = endings[-1], endings[-2] if len(endings) > 1 else endings[-1]
    return "\t".join((last.fen, last.uci, before.fen, before.uci, phases.text(), " ".join(better)))


class _Phases:
    """Where the middle game and the endgame begin."""

    def __init__(self) -> None:
        self._middle: int | None = None
        self._end: int | None = None

    def see(self, board: chess.Board, ply: int) -> None:
        """Look at the position before this ply."""
        officers = chess.popcount(board.occupied & ~board.kings & ~board.pawns)
        if self._middle is None and (officers <= MIDDLE_OFFICERS or _back_rank_empties(board)):
            self._middle = ply
        if self._end is None and self._middle is not None and officers <= END_OFFICERS and self._middle < ply:
            self._end = ply

    def text(self) -> str:
        return " ".join(str(ply) for ply in (self._middle, self._end) if ply is not None)


def _back_rank_empties(board: chess.Board) -> bool:
    white, black = board.occupied_co[chess.WHITE] & chess.BB_RANK_1, board.occupied_co[chess.BLACK] & chess.BB_RANK_8
    return min(chess.popcount(white), chess.popcount(black)) < BACK_RANK


def _losses(evals: tuple[str, ...], *, black_first: bool) -> Iterator[int]:
    """Yield the plies whose mover lost enough."""
    before = START_CP
    for ply, text in enumerate(evals):
        after = int(text) if not text.startswith("#") else (-MATE_CP if "-" in text else MATE_CP)
        white = (ply % 2 == 0) != black_first
        if (before - after if white else after - before) >= LOSS_CP:
            yield ply
        before = after


def _better(board: chess.Board, played: chess.Move) -> chess.Move | None:
    """Name another legal move: the one to be seen at once, or else any."""
    if type(board) is chess.Board:
        chosen = choose(board, Random(0), 0.0, may_mate=True)
        if chosen != played:
            return chosen
    return min((move for move in board.legal_moves if move != played), key=lambda move: move.uci(), default=None)
