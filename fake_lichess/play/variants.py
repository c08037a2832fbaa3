"""Plays the games of the variants: legal under their own rules, from their own start positions; no I/O.

Nobody here plays well. What matters is that every rule that can end such a game does end some of them.
"""

from dataclasses import dataclass
from random import Random

import chess
import chess.variant

from fake_lichess.play.exchanges import foresee
from fake_lichess.play.openings import Book
from fake_lichess.play.policy import MATE_CP, VALUE, balance_cp, choose
from fake_lichess.play.sequences import STEP_LENGTH, quantile

# Lichess's key of each variant played here, and how many games of it there are: a choice, as many as let the same game
# come back no sooner than a standard one does, in proportion to how rare they are.
VARIANT_GAMES = 40
VARIANTS: dict[str, type[chess.Board]] = {
    "chess960": chess.Board,
    "fromPosition": chess.Board,
    "crazyhouse": chess.variant.CrazyhouseBoard,
    "antichess": chess.variant.AntichessBoard,
    "atomic": chess.variant.AtomicBoard,
    "horde": chess.variant.HordeBoard,
    "kingOfTheHill": chess.variant.KingOfTheHillBoard,
    "racingKings": chess.variant.RacingKingsBoard,
    "threeCheck": chess.variant.ThreeCheckBoard,
}
# Positions to play from come out of the book this many plies deep: a choice.
POSITION_PLIES_MOST = 16
# How freely the players choose, in centipawns, and the lead at which they resign: choices as for standard games.
NOISE_CP = 120.0
DECIDED_CP = 150
WINNING_CP = 2_000  # a move that wins at once; not always seen
LEAST_PLIES = 6


@dataclass(frozen=True, slots=True)
class VariantGame:
    """One played game of a variant."""

    variant: str
    result: str
    status: str  # mate, stalemate, draw, variantEnd or open
    fen: str  # where it began
    moves: tuple[str, ...]
    evals: tuple[str, ...]


def start(variant: str, rng: Random, book: Book) -> chess.Board:
    """Set up the position a game of this variant begins from."""
    if variant == "chess960":
        return chess.Board.from_chess960_pos(rng.randrange(960))
    board = VARIANTS[variant]()
    if variant == "fromPosition":
        for san in book.draw(rng).moves[:POSITION_PLIES_MOST]:
            board.push_san(san)
        return chess.Board(board.fen())
    return board


def play(variant: str, number: int, book: Book, seed: int = 0) -> VariantGame:
    """Play one game, which depends on the variant and its number alone."""
    rng = Random(f"{seed}:{variant}:{number}")
    board = start(variant, rng, book)
    fen, moves, evals = board.fen(), list[str](), list[str]()
    most = max(LEAST_PLIES, quantile((number + 0.5) * STEP_LENGTH % 1.0))
    while not board.is_game_over() and len(moves) < most:
        move = _choose(board, rng, NOISE_CP)
        moves.append(lichess_san(board, move))
        board.push(move)
        evals.append(str(round(_lead_cp(variant, board) * 0.8 + 15 + rng.gauss(0.0, 20.0))))
    result, status = _ending(variant, board)
    if status in ("mate", "variantEnd"):
        evals[-2:] = ["#1" if result == "1-0" else "#-1"]
    seen = foresee(start(variant, Random(f"{seed}:{variant}:{number}"), book), moves, evals)
    return VariantGame(variant, result, status, fen, tuple(moves), seen)


def lichess_san(board: chess.Board, move: chess.Move) -> str:
    """Write a move as scalachess does, which names the pawn that is dropped (`Uci.Drop`)."""
    san = board.san(move)
    return f"P{san}" if san.startswith("@") else san


def _ending(variant: str, board: chess.Board) -> tuple[str, str]:
    outcome = board.outcome()
    if outcome is None:
        lead = _lead_cp(variant, board)
        return ("1-0" if lead > 0 else "0-1", "open") if abs(lead) >= DECIDED_CP else ("1/2-1/2", "draw")
    kinds = {
        chess.Termination.CHECKMATE: "mate",
        chess.Termination.STALEMATE: "stalemate",
        chess.Termination.VARIANT_WIN: "variantEnd",
        chess.Termination.VARIANT_LOSS: "variantEnd",
    }
    return outcome.result(), kinds.get(outcome.termination, "draw")


def _lead_cp(variant: str, board: chess.Board) -> int:
    """Material, White's view; who has less is ahead where pieces are to be lost, and a horde counts for less."""
    lead = balance_cp(board)
    return {"antichess": -lead, "horde": lead // 4, "racingKings": lead // 2}.get(variant, lead)


def best(board: chess.Board) -> chess.Move:
    """Return the move that is seen to be best at once, under any rules."""
    return _choose(board, Random(0), 0.0)


def _choose(board: chess.Board, rng: Random, noise_cp: float) -> chess.Move:
    if type(board) is chess.Board:
        return choose(board, rng, noise_cp, may_mate=True)
    scored = [(_score(board, move) + rng.gauss(0.0, noise_cp), move.uci(), move) for move in board.legal_moves]
    return max(scored)[2]


def _score(board: chess.Board, move: chess.Move) -> float:
    """Take what can be taken, and win when that takes one move; in antichess captures are forced anyway."""
    victim = board.piece_type_at(move.to_square)
    score = float(VALUE[victim]) if victim else 0.0
    mover = board.turn
    board.push(move)
    outcome = board.outcome()
    if outcome is not None and outcome.winner is not None:
        score += WINNING_CP if outcome.winner == mover else -MATE_CP
    elif board.is_check():
        score += DECIDED_CP / 2
    board.pop()
    return score


def line(game: VariantGame) -> str:
    """Make one row of ``variants.tsv``: as in ``sequences.tsv``, then the variant and its first position."""
    return "\t".join(
        (game.result, game.status, "?", "?", "0", " ".join(game.moves), " ".join(game.evals), game.variant, game.fen)
    )
