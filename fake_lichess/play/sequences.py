"""What each pool game should be (length, result, ending) and the playing of it; no I/O, everything from the seed.

Game number i depends on the seed and i alone, so a test can make the first few again and compare them with the file.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Literal

import chess

from fake_lichess.play.exchanges import foresee
from fake_lichess.play.openings import Book
from fake_lichess.play.policy import balance_cp, choose

Status = Literal["mate", "stalemate", "draw", "open", "noStart"]

# Pool size: a choice. 1 000 games are 0.6 MB of text; fewer repeat visibly within one import, more only cost start-up.
POOL_GAMES = 1000
SEED = 2026
# Plies at each share of games: the percentiles 5, 50, 95 and the mean of 67 that lichess.org's monthly dumps suggest
# (mean 66.6 plies over 89.85 million rated games of 2024-07, deepyaman/lichess-live-win-probability); the points
# between are a choice that meets that mean.
LENGTH_QUANTILES = ((0.0, 4), (0.05, 20), (0.25, 42), (0.5, 62), (0.75, 86), (0.95, 125), (0.99, 175), (1.0, 230))
# Results of 4.096e9 rated games to about 2023 (elastic.co, "Analysing Lichess games"): 49.8 / 46.4 / 3.8 %.
WHITE_WINS_RATIO, BLACK_WINS_RATIO = 0.498, 0.464
# Zero-move games: 0.2 to 0.3 % (the same notebook as the mean length).
NO_MOVES_EVERY = 500
# Decided games that end on the board: a choice; the rest are resigned or lost on time, which the clocks decide later.
MATE_RATIO = 0.33
MATE_FROM_PLIES = 24
# Steps of low-discrepancy sequences, so that any prefix of the pool is already spread like the whole: the inverses of
# the golden ratio and of its cubic and quartic relatives.
STEP_LENGTH, STEP_RESULT, STEP_ENDING = 0.6180339887498949, 0.7548776662466927, 0.8191725133961645
RESIGNED_CP = 250  # the lead at which players resign: a choice, met as nearly as the attempts allow


@dataclass(frozen=True, slots=True)
class Sequence:
    """One played game: its moves, the evaluation after each, and how it ended."""

    result: str
    status: Status
    moves: tuple[str, ...]
    evals: tuple[str, ...]  # centipawns or "#n", White's point of view; none after a mating move


@dataclass(frozen=True, slots=True)
class Wish:
    """What a pool game should become."""

    plies: int
    result: str
    mate: bool


def wish(number: int) -> Wish:
    """Spread lengths, results and endings evenly over the pool."""
    if number % NO_MOVES_EVERY == NO_MOVES_EVERY // 2:
        return Wish(0, "1-0" if number % (2 * NO_MOVES_EVERY) < NO_MOVES_EVERY else "0-1", mate=False)
    plies = quantile((number + 0.5) * STEP_LENGTH % 1.0)
    share = (number + 0.5) * STEP_RESULT % 1.0
    result = "1-0" if share < WHITE_WINS_RATIO else "0-1" if share < WHITE_WINS_RATIO + BLACK_WINS_RATIO else "1/2-1/2"
    mate = (number + 0.5) * STEP_ENDING % 1.0 < MATE_RATIO
    return Wish(plies, result, mate and plies >= MATE_FROM_PLIES and result != "1/2-1/2")


def quantile(share: float) -> int:
    """Read the plies at a share of games off the percentiles."""
    (low, low_plies), (high, high_plies) = next(pair for pair in pairwise(LENGTH_QUANTILES) if share <= pair[1][0])
    return round(low_plies + (high_plies - low_plies) * (share - low) / (high - low))


def play(number: int, book: Book, seed: int = SEED) -> Sequence:
    """Play pool game *number* until one comes near its wish; how near grows with the attempts."""
    wanted = wish(number)
    if wanted.plies == 0:
        return Sequence(wanted.result, "noStart", (), ())
    rng = Random(f"{seed}:{number}")
    found: list[tuple[float, Sequence]] = []
    tolerance = -1
    while not any(off <= tolerance for off, _ in found):
        found += _attempt(wanted, book, rng)
        tolerance += 1
    game = min(found, key=lambda off_and_game: off_and_game[0])[1]
    return replace(game, evals=foresee(chess.Board(), game.moves, game.evals))


def _attempt(wanted: Wish, book: Book, rng: Random) -> list[tuple[float, Sequence]]:
    """Play once; the distance from the wish and the game, or nothing when it came out as something else."""
    board, moves, evals = chess.Board(), list[str](), list[str]()
    opening = _opening(wanted, book, rng)
    mood = rng.gauss(0.0, 25.0)
    limit = wanted.plies + (30 if wanted.mate else 0)
    while not board.is_game_over() and len(moves) < limit:
        ply = len(moves)
        closing = ply >= wanted.plies - 14
        move = (
            board.parse_san(opening[ply])
            if ply < len(opening)
            else choose(board, rng, _noise(board, wanted, closing=closing), may_mate=wanted.mate and closing)
        )
        moves.append(board.san(move))
        board.push(move)
        mood = 0.9 * mood + rng.gauss(0.0, 18.0)
        evals.append(str(round(balance_cp(board) * 0.85 + 20 + mood)))
    return _judge(board, wanted, moves, evals)


def _opening(wanted: Wish, book: Book, rng: Random) -> tuple[str, ...]:
    moves = book.draw(rng).moves
    return moves[: max(2, wanted.plies // 2)]


def _noise(board: chess.Board, wanted: Wish, *, closing: bool) -> float:
    """Centipawns of noise for the side to move: the one to lose plays worse, and near a mate much worse."""
    if wanted.result == "1/2-1/2":
        return 30.0
    if board.turn != (wanted.result == "0-1"):
        return 12.0 if closing else 30.0
    if closing:
        return 400.0 if wanted.mate else 160.0
    return 70.0


def _judge(board: chess.Board, wanted: Wish, moves: list[str], evals: list[str]) -> list[tuple[float, Sequence]]:
    """Say how far a finished game is from the wish; nothing when its result or ending is another."""
    outcome = board.outcome()
    result = wanted.result if outcome is None else outcome.result()
    mated = outcome is not None and outcome.termination == chess.Termination.CHECKMATE
    if result != wanted.result or mated != wanted.mate:
        return []
    off = abs(len(moves) - wanted.plies) / 3
    if mated:
        return [(off, Sequence(result, "mate", tuple(moves), _before_mate(evals, result)))]
    if outcome is not None:
        status: Status = "stalemate" if outcome.termination == chess.Termination.STALEMATE else "draw"
        return [(off, Sequence(result, status, tuple(moves), tuple(evals)))]
    last = int(evals[-1])
    if result == "1/2-1/2":
        return [(off + abs(last) / 30, Sequence(result, "draw", tuple(moves), tuple(evals)))]
    behind = max(0, RESIGNED_CP - (last if result == "1-0" else -last))
    return [(off + behind / 25, Sequence(result, "open", tuple(moves), tuple(evals)))]


def _before_mate(evals: list[str], result: str) -> tuple[str, ...]:
    """The position before a mating move is mate in one; after it there is no evaluation."""
    sign = "#" if result == "1-0" else "#-"
    return (*evals[:-2], f"{sign}1")


def line(number: int, book: Book, seed: int = SEED) -> str:
    """Make one row of ``sequences.tsv``."""
    game = play(number, book, seed)
    named = book.classify(game.moves)
    eco, name, ply = (named[0].eco, named[0].name, named[1]) if named else ("?", "?", 0)
    return "\t".join((game.result, game.status, eco, name, str(ply), " ".join(game.moves), " ".join(game.evals)))
