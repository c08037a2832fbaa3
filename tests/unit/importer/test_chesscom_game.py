"""Games as Chess.com writes them, read by the one reader of all platforms."""

import pytest

from importer.game import Game, Rejection, peek, read_game
from importer.pgn import RawGame
from tests.chesscom_pgn import pgn, start_s

MAY_S = start_s("2024/05")


def read(text: bytes) -> Game | Rejection:
    return read_game(RawGame(text.strip()))


def test_a_game_becomes_a_row() -> None:
    """Players, times, clocks with tenths and the address that names the game are understood."""
    found = read(pgn(42, MAY_S + 120))
    assert isinstance(found, Game)
    assert (found.game_id, found.created_at_s, found.plies) == ("live-42", MAY_S + 60, 4)
    assert (found.white, found.black_elo, found.result, found.variant) == ("Alice", 1612, "0-1", "Standard")
    assert (found.termination, found.time_control) == ("Bob won by checkmate", "180")


@pytest.mark.parametrize(
    ("link", "game_id"),
    [
        ("https://www.chess.com/game/live/7", "live-7"),
        ("https://www.chess.com/game/daily/7", "daily-7"),
        ("https://www.chess.com/daily/game/7", "daily-7"),
        ("https://www.chess.com/live/game/7?username=alice", "live-7"),
    ],
)
def test_live_and_daily_games_of_one_number_are_two_games(link: str, game_id: str) -> None:
    """The kind is part of the id, whichever way round the address has it; a peek finds the same id as the reader."""
    text = pgn(7, MAY_S, Link=link)
    found = read(text)
    assert isinstance(found, Game)
    assert found.game_id == peek(text).game_id == game_id


@pytest.mark.parametrize("link", [None, "https://www.chess.com/member/alice", "/game/live/7", f"https://x/{'9' * 30}"])
def test_a_game_that_nothing_names_is_rejected(link: str | None) -> None:
    """Without an address that ends in a number there is no id."""
    text = pgn(7, MAY_S, Link=link)
    found = read(text)
    assert isinstance(found, Rejection)
    assert (found.game_id, peek(text).game_id) == (None, None)
    assert found.reason == "it has neither a GameId tag nor a Site or Link that ends in an id"


@pytest.mark.parametrize(
    ("variant", "fen", "movetext"),
    [
        ("Chess960", "nrbbq1kr/pppppppp/5n2/8/8/5N2/PPPPPPPP/NRBBQ1KR w BHbh - 0 1", "1. O-O 1/2-1/2"),
        ("King of the Hill", None, "1. e4 e5 1/2-1/2"),
        ("Crazyhouse", None, "1. e4 d5 2. exd5 Qxd5 3. P@e4 1-0"),
        ("3-Check", None, "1. e4 e5 1-0"),
    ],
)
def test_variants_are_those_that_the_reader_plays(variant: str, fen: str | None, movetext: str) -> None:
    """Variant, start position and the moves that only the variant allows."""
    tags = {"Variant": variant} | ({"SetUp": "1", "FEN": fen} if fen else {})
    text = pgn(7, MAY_S, movetext, **tags)
    found = read(text)
    assert isinstance(found, Game), found
    assert found.variant == variant


def test_what_the_reader_cannot_play_is_rejected() -> None:
    """Bughouse needs a second board."""
    found = read(pgn(7, MAY_S, Variant="Bughouse"))
    assert isinstance(found, Rejection)
    assert found.game_id == "live-7"
