"""What is read of a game, and what is rejected and why."""

import pytest

from importer.game import Game, Peek, Rejection, derived_id, peek, read_game, read_trusted_game
from importer.pgn import RawGame
from tests.pgn_games import FOOLS_MATE, ILLEGAL, IMMORTAL, created_at_s, game_id, pgn


def read(text: bytes) -> Game:
    """Read a game that must be valid."""
    game = read_game(RawGame(text.strip()))
    assert isinstance(game, Game), game
    return game


def reason(text: bytes, *, oversized: bool = False) -> str:
    """Read a game that must be rejected; return why it was."""
    rejection = read_game(RawGame(text.strip(), oversized))
    assert isinstance(rejection, Rejection), rejection
    assert rejection.text == text.strip()
    return rejection.reason


def test_a_row_holds_what_the_tags_say() -> None:
    """Every column comes from its tag, times in seconds of UTC, with the text beside it as it came."""
    text = pgn(7, IMMORTAL, Opening='King\'s Gambit \\"Bryan\\"')
    assert read(text) == Game(
        game_id=game_id(7),
        created_at_s=created_at_s(7),
        played_on="2023.11.14",
        white="Alice",
        black="Bob",
        white_elo=1500,
        black_elo=1612,
        result="1-0",
        variant="Standard",
        time_control="180+2",
        eco="A00",
        opening='King\'s Gambit "Bryan"',
        termination="Normal",
        plies=45,
        pgn=text.decode().strip(),
    )


def test_unknown_values_are_none() -> None:
    """A question mark, an empty value and a missing tag all mean not known."""
    game = read(pgn(1, WhiteElo="?", BlackElo=None, ECO="?", Opening=None, TimeControl="", Termination=None))
    assert (game.white_elo, game.black_elo, game.eco, game.opening) == (None, None, None, None)
    assert (game.time_control, game.termination) == (None, None)


def test_a_missing_result_tag_is_read_from_the_moves() -> None:
    """Without a Result tag the token that ends the moves counts."""
    assert read(pgn(1, Result=None)).result == "0-1"


def test_an_imported_game_has_no_creation_time() -> None:
    """Where Lichess shows only when a game was played, nothing is made up about when it was created."""
    game = read(pgn(1, Date="1851.06.21", UTCDate=None, UTCTime=None))
    assert (game.created_at_s, game.played_on) == (None, "1851.06.21")


@pytest.mark.parametrize("date", ["1851.??.??", "2023.13.01", "2023", "yesterday"])
def test_a_date_that_is_none_gives_no_time(date: str) -> None:
    """A date with unknown or impossible parts gives no creation time."""
    assert read(pgn(1, UTCDate=date)).created_at_s is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, game_id(1)),
        ({"GameId": None}, game_id(1)),
        ({"Site": "https://lichess.org/abcdEFGH", "GameId": None}, "abcdEFGH"),
        ({"Site": "https://lichess.org/abcdEFGH#12", "GameId": None}, "abcdEFGH"),
    ],
)
def test_the_id_is_the_game_id_tag_or_the_end_of_the_site(tags: dict[str, str | None], expected: str) -> None:
    """Older exports have no GameId tag: their Site ends in the id."""
    assert read(pgn(1, **tags)).game_id == expected


def test_a_game_without_an_id_is_rejected_unless_one_is_given() -> None:
    """From the upstream an id must come with the game; from a file it may be derived from the text."""
    text = pgn(1, GameId=None, Site="London ENG").strip()
    assert reason(text) == "it has neither a GameId tag nor a Site or Link that ends in an id"
    game = read_game(RawGame(text), derived_id(text))
    assert isinstance(game, Game)
    assert game.game_id == derived_id(text)


def test_a_derived_id_depends_on_the_words_alone() -> None:
    """The same game gets the same id whatever its line ends and blanks; another game gets another."""
    assert derived_id(pgn(1)) == derived_id(pgn(1).replace(b"\n", b"\r\n"))
    assert derived_id(pgn(1)) != derived_id(pgn(2))


@pytest.mark.parametrize(
    ("movetext", "plies"),
    [
        ("1-0", 0),
        ("*", 0),
        ("1. e4 1/2-1/2", 1),
        ("1. e4 { [%eval 0.1] [%clk 0:03:00] } 1... e5 { [%clk 0:03:00] } 2. Nf3 0-1", 3),
        ("1.e4 e5 2.Nf3 1-0", 3),
        ("1. e4 (1. d4 d5 (1... Nf6 2. c4)) 1... e5 1-0", 2),
        ("1. e4! $1 { best by test; always } 1... e5?! 1-0", 2),
        ("1. e4 ; King's pawn { not a comment\ne5 1-0", 2),
        ("1. e4 e5\n2. Nf3\nNc6 1-0", 4),
        ("1. e4 e5 2. Nf3 Nf6 3. Bc4 Nc6 4. 0-0 1-0", 7),
        ("1. e4 d5 2. exd5 c6 3. dxc6 a6 4. cxb7 a5 5. bxa8=Q 1-0", 9),
    ],
)
def test_every_way_to_write_moves(movetext: str, plies: int) -> None:
    """Comments, glyphs, variations and move numbers do not disturb the main line, replayed or counted."""
    assert read(pgn(1, movetext)).plies == plies
    trusted = read_trusted_game(RawGame(pgn(1, movetext).strip()))
    assert isinstance(trusted, Game)
    assert trusted.plies == plies


