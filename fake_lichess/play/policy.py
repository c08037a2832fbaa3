"""How the made-up players choose their moves: one move deep, greedy for material, with as much noise as asked for.

Not a chess engine: its games only have to look like chess (openings, exchanges, blunders, mates) and stay legal.
"""

from random import Random

import chess

# Centipawn values; the usual textbook ones.
VALUE = {chess.PAWN: 100, chess.KNIGHT: 310, chess.BISHOP: 320, chess.ROOK: 500, chess.QUEEN: 920, chess.KING: 0}
# Choices that make pieces come out and pawns advance; only the look of the games depends on them.
CENTRE_CP = 6
CHECK_CP = 25
CASTLE_CP = 60
EARLY_QUEEN_OR_KING_CP = -45
EARLY_UNTIL_PLY = 20
MATE_CP = 100_000


def balance_cp(board: chess.Board) -> int:
    """Material balance, White's point of view."""
    return sum(
        value * (len(board.pieces(piece, chess.WHITE)) - len(board.pieces(piece, chess.BLACK)))
        for piece, value in VALUE.items()
    )


def choose(board: chess.Board, rng: Random, noise_cp: float, *, may_mate: bool) -> chess.Move:
    """Pick a move: the best by a one-move look plus noise; a mate is never missed unless it is not allowed yet."""
    scored = []
    for move in board.legal_moves:
        score = _score(board, move)
        if score >= MATE_CP and not may_mate:
            score = -MATE_CP
        scored.append((score + rng.gauss(0.0, noise_cp), move.uci(), move))
    return max(scored)[2]


def _score(board: chess.Board, move: chess.Move) -> float:
    mover = board.piece_type_at(move.from_square)
    assert mover is not None
    victim = board.piece_type_at(move.to_square)
    score = float(VALUE[victim]) if victim else 0.0
    if move.promotion:
        score += VALUE[move.promotion] - VALUE[chess.PAWN]
    if board.is_attacked_by(not board.turn, move.to_square):
        score -= _risk(board, move, VALUE[move.promotion or mover])
    if board.is_attacked_by(not board.turn, move.from_square):
        score += VALUE[mover] / 4
    score += _position(board, move, mover)
    if board.gives_check(move):
        board.push(move)
        score += MATE_CP if board.is_checkmate() else CHECK_CP
        board.pop()
    return score


def _risk(board: chess.Board, move: chess.Move, value: int) -> float:
    """What stands to be lost on the square moved to."""
    defenders = len(board.attackers(board.turn, move.to_square)) - 1
    attackers = [board.piece_type_at(square) for square in board.attackers(not board.turn, move.to_square)]
    cheapest = min(VALUE[piece] for piece in attackers if piece)
    return float(max(0, value - cheapest)) if defenders > 0 else float(value)


def _position(board: chess.Board, move: chess.Move, mover: int) -> float:
    """Small rewards that make development look human."""
    if board.is_castling(move):
        return CASTLE_CP
    early = board.ply() < EARLY_UNTIL_PLY
    score = 0.0
    if early and mover in (chess.QUEEN, chess.KING):
        score += EARLY_QUEEN_OR_KING_CP
    if mover == chess.PAWN and not early:
        rank = chess.square_rank(move.to_square)
        score += 8 * (rank if board.turn else 7 - rank)
    return score + CENTRE_CP * (_centrality(move.to_square) - _centrality(move.from_square))


def _centrality(square: int) -> int:
    file, rank = chess.square_file(square), chess.square_rank(square)
    return min(file, 7 - file) + min(rank, 7 - rank)
