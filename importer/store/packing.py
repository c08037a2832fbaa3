"""How a game is kept: its text compressed on its own, and a digest of everything that is known of it; does no I/O.

Each game is compressed alone, so that one can be read, and one that is damaged costs one. Measured (docs/method.md has
the figures): with the few bytes of dictionary below a text takes less than a third, for three hundredths of the time
that replaying its moves takes. Larger dictionaries cost more time than they save space.
"""

import zlib
from collections.abc import Sequence
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from importer.game import Game

# What nearly every game of Lichess holds, the most frequent last, because zlib finds what is near at less cost.
# It must never change: games that are stored can be read with this one alone. A better one takes a FORM of its own.
DICTIONARY = (
    b'{ [%eval #-1] [%clk 1:00:59] } { [%eval -0.25] [%clk 0:02:5Nf6 Nc3 d4 O-O Bxc Qxd Rad1 exd5 cxd5 e4 e5 "]\n'
    b'[Event "rated bullet game"]\n[Event "rated blitz game"]\n[Event "rated rapid game"]\n'
    b'[Site "https://lichess.org/"]\n[Date "2026.01.01"]\n[Round "-"]\n[White "player"]\n[Black ""]\n'
    b'[Result "1/2-1/2"]\n[Result "0-1"]\n[Result "1-0"]\n[GameId ""]\n[UTCDate "2026.01.01"]\n[UTCTime "00:00:00"]\n'
    b'[WhiteElo "1500"]\n[BlackElo "1500"]\n[WhiteRatingDiff "+6"]\n[BlackRatingDiff "-6"]\n[Variant "Standard"]\n'
    b'[TimeControl "180+0"]\n[ECO "B00"]\n[Opening "Sicilian Defense: Queen\'s Gambit Declined: King\'s Indian"]\n'
    b'[Termination "Time forfeit"]\n[Termination "Normal"]\n\n'
    b"1. e4 { [%eval 0.17] [%clk 0:03:00] } 1... c5 { [%eval 0.25] [%clk 0:03:00] } 2. Nf3 { [%eval 0.1"
)
FORM = b"\x01"  # the first byte of a packed text names how it was packed

# Measured: a higher level takes half as long again for an eighth less. The window of 8 KiB spans nearly every game, and
# with it a compressor takes 48 KiB while it runs and not 256.
_LEVEL, _WINDOW_BITS, _MEMORY_LEVEL = 3, -13, 6

_DIGEST_BYTES = 8  # a choice: of 2^64 accidents one goes unseen
_GAME_FIELDS = tuple(field.name for field in fields(Game))
_values = attrgetter(*_GAME_FIELDS)  # dataclasses.astuple copies deeply, at ten times the cost


def kept(game: Game) -> tuple[Any, ...]:
    """Return a game as the columns `KEPT_FIELDS` hold it."""
    *row, text = _values(game)
    raw = text.encode()
    packed = pack(raw)
    return (*row, packed, "" if packed is not None else text, _digest(row, raw))


def game_of(row: Sequence[Any]) -> Game:
    """Return the game that the columns `KEPT_FIELDS` hold.

    Raises:
        ValueError: the packed text is damaged.
    """
    *values, packed, plain, _ = row
    values.append(plain if packed is None else unpack(packed).decode())
    return Game(*values)


def pack(raw: bytes) -> bytes | None:
    """Compress a text; None when that would not make it smaller."""
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
    packed = FORM + press.compress(raw) + press.flush()
    return packed if len(packed) < len(raw) else None


def unpack(packed: bytes) -> bytes:
    """Return the text that was packed.

    Raises:
        ValueError: it is damaged, or was packed in a way that this program does not know.
    """
    if packed[:1] != FORM:
        raise ValueError(f"form {packed[:1]!r} is not known")
    unpress = zlib.decompressobj(_WINDOW_BITS, DICTIONARY)
    try:
        raw = unpress.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpress.eof or unpress.unused_data:
        raise ValueError("it breaks off, or goes on behind its end")
    return raw


def is_whole(row: Sequence[Any]) -> bool | None:
    """Say whether the columns `KEPT_FIELDS` hold what was stored; None when nothing tells, as with older formats."""
    *values, packed, plain, digest = row
    if digest is None:
        return None
    try:
        raw = plain.encode() if packed is None else unpack(packed)
    except ValueError:
        return False
    return _digest(values, raw) == bytes(digest)


def _digest(values: Sequence[Any], raw: bytes) -> bytes:
    """Return what tells a game from what it becomes when a bit of it falls over."""
    found = blake2b(raw, digest_size=_DIGEST_BYTES)
    found.update(repr(tuple(values)).encode())
    return found.digest()
