"""Where games begin and end, case by case."""

import pytest

from importer.pgn import GAME_BYTES_MOST, RawGame, Splitter
from tests.pgn_games import IMMORTAL, pgn


def split(*pieces: bytes, most_bytes: int = GAME_BYTES_MOST) -> list[RawGame]:
    """Split a stream that ends properly."""
    splitter = Splitter(most_bytes)
    return [game for piece in pieces for game in splitter.feed(piece)] + splitter.finish()


def texts(*pieces: bytes) -> list[bytes]:
    """Return the games' texts."""
    return [game.text for game in split(*pieces)]


def test_a_game_is_given_back_as_soon_as_the_next_begins() -> None:
    """A game is held only until the first bytes of the next one."""
    splitter = Splitter()
    assert splitter.feed(pgn(1)) == []
    assert splitter.feed(b'[Event "') == [RawGame(pgn(1).strip())]


def test_no_newline_between_two_games() -> None:
    """Games are told apart even where an export forgot the newline between them."""
    first = pgn(1, "1. e4 e5 1/2-1/2").strip()
    assert texts(first + pgn(2)) == [first, pgn(2).strip()]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_line_ends_of_either_kind(line_end: bytes) -> None:
    """Unix and Windows line ends give the same number of games."""
    both = (pgn(1) + pgn(2)).replace(b"\n", line_end)
    assert [text.split() for text in texts(both)] == [pgn(1).split(), pgn(2).split()]


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n", b"\n \t\r\n"])
def test_a_damaged_event_tag_does_not_swallow_the_game_before(blank: bytes) -> None:
    """After a blank line any tag begins a game, so a game whose Event tag is damaged harms only itself."""
    first, second = pgn(1).strip(), pgn(2).strip().replace(b"[Event", b"[Evnt")
    assert texts(first + blank + second) == [first, second]


def test_a_tag_line_in_the_middle_of_a_header_begins_nothing() -> None:
    """Tags that follow one another belong to one game, even where one of them is unreadable."""
    damaged = pgn(1).replace(b'"Bob"]', b'"Bob').strip()
    assert texts(damaged) == [damaged]


def test_the_last_game_is_given_back_at_the_proper_end_even_when_it_is_cut() -> None:
    """What remains at the end is a game of its own: whether it is whole is for its reader to say."""
    assert texts(pgn(1) + pgn(2)[:40]) == [pgn(1).strip(), pgn(2)[:40].strip()]


@pytest.mark.parametrize("nothing", [b"", b"\n\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_nothing_gives_nothing(nothing: bytes) -> None:
    """A body of blanks, or of a byte order mark alone, holds no game."""
    assert split(nothing) == []


def test_a_byte_order_mark_is_not_part_of_the_first_game() -> None:
    """Files that begin with a byte order mark begin with their first game."""
    assert texts(b"\xef", b"\xbb\xbf" + pgn(1)) == [pgn(1).strip()]


def test_damaged_bytes_pass_through() -> None:
    """NUL bytes and broken UTF-8 are the reader's business: the splitter keeps them where they are."""
    damaged = pgn(1).replace(b"Alice", b"Al\0\xff\xfe").strip()
    assert texts(damaged + pgn(2)) == [damaged, pgn(2).strip()]


def test_a_game_too_large_is_cut_and_marked_and_its_neighbours_are_whole() -> None:
    """Of a game larger than any real one only the beginning is kept; the games around it are unharmed."""
    large = pgn(2, IMMORTAL.removesuffix("1-0") + "{" + "x" * 5_000 + "} 1-0")
    stream = pgn(1) + large + pgn(3)
    pieces = [stream[at : at + 100] for at in range(0, len(stream), 100)]
    found = split(*pieces, most_bytes=1_500)
    beginning = RawGame(large[:1_500], oversized=True, ending=b"1-0")
    assert found == [RawGame(pgn(1).strip()), beginning, RawGame(pgn(3).strip())]


def test_endless_blanks_do_not_grow_the_buffer() -> None:
    """A stream of nothing but blanks after a game takes no memory, and is no reason to call the game too large."""
    splitter = Splitter(len(pgn(1)))
    splitter.feed(pgn(1))
    for _ in range(1_000):
        splitter.feed(b" \n" * 50)
    assert splitter.held_bytes() <= len(pgn(1)) + 16
    assert splitter.finish() == [RawGame(pgn(1).strip())]
