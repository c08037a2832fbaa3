"""What an engine sees that a count of material does not: pieces about to be won, and moves that are forced; no I/O.

Without it no move would ever lose anything: material falls on the opponent's move, never on one's own.
"""

from collections.abc import Sequence

import chess
import chess.variant

from fake_lichess.play.policy import VALUE

# How much of what stands to be won an evaluation counts: at the start less than half, for there is often something to
# be had in return, and from ply 48 on all of it. A choice, which makes 15 % of the moves judged ones, in games of any
# length: 12 % are in the example of the API description (15 of 125, games-exportOneGame.json), 24 % in three games
# among the tests of Lichess's mobile app (35 of 143).
COUNTED_AT_START, PLIES_UNTIL_ALL_MORE = 0.4, 80
# Variants in which pieces are worth what they are elsewhere and captures win what stands there.
USUAL = (chess.Board, chess.variant.CrazyhouseBoard, chess.variant.KingOfTheHillBoard, chess.variant.ThreeCheckBoard)


def foresee(board: chess.Board, moves: Sequence[str], evals: Sequence[str]) -> tuple[str, ...]:
    """Turn counts of material after each move into what an engine would say there; the board is played on."""
    found, forced = list(evals), list[int]()
    for ply, san in enumerate(moves[: len(evals)]):
        if board.legal_moves.count() == 1:
            forced.append(ply)
        board.push_san(san)
        if not found[ply].startswith("#"):
            found[ply] = str(int(found[ply]) + round(counted_ratio(ply) * foreseen_cp(board)))
    for ply in reversed(forced):
        if ply > 0:
            found[ply - 1] = found[ply]  # known before it was played, so nobody is blamed for the only move
    return tuple(found)


def foreseen_cp(board: chess.Board) -> int:
    """Return what the side to move is about to win by exchanges on one square, White's view."""
    if type(board) not in USUAL:
        return 0
    theirs = board.occupied_co[not board.turn] & ~board.kings
    gains = [won_cp(board, square) for square in chess.scan_forward(theirs)]
    return max(gains, default=0) * (1 if board.turn else -1)


def counted_ratio(ply: int) -> float:
    """Return how much of what stands to be won is counted after this ply."""
    return min(1.0, COUNTED_AT_START + ply / PLIES_UNTIL_ALL_MORE)


def won_cp(board: chess.Board, square: int) -> int:
    """Return what the side to move wins on a square when both take back with the least piece, or stop."""
    if not board.is_attacked_by(board.turn, square):
        return 0
    takes = list(board.generate_legal_captures(to_mask=chess.BB_SQUARES[square]))
    if not takes:
        return 0
    taking = min(takes, key=lambda move: (_value(board, move.from_square), move.uci()))
    taken = _value(board, square)
    board.push(taking)
    left = taken - won_cp(board, square)
    board.pop()
    return max(0, left)


def _value(board: chess.Board, square: int) -> int:
    return VALUE[board.piece_type_at(square) or chess.PAWN]  # never empty: a piece stands or is taken there
