"""How a game is kept: whatever its text, it comes back as it was, and damage shows."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.game import Game, read_game
from importer.pgn import RawGame
from importer.store import packing
from importer.store.statements import KEPT_FIELDS
from tests.pgn_games import IMMORTAL, pgn

TEXTS = st.one_of(st.text(), st.text("12. Nf3 exd5 { [%eval 0.1] }", max_size=2000))


def game(text: str) -> Game:
    """Return a game with this text."""
    return Game("id", None, None, "A", "B", None, 1500, "*", "Standard", None, None, None, None, 0, text)


@given(TEXTS.filter(lambda text: not any(0xD800 <= ord(one) <= 0xDFFF for one in text)))
def test_every_game_comes_back_as_it_was(text: str) -> None:
    """Packing loses nothing, whatever the text holds; what does not become smaller stays plain."""
    row = packing.kept(game(text))
    kept = dict(zip(KEPT_FIELDS, row, strict=True))
    assert packing.game_of(row) == game(text)
    assert packing.is_whole(row) is True
    assert (kept["packed"] is None) != (kept["pgn"] == "" != text)
    assert len(kept["packed"] or b"") <= len(text.encode())


def test_an_ordinary_game_takes_less_than_half() -> None:
    """A game without clocks, which packs worst, is smaller by more than half."""
    raw = pgn(1, IMMORTAL).strip()
    packed = packing.pack(raw)
    assert packed is not None
    assert len(packed) < len(raw) / 2


@pytest.mark.parametrize("place", [0, 1, 5, -9, -1])
def test_damage_to_a_packed_text_shows(place: int) -> None:
    """A bit that falls over anywhere in the text is noticed, never read as another game."""
    found = read_game(RawGame(pgn(1, IMMORTAL).strip()))
    assert isinstance(found, Game)
    *values, packed, plain, digest = packing.kept(found)
    broken = bytearray(packed)
    broken[place] ^= 1
    assert packing.is_whole((*values, bytes(broken), plain, digest)) is False


def test_damage_to_any_other_column_shows() -> None:
    """The digest covers every column of a game, and an older row without one cannot tell."""
    *row, digest = packing.kept(game("[Event ?]"))
    for number, value in enumerate(row[:-2]):
        other = [*row]
        other[number] = f"{value}?"
        assert packing.is_whole((*other, digest)) is False
    assert packing.is_whole((*row[:-2], None, "[Event !]", digest)) is False
    assert packing.is_whole((*row, None)) is None


@pytest.mark.parametrize("packed", [b"", b"\x02abc", packing.FORM, packing.FORM + b"\xff" * 9])
def test_what_is_not_packed_is_not_unpacked(packed: bytes) -> None:
    """An unknown form, a text that breaks off and rubbish are refused in the same way."""
    with pytest.raises(ValueError, match=r"form|breaks off|Error"):
        packing.unpack(packed)


def test_nothing_may_follow_a_packed_text() -> None:
    """Bytes behind the end are damage too."""
    packed = packing.pack(pgn(1))
    assert packed is not None
    with pytest.raises(ValueError, match="goes on behind its end"):
        packing.unpack(packed + b"x")


def test_the_dictionary_never_changes() -> None:
    """Games that are stored can be read with the very dictionary that packed them: a better one is another form."""
    assert packing.FORM == b"\x01"
    assert blake2b(packing.DICTIONARY, digest_size=8).hexdigest() == "f9ae8b9442721886"
