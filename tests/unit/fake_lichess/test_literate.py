"""Literate games: what is said about moves, openings and endings, in Lichess's words and places."""

import io
from dataclasses import replace
from itertools import chain

import chess.pgn
import pytest

from fake_lichess.analysis import Judgment
from fake_lichess.details import Better
from fake_lichess.games import Game
from fake_lichess.literate import LiterateRenderer, annotated, ending, renderer, variation
from fake_lichess.pgn import Options, Renderer
from fake_lichess.tracks import TIME_CONTROLS, Sequence, Track
from tests.made_up_world import account, details

EVERYTHING = Options(clocks=True, evals=True, opening=True, literate=True)
GAMES = list(account(games=400).games(range(400)))


def track(result: str = "0-1", status: str = "resign", moves: str = "e4 e5 Ke2 Nc6", ply: int = 2) -> Track:
    """Make a track of these moves whose opening is named after so many of them."""
    sequence = Sequence(
        result, status, "C20", "King's Pawn Game", ply, tuple(moves.split()), ("10", "20", "-95", "#-3")
    )
    return Track(1, sequence, TIME_CONTROLS[0], status, 4, 0, duration_ms=1)


def of_kind(source: str) -> Game:
    """Find a game of this origin."""
    return next(game for game in GAMES if game.occasion is not None and game.occasion.source == source)


def test_bad_moves_are_marked_explained_and_answered() -> None:
    """Glyph, judgment before evaluation and clock, then the better line; openings after the clock, the ending last."""
    advised = {2: (Judgment("Blunder", "Blunder."), Better("g1f3", ("Nf3", "Nc6", "Bb5")))}
    assert annotated(track(), (3000, 3000, 2900, 2950), advised, shows_evals=True) == (
        "1. e4 { [%eval 0.1] [%clk 0:00:30] } 1... e5 { [%eval 0.2] [%clk 0:00:30] } { C20 King's Pawn Game } "
        "2. Ke2?? { (0.20 → -0.95) Blunder. Nf3 was best. } { [%eval -0.95] [%clk 0:00:29] } "
        "(2. Nf3 Nc6 3. Bb5) 2... Nc6 { [%eval #-3] [%clk 0:00:30] } { White resigns. }"
    )


def test_openings_and_endings_do_not_interrupt_a_move() -> None:
    """Black's move is not numbered after an opening alone, as in the API description's example."""
    assert annotated(track(ply=1), (), {}, shows_evals=False) == (
        "1. e4 { C20 King's Pawn Game } e5 2. Ke2 Nc6 { White resigns. }"
    )


def test_the_first_move_is_judged_from_the_start_and_mates_are_counted() -> None:
    """Before the first move stands 0.15; mates are told by their distance."""
    blunder = Judgment("Blunder", "Checkmate is now unavoidable.")
    told = annotated(
        track(), (), {0: (blunder, Better("d2d4", ("d4",))), 3: (blunder, Better("a7a6", ("a6",)))}, shows_evals=False
    )
    assert "1. e4?? { (0.15 → 0.10) Checkmate is now unavoidable. d4 was best. } (1. d4) 1... e5" in told
    assert (
        "Nc6?? { (-0.95 → Mate in 3) Checkmate is now unavoidable. a6 was best. } { White resigns. } (2... a6)" in told
    )


def test_better_lines_end_after_twenty_plies() -> None:
    """What an engine looked at beyond is not shown."""
    assert variation(Better("a2a3", ("a3",) * 30), 1).count("a3") == 20


@pytest.mark.parametrize(
    ("result", "status", "sentence"),
    [
        ("1-0", "mate", "White wins by checkmate."),
        ("0-1", "resign", "White resigns."),
        ("1/2-1/2", "stalemate", "Draw by stalemate."),
        ("1-0", "timeout", "Black left the game."),
        ("1/2-1/2", "timeout", "The game is a draw."),
        ("1/2-1/2", "draw", "The game is a draw."),
        ("1-0", "outoftime", "White wins on time."),
        ("1/2-1/2", "outoftime", "Draw by time and insufficient material."),
        ("0-1", "noStart", "Black wins by forfeit."),
        ("1-0", "cheat", "Cheat detected."),
        ("1-0", "variantEnd", "Game ends by variant rule."),
        ("*", "started", ""),
    ],
)
def test_every_ending_has_its_sentence(result: str, status: str, sentence: str) -> None:
    """The words of lila; nothing while a game goes on."""
    assert ending(track(result, status)) == sentence


@pytest.mark.parametrize("options", [EVERYTHING, replace(EVERYTHING, evals=False), replace(EVERYTHING, clocks=False)])
def test_literate_games_are_the_same_games(options: Options) -> None:
    """A strict reader finds the same moves and tags as in plain games, and the annotator besides."""
    literate, plain = renderer(options, details()), Renderer(replace(options, literate=False))
    for game in GAMES[:150]:
        read, known = (chess.pgn.read_game(io.StringIO(text.render(game).decode())) for text in (literate, plain))
        assert read is not None
        assert known is not None
        assert read.errors == []
        assert dict(read.headers) == {**known.headers, "Annotator": "lichess.org"}
        assert list(read.mainline_moves()) == list(known.mainline_moves())


def test_judgments_need_an_analysis_that_was_loaded() -> None:
    """Accuracy or evaluations load it; without either, openings and endings are all there is."""
    game = next(game for game in GAMES if game.analysed and b"??" in renderer(EVERYTHING, details()).render(game))
    assert b"??" not in renderer(Options(literate=True), details()).render(game)
    judged = renderer(Options(literate=True, accuracy=True), details()).render(game)
    assert b"?? { (" in judged
    assert b"[%eval" not in judged


def test_the_annotator_signs_even_where_no_tags_are_wanted() -> None:
    """Without tags and moves, his name is all that is left; imported games are signed too."""
    bare = LiterateRenderer(Options(tags=False, moves=False, literate=True), details())
    assert bare.render(GAMES[0]) == b'[Annotator "lichess.org"]\n\n\n\n\n'
    signed = renderer(EVERYTHING, details()).render(of_kind("import")).decode()
    assert '[Annotator "lichess.org"]\n\n1. ' in signed
    assert type(renderer(Options(), details())) is Renderer


def test_all_kinds_of_judgments_occur() -> None:
    """Inaccuracies, mistakes and blunders are met within a few hundred games."""
    write = renderer(EVERYTHING, details())
    text = b"".join(chain(write.render(game) for game in GAMES))
    assert all(f" {word}. ".encode() in text for word in ("Inaccuracy", "Mistake", "Blunder"))
