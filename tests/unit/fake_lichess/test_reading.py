"""Reading other people's PGN: cutting, main lines, what is filled in and what is left out."""

from datetime import UTC, datetime

import pytest

from fake_lichess.reading import FoundGame, LeftOut, Ply, Raw, as_lichess, created_at, first_ply, plies, split

IMMORTAL = """\
[Event "London"]
[Site "London ENG"]
[Date "1851.06.21"]
[Round "?"]
[White "Anderssen, Adolf"]
[Black "Kieseritzky, \\"Lionel\\""]
[Result "1-0"]
[PlyCount "9"]

1.e4 e5 2.f4 exf4 {a comment
over two lines} 3.Bc4 (3.Nf3 g5 (3...d6)) Qh4+ $6 4.Kf1 b5?! ; to the end of the line
5. Bxb5 ?! 1-0
"""


def game(text: str) -> FoundGame:
    """Read a text that holds one game Lichess could hold."""
    found = as_lichess(next(split(text.splitlines(keepends=True))))
    assert isinstance(found, FoundGame)
    return found


def reason(text: str) -> str:
    """Read a text whose game is left out and say why."""
    found = as_lichess(next(split(text.splitlines(keepends=True))))
    assert isinstance(found, LeftOut)
    return found.reason


def test_games_are_cut_where_tags_follow_moves() -> None:
    """Blank lines mean nothing; a tag after moves begins the next game, and escape lines are skipped."""
    text = '[Event "a"]\n\n[Site "b"]\n% an escape\n1. e4\n\ne5 *\n[Event "c"]\n\n*\n1. d4 *\n'
    assert list(split(text.splitlines(keepends=True))) == [
        Raw({"Event": "a", "Site": "b"}, "1. e4\ne5 *\n"),
        Raw({"Event": "c"}, "*\n1. d4 *\n"),
    ]


def test_a_file_of_nothing_holds_no_game() -> None:
    """Blank lines alone are no game."""
    assert list(split(["\n", "\n"])) == []


def test_the_main_line_is_all_that_counts() -> None:
    """Comments, variations, glyphs and numbers are dropped."""
    found, result = plies(next(split(IMMORTAL.splitlines(keepends=True))).movetext)
    assert [ply.san for ply in found] == ["e4", "e5", "f4", "exf4", "Bc4", "Qh4+", "Kf1", "b5", "Bxb5"]
    assert result == "1-0"


def test_clocks_and_evaluations_are_read_from_comments() -> None:
    """Tenths of seconds, mates and a comment before the first move are understood."""
    found, result = plies("{hello} 1. e4 {[%clk 1:02:03.4]} {[%eval -0.35,20]} e5 {[%eval #-3] [%clk 0:00:09]} 2. d4")
    assert found == [Ply("e4", 372_340, "-35"), Ply("e5", 900, "#-3"), Ply("d4", None, None)]
    assert result is None


def test_a_foreign_game_is_filled_in_as_lichess_would() -> None:
    """All tags stand in Lichess's order; what Lichess does not know is gone, what it needs is there."""
    found = game(IMMORTAL)
    assert found.tags == (
        ("Event", "London"),
        ("Site", f"https://lichess.org/{found.id}"),
        ("Date", "1851.06.21"),
        ("Round", "-"),
        ("White", "Anderssen, Adolf"),
        ("Black", 'Kieseritzky, "Lionel"'),
        ("Result", "1-0"),
        ("GameId", found.id),
        ("UTCDate", "1851.06.21"),
        ("UTCTime", "00:00:00"),
        ("WhiteElo", "?"),
        ("BlackElo", "?"),
        ("Variant", "Standard"),
        ("TimeControl", "-"),
        ("ECO", "?"),
        ("Opening", "?"),
        ("Termination", "Normal"),
    )
    assert len(found.id) == 8


def test_ids_come_from_the_content() -> None:
    """The same game has the same id in any file; another has another."""
    assert game(IMMORTAL).id == game("\n" + IMMORTAL).id
    assert game(IMMORTAL).id != game(IMMORTAL.replace("Adolf", "A")).id


