"""Where games are divided: officers left, back ranks, and how far the armies stand among each other."""

import chess
import pytest

from fake_lichess.play.phases import Phases, mixedness

EMPTY = "8/8/8/8/8/8/8/8 w - - 0 1"


def board(**pieces: str) -> chess.Board:
    """Set up nothing but these pieces, named by square."""
    made = chess.Board(EMPTY)
    for square, piece in pieces.items():
        made.set_piece_at(chess.parse_square(square), chess.Piece.from_symbol(piece))
    return made


def test_armies_at_home_are_not_mixed() -> None:
    """Neither at the start nor without any pieces is there anything to sum up."""
    assert mixedness(chess.Board()) == 0
    assert mixedness(chess.Board(EMPTY)) == 0


@pytest.mark.parametrize(
    ("pieces", "score"),
    [
        ({"a1": "P"}, 8),  # one group, the lowest: 1 + (8 - 1)
        ({"a8": "p"}, 8),  # the same, seen from the other side
        ({"a8": "P"}, 2),
        ({"a1": "P", "b1": "P"}, 8),  # both in the corner: 0; the second one alone in the next group: 8
        ({"a8": "P", "b8": "P"}, 7 + 2),
        ({"a8": "P", "b8": "P", "a7": "P"}, 9 + 2 + 3),  # three in the corner, one beside it, one below it
        ({"a8": "P", "a7": "p"}, 9 + 7),
        ({"a8": "P", "b8": "P", "a7": "p", "b7": "p"}, 7 + 9 + 0 + (1 + 6)),
        ({"a8": "P", "b8": "P", "a7": "p"}, 11 + 2 + 7),
        ({"a8": "P", "b8": "p", "a7": "p"}, (8 + 2 - 7) + 8 + 7),
    ],
)
def test_groups_of_four_squares_are_scored_as_lichess_scores_them(pieces: dict[str, str], score: int) -> None:
    """Worked out by hand from the table of Divider.scala."""
    assert mixedness(board(**pieces)) == score


def phases(*fens: str) -> tuple[int | None, int | None]:
    """Divide a game of these positions."""
    seen = Phases()
    for ply, fen in enumerate(fens):
        seen.see(chess.Board(fen), ply)
    return seen.found()


BARE = "rnbqk3/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w - - 0 1"  # eleven officers, both back ranks stand
TEN = "rnbqk3/pppppppp/8/8/8/8/PPPPPPPP/RNBQK1NR w - - 0 1"
SPARSE = "rnbqkbnr/pppppppp/8/8/8/2NBBN2/PPPPPPPP/R3K2R w - - 0 1"
SIX = "rn2k3/pppppppp/8/8/8/8/PPPPPPPP/RN2K2R w - - 0 1"
MIXED = "r1bqkb1r/1p1n1p2/p1pPpnpp/3pN1B1/2PP2P1/P1N1P3/1P2BP1P/R2QK2R w - - 0 1"


def test_the_middle_game_begins_with_the_first_sign_of_it() -> None:
    """Ten officers, a back rank with fewer than four pieces, or armies that have met."""
    assert phases(chess.STARTING_FEN, BARE) == (None, None)
    assert phases(chess.STARTING_FEN, BARE, TEN) == (2, None)
    assert phases(chess.STARTING_FEN, SPARSE) == (1, None)
    assert mixedness(chess.Board(MIXED)) > 150
    assert phases(chess.STARTING_FEN, MIXED, TEN) == (1, None)


def test_the_endgame_begins_at_six_officers() -> None:
    """A game that comes there without a middle game has only an endgame."""
    assert phases(chess.STARTING_FEN, TEN, SIX, SIX) == (1, 2)
    assert phases(chess.STARTING_FEN, SIX) == (None, 1)
