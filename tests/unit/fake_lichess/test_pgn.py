"""Rendering, byte for byte: tags, movetext and what each option adds or drops."""

import pytest

from fake_lichess.games import Game
from fake_lichess.pgn import Options, Renderer, evaluation_text, header, movetext
from fake_lichess.tracks import Sequence, TimeControl, Track

MATE = Sequence(
    "0-1", "mate", "A00", "Barnes Opening: Fool's Mate", 4, ("f3", "e5", "g4", "Qh4#"), ("-20", "-13", "#-1")
)
TRACK = Track(7, MATE, TimeControl("ultraBullet", 15, 0, 1.0), "mate", 4, 0, 5000)
GAME = Game("abcd1234", 1_700_000_000_123, "Anna", "Bob", 1500, 1620, -4, rated=True, analysed=True, track=TRACK)
TAGS = """\
[Event "rated UltraBullet game"]
[Site "https://lichess.org/abcd1234"]
[Date "2023.11.14"]
[Round "-"]
[White "Anna"]
[Black "Bob"]
[Result "0-1"]
[GameId "abcd1234"]
[UTCDate "2023.11.14"]
[UTCTime "22:13:20"]
[WhiteElo "1500"]
[BlackElo "1620"]
[WhiteRatingDiff "-4"]
[BlackRatingDiff "+4"]
[Variant "Standard"]
[TimeControl "15+0"]
[ECO "A00"]
[Termination "Normal"]

"""


def rendered(options: Options, game: Game = GAME) -> str:
    """Render one game as text."""
    return Renderer(options).render(game).decode()


def test_the_default_is_tags_and_bare_moves() -> None:
    """Without options there are no comments and no Opening tag, and two blank lines follow."""
    assert rendered(Options()) == TAGS + "1. f3 e5 2. g4 Qh4# 0-1\n\n\n"


def test_comments_give_evaluation_before_clock_and_repeat_the_number() -> None:
    """A commented White move makes Black's number appear; the mating move has a clock and no evaluation."""
    text = rendered(Options(clocks=True, evals=True))
    assert text == TAGS + (
        "1. f3 { [%eval -0.2] [%clk 0:00:15] } 1... e5 { [%eval -0.13] [%clk 0:00:15] } "
        "2. g4 { [%eval #-1] [%clk 0:00:15] } 2... Qh4# { [%clk 0:00:15] } 0-1\n\n\n"
    )


def test_evaluations_alone_leave_the_mating_move_bare() -> None:
    """Where a move has no comment, none is made up."""
    assert rendered(Options(tags=False, evals=True)) == (
        "1. f3 { [%eval -0.2] } 1... e5 { [%eval -0.13] } 2. g4 { [%eval #-1] } 2... Qh4#\n\n\n"
    )


def test_games_without_analysis_have_no_evaluations() -> None:
    """`evals` adds nothing to a game that was never analysed."""
    assert rendered(Options(evals=True), GAME._replace(analysed=False)) == rendered(Options())


def test_without_tags_the_result_goes_too() -> None:
    """The result at the end is printed from the Result tag."""
    assert rendered(Options(tags=False)) == "1. f3 e5 2. g4 Qh4#\n\n\n"


def test_without_moves_a_space_and_the_result_remain() -> None:
    """The blank before the result stays."""
    assert rendered(Options(moves=False)) == TAGS + " 0-1\n\n\n"


def test_the_opening_stands_behind_its_code() -> None:
    """`opening` adds one tag between ECO and Termination."""
    assert '[ECO "A00"]\n[Opening "Barnes Opening: Fool\'s Mate"]\n[Termination' in rendered(Options(opening=True))


def test_casual_games_have_no_rating_change() -> None:
    """A casual game says so and has no diff tags."""
    text = rendered(Options(), GAME._replace(rated=False, change=None))
    assert text.startswith('[Event "casual UltraBullet game"]')
    assert "RatingDiff" not in text


def test_two_games_on_one_track_share_only_what_they_should() -> None:
    """A renderer that has seen a track still writes the next game's own tags."""
    renderer = Renderer(Options())
    other = GAME._replace(id="zzzz9999", created_at_ms=1_700_086_400_000, white="Cleo")
    assert renderer.render(GAME).decode() == rendered(Options())
    assert renderer.render(other).decode() == rendered(Options(), other)


def test_tag_values_are_escaped() -> None:
    """Backslash and quote are written with a backslash."""
    assert header({"Event": 'the "\\" cup'}) == '[Event "the \\"\\\\\\" cup"]\n'


@pytest.mark.parametrize(
    ("clock_cs", "text"), [(18003, "0:03:00"), (0, "0:00:00"), (49, "0:00:00"), (50, "0:00:01"), (360_000, "1:00:00")]
)
def test_clocks_are_rounded_to_seconds(clock_cs: int, text: str) -> None:
    """Hours are not padded; minutes and seconds are."""
    assert movetext(("e4",), (clock_cs,), ()) == f"1. e4 {{ [%clk {text}] }}"


@pytest.mark.parametrize(
    ("evaluation", "text"),
    [("17", "0.17"), ("200", "2.0"), ("-34", "-0.34"), ("0", "0.0"), ("#4", "#4"), ("#-4", "#-4")],
)
def test_evaluations_are_pawns_without_padding(evaluation: str, text: str) -> None:
    """Centipawns become pawns, mates stay."""
    assert evaluation_text(evaluation) == text


def test_a_game_may_begin_with_black() -> None:
    """From a position with Black to move the first number has three dots."""
    assert movetext(("Kd7", "e4"), (), (), first_ply=39) == "20... Kd7 21. e4"
