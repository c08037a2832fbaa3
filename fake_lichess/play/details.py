"""What takes a board to know about a pre-played game: its last positions, its phases, better moves; no I/O.

Found out once and shipped, so that serving any of it needs no chess library.
"""

from dataclasses import dataclass
from random import Random

import chess
import chess.variant

from fake_lichess.analysis import judgments
from fake_lichess.play.phases import DIVIDED, Phases
from fake_lichess.play.variants import VARIANTS, best, lichess_san

# Lichess keeps so many plies of a better line (LineMaxPlies in Info.scala of lila). Of 53 lines in the example of the
# API description and among the tests of its mobile app, 37 are as long as was kept then and 16 are one or two plies
# long, as where the engine's answer came out of its memory.
LINE_PLIES_MOST = 12
SHORT_LINES_RATIO, SHORT_PLIES = 0.3, (1, 2)


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
    endings, phases, better = [Ending(lichess_fen(board), "")], Phases(), list[str]()
    judged = [*judgments(evals, black_first=board.turn == chess.BLACK), None]  # a mating move is never judged
    for ply, san in enumerate(moves):
        phases.see(board, ply)
        move = board.parse_san(san)
        if judged[ply] and (first := _better(board, move)):
            better.append(f"{ply}:{board.uci(first)}:{','.join(_line(board.copy(stack=False), first, Random(ply)))}")
        uci = board.uci(move)
        board.push(move)
        if ply >= len(moves) - 2:
            endings.append(Ending(lichess_fen(board), uci))
    phases.see(board, len(moves))
    last, before = endings[-1], endings[-2] if len(endings) > 1 else endings[-1]
    found = " ".join("-" if ply is None else str(ply) for ply in phases.found()) if variant in DIVIDED else "- -"
    return "\t".join((last.fen, last.uci, before.fen, before.uci, found, " ".join(better)))


def _better(board: chess.Board, played: chess.Move) -> chess.Move | None:
    """Name another legal move: the one to be seen at once, or else any."""
    chosen = best(board)
    if chosen != played:
        return chosen
    return min((move for move in board.legal_moves if move != played), key=lambda move: move.uci(), default=None)


def _line(board: chess.Board, first: chess.Move, rng: Random) -> list[str]:
    """Play on from a better move as both sides see best: often for as long as Lichess keeps it."""
    plies = rng.choice(SHORT_PLIES) if rng.random() < SHORT_LINES_RATIO else LINE_PLIES_MOST
    sans, move = list[str](), first
    while True:
        sans.append(lichess_san(board, move))
        board.push(move)
        if len(sans) == plies or board.is_game_over():
            return sans
        move = best(board)
