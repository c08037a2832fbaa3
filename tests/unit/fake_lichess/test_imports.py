"""The files of imported games: what a program gave to Lichess, not what Lichess makes of it."""

import io

import chess.pgn

from fake_lichess.imports import WIDTH, exported, file_text, is_import
from tests.made_up_world import account

IMPORTED = [game for game in account(games=6000).games(range(6000)) if is_import(game)]


def test_files_say_what_was_known_and_replay() -> None:
    """Names, event and result, a date if there was one, no address and no ratings; the moves are the game's."""
    for game in IMPORTED:
        text = file_text(game)
        read = chess.pgn.read_game(io.StringIO(text))
        assert read is not None
        assert read.errors == []
        assert read.headers["White"].replace("\\", "") == game.white
        assert ("[Date " in text) == (game.occasion is not None and game.occasion.played_on is not None)
        assert "lichess.org" not in text
        assert "Elo" not in text
        assert read.end().ply() - read.ply() == game.track.plies
        assert max(map(len, text.partition("\n\n")[2].splitlines())) <= WIDTH
        assert exported(game).decode() == f"{text}\n\n\n"
    assert exported(None) == b""


def test_variants_and_positions_are_told() -> None:
    """A game that did not begin where all games do says where it did."""
    texts = [file_text(game) for game in IMPORTED if game.track.sequence.variant != "standard"]
    assert texts
    assert all("[Variant " in text for text in texts)


def test_ordinary_games_are_no_imports() -> None:
    """Only games from files count."""
    games = list(account(games=500).games(range(500)))
    assert 0 < sum(map(is_import, games)) < 50
    assert not any(is_import(game) for game in games if game.occasion is None)
