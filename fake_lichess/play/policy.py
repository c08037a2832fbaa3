"""How the made-up players choose their moves: one move deep, greedy for material, with as much noise as asked for.

Not a chess engine: its games only have to look like chess (openings, exchanges, blunders, mates) and stay legal.
"""

from random import Random

import chess

# Centipawn values; the usual textbook ones.
VALUE = {chess.PAWN: 100, chess.KNIGHT: 310, chess.BISHOP: 320, chess.ROOK: 500, chess.QUEEN: 920, chess.KING: 0}
# Choices that make pieces come out and pawns advance, in centipawns; only the look of the games depends on them.
CENTRE_CP = 6
CHECK_CP = 20
CASTLE_CP = 70
DEVELOP_CP = 30  # a knight or bishop leaving the back rank early
RETREAT_CP = -60  # any piece but the king going back to it early
EARLY_QUEEN_KING_OR_ROOK_CP = -45
EDGE_PAWN_CP = -25  # early
PASSED_RANK_CP = 8  # a pawn's rank later on
EARLY_UNTIL_PLY = 22
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
    mover = board.piece_type_at(move.from_square) or chess.PAWN  # never empty: the move is legal
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
    score = CENTRE_CP * (_centrality(move.to_square) - _centrality(move.from_square))
    if board.ply() < EARLY_UNTIL_PLY:
        return score + _early(board, move, mover)
    if mover == chess.PAWN:
        rank = chess.square_rank(move.to_square)
        score += PASSED_RANK_CP * (rank if board.turn else 7 - rank)
    return score


def _early(board: chess.Board, move: chess.Move, mover: int) -> float:
    home = chess.BB_RANK_1 if board.turn else chess.BB_RANK_8
    leaves, returns = (bool(home & chess.BB_SQUARES[square]) for square in (move.from_square, move.to_square))
    if mover == chess.PAWN:
        return EDGE_PAWN_CP if chess.square_file(move.to_square) in (0, 7) else 0.0
    if mover in (chess.KNIGHT, chess.BISHOP):
        return DEVELOP_CP * leaves + RETREAT_CP * returns
    return EARLY_QUEEN_KING_OR_ROOK_CP


def _centrality(square: int) -> int:
    file, rank = chess.square_file(square), chess.square_rank(square)
    return min(file, 7 - file) + min(rank, 7 - rank)
