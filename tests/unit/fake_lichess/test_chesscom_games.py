"""How Lichess's games become Chess.com's: time controls, packed moves, results."""

import chess
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_lichess.chesscom_games import TCN, TCN_PIECES, is_playable, month_games, read, tcn, time_class, time_control

BASE = "http://localhost/pub"


def pgn(moves: str, result: str = "1-0", **tags: str) -> bytes:
    """Write a game as Lichess does."""
    shown = {
        "Event": "rated blitz game", "Site": "https://lichess.org/abcdefgh", "White": "Anna", "Black": "Ben",
        "Result": result, "GameId": "abcdefgh", "UTCDate": "2026.01.02", "UTCTime": "10:00:00", "WhiteElo": "1500",
        "BlackElo": "1510", "Variant": "Standard", "TimeControl": "180+2", "ECO": "C20", "Opening": "King's Pawn Game",
        "Termination": "Normal", **tags,
    }  # fmt: skip
    return ("".join(f'[{name} "{value}"]\n' for name, value in shown.items()) + f"\n{moves} {result}\n\n\n").encode()


def unpacked(text: str) -> chess.Move:
    """Read a packed move, as the site's viewers do."""
    start, to = (TCN.index(character) for character in text)
    if to > 63:
        promotion = chess.Piece.from_symbol(TCN_PIECES[(to - 64) // 3]).piece_type
        return chess.Move(start, start + (-8 if start < 16 else 8) + (to - 1) % 3 - 1, promotion)
    if start > 75:
        return chess.Move(to, to, drop=chess.Piece.from_symbol(TCN_PIECES[start - 79]).piece_type)
    return chess.Move(start, to)


@pytest.mark.parametrize("uci", ["e2e4", "a7a8q", "a7b8n", "h7g8r", "h2h1b", "b2a1q", "b2c1n", "N@f3", "Q@h8", "P@a2"])
def test_packed_moves_can_be_unpacked(uci: str) -> None:
    """Ordinary moves, promotions of both sides in all directions, and drops."""
    assert unpacked(tcn(chess.Move.from_uci(uci))) == chess.Move.from_uci(uci)


@given(start=st.integers(0, 63), to=st.integers(0, 63))
def test_every_ordinary_move_packs_into_two_characters(start: int, to: int) -> None:
    """And no two moves share them."""
    packed = tcn(chess.Move(start, to))
    assert (len(packed), unpacked(packed)) == (2, chess.Move(start, to))


@pytest.mark.parametrize(
    ("lichess", "written", "kind"),
    [
        ("60+0", "60", "bullet"),
        ("120+1", "120+1", "bullet"),
        ("180+0", "180", "blitz"),
        ("180+2", "180+2", "blitz"),
        ("600+0", "600", "rapid"),
        ("3 days per move", "1/259200", "daily"),
        ("1 day per move", "1/86400", "daily"),
        ("-", "1/259200", "daily"),
    ],
)
def test_time_controls_are_written_and_classed_as_on_the_site(lichess: str, written: str, kind: str) -> None:
    """Without an increment only the seconds; days as seconds a move."""
    assert time_control(lichess) == written
    assert time_class(written) == kind


@pytest.mark.parametrize(
    ("game", "white", "black", "how"),
    [
        (pgn("1. e4 e5"), "win", "resigned", "Anna won by resignation"),
        (pgn("1. f3 e5 2. g4 Qh4#", "0-1"), "checkmated", "win", "Ben won by checkmate"),
        (pgn("1. e4", Termination="Time forfeit"), "win", "timeout", "Anna won on time"),
        (pgn("1. e4 e5", "1/2-1/2"), "agreed", "agreed", "Game drawn by agreed"),
        (
            pgn("1. e4 e5", "1/2-1/2", Termination="Time forfeit"),
            "timevsinsufficient",
            "timevsinsufficient",
            "Game drawn by timevsinsufficient",
        ),
    ],
)
def test_results_say_how_each_side_fared(game: bytes, white: str, black: str, how: str) -> None:
    """A code a side, and a sentence in the tags."""
    [shown] = month_games([(0, game)], BASE).values()
    sides = [shown[side] for side in ("white", "black")]
    assert [side["result"] for side in sides if isinstance(side, dict)] == [white, black]
    assert f'[Termination "{how}"]' in str(shown["pgn"])


@pytest.mark.parametrize(
    "game",
    [
        pgn("", "0-1"),
        pgn("1. e4", WhiteElo="?"),
        pgn("1. e4", Variant="Atomic"),
        pgn("1. e4").replace(b"UTCDate", b"X"),
    ],
)
def test_what_the_site_has_no_form_for_is_left_out(game: bytes) -> None:
    """No move, no rating, a variant it does not know, no time."""
    assert not is_playable(read(game))


def test_clocks_are_written_without_blanks_and_with_tenths() -> None:
    """Every commented move is numbered, as Black's is after a comment."""
    [shown] = month_games([(0, pgn("1. e4 { [%clk 0:03:00] } 1... e5 { [%clk 0:02:58] }"))], BASE).values()
    assert str(shown["pgn"]).endswith("\n1. e4 {[%clk 0:03:00]} 1... e5 {[%clk 0:02:58.1]} 1-0\n")


def test_analysed_games_tell_how_accurate_they_were() -> None:
    """After `rated`, one figure a side with hundredths, and none where nothing was analysed."""
    moves = "1. e4 { [%eval 0.3] [%clk 0:03:00] } 1... e5 { [%eval 0.25] [%clk 0:02:00] } 2. Ke2 { [%eval -3.1] }"
    [analysed] = month_games([(0, pgn(moves, "0-1"))], BASE).values()
    assert list(analysed)[4:7] == ["rated", "accuracies", "tcn"]
    accuracies = analysed["accuracies"]
    assert isinstance(accuracies, dict)
    assert 0 < accuracies["white"] < accuracies["black"] <= 100
    assert accuracies["black"] == round(accuracies["black"], 2)
    assert read(pgn("1. e4 { [%eval #-3] } 1... e5 { [%eval -0.07] }")).evals == ("#-3", "-7")
    [plain] = month_games([(0, pgn("1. e4 e5"))], BASE).values()
    assert "accuracies" not in plain