def test_missing_results_come_from_the_moves() -> None:
    """Without a Result tag the result behind the moves counts, and without that the game is unfinished."""
    assert dict(game("1. e4 e5 1/2-1/2").tags)["Result"] == "1/2-1/2"
    unfinished = dict(game('[White "?"]\n\n1. e4 e5').tags)
    assert (unfinished["Result"], unfinished["Termination"], unfinished["White"]) == ("*", "Unknown", "Anonymous")


def test_moves_are_put_into_standard_notation_and_keep_their_comments() -> None:
    """Zeros for castling and missing check marks are mended; clocks and evaluations stay."""
    found = game("1. e4 e5 2. Nf3 Nc6 3. Bb5 Nf6 4. 0-0 {[%clk 0:01:02.5] [%eval 0.3]} Ke7 {[%eval #5]} *")
    assert plies(found.movetext)[0][-2:] == [Ply("O-O", 6250, "30"), Ply("Ke7", None, "#5")]


def test_a_game_from_a_position_says_so() -> None:
    """A FEN tag without a variant is what Lichess calls From Position."""
    found = game('[FEN "4k3/8/8/8/8/8/4P3/4K3 b - - 3 20"]\n[SetUp "1"]\n[Termination "adjudication"]\n\n20... Kd7 *')
    tags = dict(found.tags)
    assert (tags["Variant"], tags["SetUp"], tags["Termination"]) == ("From Position", "1", "Unknown")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1. e4 e5 2. Ke3 *", "a move is illegal or cannot be read"),
        ("1. e4 -- 2. d4 *", "it has a null move"),
        ('[Variant "Bughouse"]\n\n1. e4 *', "its variant or starting position is unknown"),
        ('[FEN "nonsense"]\n\n1. e4 *', "its variant or starting position is unknown"),
        ('[Site "https://lichess.org/abcd1234"]\n[Result "1-0"]\n\n1. e4 e5 2.', "it stops in the middle"),
    ],
)
def test_what_lichess_could_not_hold_is_left_out_with_the_reason(text: str, why: str) -> None:
    """An importer is never blamed for a broken game of the file."""
    assert reason(text) == why


def test_a_game_of_lichess_is_believed_and_keeps_its_id() -> None:
    """Games exported by Lichess are not replayed: their moves stay as they are."""
    tags = '[Site "https://lichess.org/abcd1234"]\n[Result "1-0"]\n[WhiteRatingDiff "+6"]\n[Termination "Time forfeit"]'
    found = game(f"{tags}\n\n1. e4 1-0\n")
    assert found.id == "abcd1234"
    assert ("WhiteRatingDiff", "+6") in found.tags
    assert ("Termination", "Time forfeit") in found.tags


@pytest.mark.parametrize(
    ("tags", "when"),
    [
        (
            {"UTCDate": "2024.01.05", "UTCTime": "01:02:03", "Date": "1999.01.01"},
            datetime(2024, 1, 5, 1, 2, 3, tzinfo=UTC),
        ),
        ({"Date": "1997.??.??"}, datetime(1997, 1, 1, tzinfo=UTC)),
        ({"Date": "1997.05.??", "UTCTime": "later"}, datetime(1997, 5, 1, tzinfo=UTC)),
        ({"UTCDate": "????.??.??", "Date": "2001.02.03"}, datetime(2001, 2, 3, tzinfo=UTC)),
        ({"Date": "2023.02.31"}, datetime(1970, 1, 1, tzinfo=UTC)),
        ({}, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_game_was_played_at_the_earliest_its_tags_allow(tags: dict[str, str], when: datetime) -> None:
    """UTC tags come first, then the date at midnight; what is unknown is the earliest possible."""
    assert created_at(tags) == when


@pytest.mark.parametrize(
    ("fen", "ply"), [(None, 0), ("8/8 w - - 0 1", 0), ("8/8 b - - 0 20", 39), ("8/8 w - - 0 x", 0)]
)
def test_the_first_ply_follows_from_the_position(fen: str | None, ply: int) -> None:
    """Move numbers go on from the position's own."""
    assert first_ply(fen) == ply
