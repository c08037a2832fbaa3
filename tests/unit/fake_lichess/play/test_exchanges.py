"""What evaluations foresee: pieces about to be won, in the variants where that is what captures do."""

import chess
import chess.variant
import pytest

from fake_lichess.analysis import judgments
from fake_lichess.play.exchanges import counted_ratio, foresee, foreseen_cp, won_cp
from tests.made_up_world import sequences


@pytest.mark.parametrize(
    ("fen", "square", "won"),
    [
        ("4k3/8/8/3n4/8/8/8/3RK3 w - - 0 1", "d5", 310),  # nobody guards it
        ("4k3/8/4p3/3n4/8/8/8/3RK3 w - - 0 1", "d5", 0),  # a rook for a knight: better left alone
        ("4k3/8/4p3/3n4/4P3/8/8/3RK3 w - - 0 1", "d5", 310),  # the pawn goes first, and is retaken for a pawn
        ("4k3/8/8/3n4/8/8/8/2R1K3 w - - 0 1", "d5", 0),  # out of reach
        ("4k3/8/8/8/3n4/4r3/3R4/4K3 w - - 0 1", "d4", 0),  # who is in check has no time for it
    ],
)
def test_exchanges_are_reckoned_to_the_end(fen: str, square: str, won: int) -> None:
    """Each side takes with its least piece, and stops when going on would lose."""
    assert won_cp(chess.Board(fen), chess.parse_square(square)) == won


def test_what_black_is_about_to_win_is_bad_for_white() -> None:
    """The sign is White's view; where nothing is to be won there is nothing to foresee."""
    fen = "4k3/8/8/3n4/8/8/3R4/3K4 {} - - 0 1"
    assert foreseen_cp(chess.Board(fen.format("w"))) == 310
    assert foreseen_cp(chess.Board(fen.format("b"))) == 0
    assert foreseen_cp(chess.Board("3rk3/8/8/8/3N4/8/8/4K3 b - - 0 1")) == -310
    assert foreseen_cp(chess.Board("4k3/8/8/8/8/8/8/4K3 w - - 0 1")) == 0


def test_variants_with_other_captures_foresee_nothing() -> None:
    """Giving a piece away is no loss in antichess, and in atomic chess taking it may be."""
    assert foreseen_cp(chess.variant.AntichessBoard("8/8/8/3n4/8/8/8/3R4 w - - 0 1")) == 0
    assert foreseen_cp(chess.variant.AtomicBoard("4k3/8/8/3n4/8/8/8/3RK3 w - - 0 1")) == 0


def test_the_move_that_hangs_a_piece_is_the_one_to_blame() -> None:
    """Not the capture that punishes it; early on less of it is counted than later."""
    moves, counted = ("e4", "d5", "Qg4", "Bxg4"), ("20", "20", "20", "-900")
    found = foresee(chess.Board(), moves, counted)
    names = [judgment.name if judgment else None for judgment in judgments(found, black_first=False)]
    assert names[2] == "Blunder"
    assert names[3] is None
    assert counted_ratio(0) < counted_ratio(20) < counted_ratio(48) == counted_ratio(200) == 1.0


def test_nobody_is_blamed_for_the_only_move() -> None:
    """A forced move was foreseen, so the evaluation is the same before and after it; mates stay mates."""
    board = chess.Board("7k/8/8/8/8/8/5q2/7K b - - 0 1")
    assert foresee(board, ("Qf1+", "Kh2", "Kg7"), ("-900", "-880", "#-5")) == ("-880", "-880", "#-5")
    first = chess.Board("7k/8/8/8/8/8/1q6/K7 w - - 0 1")
    assert foresee(first, ("Kxb2",), ("0",)) == ("0",)


def test_one_move_in_seven_is_judged() -> None:
    """Near the share among real analysed games: 50 of 268 moves in Lichess's own examples."""
    judged = [
        judgment is not None
        for sequence in sequences()
        if sequence.variant == "standard"
        for judgment in judgments(sequence.evals, black_first=False)
    ]
    assert sum(judged) / len(judged) == pytest.approx(0.15, abs=0.02)
