"""Laws of the splitter: what it gives back depends on the bytes alone, never on how they arrived."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from importer.pgn import RawGame, Splitter

MOST_BYTES = 60  # small, so that games too large are as common as others

# Everything that can matter at a boundary, and some bytes that cannot.
MARKS = [b'[Event "', b'[Site "x"]', b"[", b"]", b"\n", b"\r\n", b"\r", b" ", b"\t", b"\f", b"1. e4 e5", b"1-0", b"{"]
OTHERS = [b"}", b"\0", b"\xff", b"\xef\xbb\xbf", b"Event", b'"', b"x" * 50, b"\n" * 40, b" " * 70]
FRAGMENTS = st.sampled_from(MARKS + OTHERS)
STREAMS = st.lists(FRAGMENTS, max_size=30).map(b"".join)
CUTS = st.lists(st.integers(min_value=0, max_value=400), max_size=40)

GAMES = st.builds(
    lambda tags, moves: b'[Event "%d"]\n[Site "y"]\n\n%b 1-0' % (tags, b" ".join(moves)),
    st.integers(0, 9),
    st.lists(st.sampled_from([b"1. e4", b"e5", b"{ [%clk 0:03:00] }"]), max_size=2),
)
SEPARATORS = st.sampled_from([b"\n\n\n", b"\n\n", b"\n", b"", b"\r\n\r\n", b"\n \n"])


def split(pieces: Iterable[bytes]) -> list[RawGame]:
    """Split a stream that arrives in these pieces and ends properly."""
    splitter = Splitter(MOST_BYTES)
    games = [game for piece in pieces for game in splitter.feed(piece)]
    return games + splitter.finish()


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a stream at these positions."""
    places = [0, *sorted(place for place in cuts if place <= len(stream)), len(stream)]
    return [stream[start:end] for start, end in pairwise(places)]


@given(stream=STREAMS, cuts=CUTS)
@example(stream=b"x" * 60 + b"\n" * 40 + b"[Site", cuts=[60, 61, 80, 99])
@example(stream=b"x" * 58 + b'[Event "', cuts=[60, 65])
def test_chunk_boundaries_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    """However the network cuts any stream at all, the same games come out."""
    assert split(cut(stream, cuts)) == split([stream])


@given(stream=STREAMS)
@example(stream=b'[Event "' + b" " * 70 + b'[Site "x"]\n[Event "')
@example(stream=b'[Event "' + b"x" * 51 + b"\n" * 39 + b']\n[[Event "')
def test_single_bytes_give_the_same_games(stream: bytes) -> None:
    """Fed one byte at a time, the splitter gives the same games."""
    assert split(stream[at : at + 1] for at in range(len(stream))) == split([stream])


@given(stream=STREAMS, cuts=CUTS)
def test_held_bytes_are_bounded(stream: bytes, cuts: list[int]) -> None:
    """Between two pieces never more is held than the largest game and a few bytes."""
    splitter = Splitter(MOST_BYTES)
    for piece in cut(stream, cuts):
        splitter.feed(piece)
        assert splitter.held_bytes() <= MOST_BYTES + 24


@given(games=st.lists(GAMES, max_size=6), separator=SEPARATORS, cuts=CUTS)
def test_games_come_out_as_they_went_in(games: list[bytes], separator: bytes, cuts: list[int]) -> None:
    """Games come out whole and in order whatever stands between them, even nothing."""
    assert split(cut(separator.join(games), cuts)) == [
        RawGame(game[:MOST_BYTES].rstrip(), oversized=True, ending=b"1-0") if len(game) > MOST_BYTES else RawGame(game)
        for game in games
    ]


@given(stream=STREAMS)
def test_nothing_but_blanks_is_lost(stream: bytes) -> None:
    """Where no game is too large, the games together hold every byte that is not blank or a byte order mark."""
    splitter = Splitter(10_000)
    games = splitter.feed(stream) + splitter.finish()
    kept = b"".join(b"".join(game.text for game in games).split())
    assert kept == b"".join(stream.lstrip(b" \t\r\n\f\v\xef\xbb\xbf").split())