@pytest.mark.parametrize(
    ("tags", "movetext", "plies"),
    [
        ({"Variant": "Chess960", "FEN": "nrbkqbrn/pppppppp/8/8/8/8/PPPPPPPP/NRBKQBRN w KQkq - 0 1"}, "1. e4 e5 1-0", 2),
        ({"Variant": "From Position", "FEN": "8/8/8/4k3/8/4K3/4P3/8 b - - 0 31"}, "31... Kd5 32. Kd3 1/2-1/2", 2),
        ({"Variant": "Crazyhouse"}, "1. e4 d5 2. exd5 Qxd5 3. P@e4 1-0", 5),
        ({"Variant": "Antichess"}, "1. e3 b5 2. Bxb5 1-0", 3),
        ({"Variant": "Racing Kings", "FEN": "8/8/8/8/8/8/krbnNBRK/qrbnNBRQ w - - 0 1"}, "1. Bd4 1-0", 1),
        ({"Variant": "Three-check"}, "1. e4 e5 1-0", 2),
        ({"Variant": "King of the Hill"}, "1. e4 e5 1-0", 2),
        ({"Variant": "Atomic"}, "1. Nf3 f6 1-0", 2),
        ({"Variant": None}, "1. e4 e5 1-0", 2),
    ],
)
def test_variants_are_played_by_their_own_rules(tags: dict[str, str | None], movetext: str, plies: int) -> None:
    """Every variant that Lichess exports is replayed on its own board, from its own start."""
    assert read(pgn(1, movetext, **tags)).plies == plies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pgn(1, ILLEGAL), "ply 3, 'Ke3': illegal"),
        (pgn(1, "1. e4 e5 2. Nxe9 1-0"), "ply 3, 'Nxe9': unreadable"),
        (pgn(1, "1. Nf3 d5 2. d3 d4 3. Nd2 1-0"), "ply 5, 'Nd2': ambiguous"),
        (pgn(1, "1. e4 -- 2. d4 1-0"), "ply 2, '--': a null move is no move"),
        (pgn(1, "1. e4 e5 1-0 1. d4 1-0"), "ply 3, '1-0': unreadable"),
        (pgn(1, "1. e4 { never closed 1-0"), "ply 2, '{': unreadable"),
        (pgn(1, "1. e4 (1. d4 e5 1-0"), "ply 2, '(': unreadable"),
        (pgn(1, FOOLS_MATE)[:-9], "it ends without a result, so it was cut"),
        (pgn(1).split(b"\n\n", maxsplit=1)[0], "it ends without a result, so it was cut"),
        (pgn(1, GameId="not an id"), "its GameId is no id: 'not an id'"),
        (pgn(1, Variant="Bughouse?"), "it cannot be set up: 'unsupported variant: Bughouse?'"),
        (pgn(1, FEN="8/8/nothing"), "it cannot be set up: \"expected 8 rows in position part of fen: '8/8/nothing'\""),
        (pgn(1).replace(b'"Bob"]', b'"Bob'), 'a tag is unreadable: \'[Black "Bob\\n[Result "0-1"]'),
        (b"<html>Page not found</html>", "it does not begin with tags"),
        (pgn(1, White="A\0"), "it holds a NUL byte"),
        (pgn(1).replace(b"Alice", b"Al\xff"), "it is not UTF-8: byte 0xff at position"),
    ],
)
def test_what_is_rejected_and_why(text: bytes, expected: str) -> None:
    """A damaged game is rejected with a reason that names the place, and its text is kept as it came."""
    assert reason(text).startswith(expected)


def test_a_game_too_large_is_rejected() -> None:
    """Of a game larger than any real one the beginning is kept and nothing is read into it."""
    assert reason(pgn(1), oversized=True) == "it is larger than 131072 bytes; only its beginning is kept"


def test_a_rejected_game_keeps_its_id_where_it_can_be_read() -> None:
    """A rejected game can be found again by its id."""
    rejection = read_game(RawGame(pgn(3).replace(b"Alice", b"\xff").strip()))
    assert isinstance(rejection, Rejection)
    assert rejection.game_id == game_id(3)


def test_trusted_games_are_not_replayed() -> None:
    """A trusted game is taken at its word: only its tags and its end are looked at."""
    game = read_trusted_game(RawGame(pgn(1, ILLEGAL).strip()))
    assert isinstance(game, Game)
    assert game.plies == 4


def test_trusted_games_that_start_late_are_counted_move_by_move() -> None:
    """From a position of its own a game's move numbers say nothing about its length."""
    late = pgn(1, "31... Kd5 32. Kd3 1/2-1/2", Variant="From Position", FEN="8/8/8/4k3/8/4K3/4P3/8 b - - 0 31")
    game = read_trusted_game(RawGame(late.strip()))
    assert isinstance(game, Game)
    assert game.plies == 2


def test_line_ends_are_stored_as_one_kind() -> None:
    """A text with Windows line ends is stored as the same text with Unix ones."""
    assert read(pgn(1).replace(b"\n", b"\r\n")) == read(pgn(1))


def test_tags_need_no_blank_line_after_them() -> None:
    """Moves right under the tags are found as well."""
    assert read(pgn(1).replace(b"\n\n1. f3", b"\n1. f3")).plies == 4


def test_peek_reads_what_a_parse_would() -> None:
    """Id and creation time read from the bytes are those that parsing gives; damage gives None."""
    assert peek(pgn(5)) == Peek(game_id(5), created_at_s(5))
    assert peek(pgn(5, GameId=None)) == Peek(game_id(5), created_at_s(5))
    assert peek(pgn(5).replace(b"\n", b"\r\n")) == Peek(game_id(5), created_at_s(5))
    assert peek(b"<html></html>") == Peek(None, None)
