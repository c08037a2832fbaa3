"""Reads one game's text into a frozen row: its tags and, by replaying every move, its legality.

Must not know where the text came from or where the row goes. What is rejected: a text that is not UTF-8 or holds a NUL,
that is larger than a game can be, without readable tags or an id, of an unknown variant, from an impossible position,
with an illegal, ambiguous or unreadable move, or without a result at its end (which is how a cut game shows).
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from importer.moves import RESULTS, Damaged, counted, main_line, shown
from importer.pgn import GAME_BYTES_MOST, RawGame
from importer.replay import Replay, replayed

_TAG = re.compile(r'\[([A-Za-z0-9_]+)\s+"([^\n]*)"[ \t]*\][ \t]*(?:\n|$)')
_HEADER = re.compile(r'(?:\[[A-Za-z0-9_]+\s+"[^\n]*"[ \t]*\][ \t]*(?:\n|$))+')
_ESCAPED = re.compile(r"\\(.)")
_RAW_RESULTS = tuple(result.encode() for result in RESULTS)

# Lichess ids have 8 characters; other sources' ids may be longer. Anything else is damage.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SITE = re.compile(r"https?://[^/\s]+/([A-Za-z0-9]{8})(?:[/#?].*)?")
# Chess.com numbers live and daily games apart, so the kind is part of the id. Source: its Published-Data API; addresses
# of older games have the two words the other way round.
_LINK = re.compile(r"https?://[^/\s\"]+/(?:game/(live|daily)|(live|daily)/game)/([0-9]{1,20})(?![0-9])")
_RAW_LINK = re.compile(rb'\[Link "(' + _LINK.pattern.encode() + rb")")
_RAW_ID = re.compile(rb'\[GameId "([A-Za-z0-9_-]{1,64})"\]')
_RAW_SITE = re.compile(rb'\[Site "https?://[^/\s"]+/([A-Za-z0-9]{8})"\]')
_RAW_CREATED = re.compile(rb'\[UTCDate "([0-9.]{10})"\]\s*\[UTCTime "([0-9:]{8})"\]')


@dataclass(frozen=True, slots=True)
class Game:
    """One validated game, ready to be stored."""

    game_id: str
    created_at_s: int | None  # when the upstream says it was created; None when the PGN does not show it
    played_on: str | None  # the Date tag as it stands, for example 1972.??.??
    white: str
    black: str
    white_elo: int | None
    black_elo: int | None
    result: str
    variant: str
    time_control: str | None
    eco: str | None
    opening: str | None
    termination: str | None
    plies: int
    pgn: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A text that is no valid game, kept for inspection."""

    game_id: str | None
    reason: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Peek:
    """What can be read of a game without parsing it."""

    game_id: str | None
    created_at_s: int | None


def peek(text: bytes) -> Peek:
    """Read id and creation time straight from the bytes, a hundred times faster than the game can be parsed."""
    found = _RAW_ID.search(text) or _RAW_SITE.search(text)
    created = _RAW_CREATED.search(text)
    return Peek(
        found[1].decode("ascii") if found else _linked_id(_RAW_LINK.search(text)),
        _epoch_s(created[1].decode("ascii"), created[2].decode("ascii")) if created else None,
    )


def is_cut(raw: RawGame) -> bool:
    """Say whether the game breaks off before a result."""
    return not (raw.ending if raw.oversized else raw.text).endswith(_RAW_RESULTS)


def derived_id(text: bytes) -> str:
    """Return an id for a game whose text names none: the same text always gets the same id."""
    return "pgn-" + hashlib.blake2b(b" ".join(text.split()), digest_size=8).hexdigest()


def read_game(raw: RawGame, fallback_id: str | None = None, replay: Replay = replayed) -> Game | Rejection:
    """Read a game and replay every move, with the library that *replay* stands for."""

    def plies(tags: Mapping[str, str], movetext: str) -> int:
        moves = main_line(movetext)
        wrong = replay(tags, moves)
        if wrong is not None:
            raise Damaged(wrong)
        return len(moves)

    return _read(raw, fallback_id, plies)


def read_trusted_game(raw: RawGame, fallback_id: str | None = None) -> Game | Rejection:
    """Read a game that was validated once: its moves are counted, not replayed."""
    return _read(raw, fallback_id, lambda tags, movetext: counted(movetext, from_start="FEN" not in tags))


def _read(raw: RawGame, fallback_id: str | None, plies: Callable[[Mapping[str, str], str], int]) -> Game | Rejection:
    """Read a game, with what tells how many moves it has."""
    game_id = None
    try:
        text = _decoded(raw)
        tags, movetext = _parts(text)
        game_id = _id(tags, fallback_id)
        return _game(game_id, tags, plies(tags, movetext), text)
    except Damaged as damage:
        return Rejection(game_id or peek(raw.text).game_id, str(damage), raw.text)


def _decoded(raw: RawGame) -> str:
    """Return the text with one kind of line end."""
    if raw.oversized:
        raise Damaged(f"it is larger than {GAME_BYTES_MOST} bytes; only its beginning is kept")
    if b"\0" in raw.text:
        raise Damaged("it holds a NUL byte")
    try:
        text = raw.text.decode()
    except UnicodeDecodeError as error:
        raise Damaged(f"it is not UTF-8: byte {error.object[error.start]:#04x} at position {error.start}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _parts(text: str) -> tuple[dict[str, str], str]:
    """Return the tags and what follows them."""
    block, blank, movetext = text.partition("\n\n")
    tags = _TAG.findall(block)
    if blank and len(tags) == block.count("\n") + 1:
        return dict(tags), movetext
    header = _HEADER.match(text)
    if header is None:
        raise Damaged("it does not begin with tags")
    movetext = text[header.end() :]
    if movetext.startswith("["):
        raise Damaged(f"a tag is unreadable: {shown(movetext)}")
    return dict(_TAG.findall(header[0])), movetext


def _id(tags: dict[str, str], fallback_id: str | None) -> str:
    """Return the game's id as its tags give it, or the one to fall back on."""
    given = tags.get("GameId")
    if given is not None:
        if _ID.fullmatch(given) is None:
            raise Damaged(f"its GameId is no id: {shown(given)}")
        return given
    site = _SITE.fullmatch(tags.get("Site", ""))
    if site is not None:
        return site[1]
    linked = _linked_id(_RAW_LINK.match(f'[Link "{tags.get("Link")}'.encode())) or fallback_id
    if linked is None:
        raise Damaged("it has neither a GameId tag nor a Site or Link that ends in an id")
    return linked


def _linked_id(link: re.Match[bytes] | None) -> str | None:
    """Return the id of the game whose address on Chess.com this is."""
    if link is None:
        return None
    return f"{(link[2] or link[3]).decode()}-{link[4].decode()}"


def _game(game_id: str, tags: dict[str, str], plies: int, text: str) -> Game:
    """Put the row together."""

    def tag(name: str) -> str | None:
        value = tags.get(name, "?")
        if "\\" in value:
            value = _ESCAPED.sub(r"\1", value)
        return None if value in {"", "?"} else value

    return Game(
        game_id=game_id,
        created_at_s=_epoch_s(tags.get("UTCDate", ""), tags.get("UTCTime", "")),
        played_on=tag("Date") or tag("UTCDate"),
        white=tag("White") or "?",
        black=tag("Black") or "?",
        white_elo=_number(tag("WhiteElo")),
        black_elo=_number(tag("BlackElo")),
        result=tag("Result") or text[text.rfind(" ") + 1 :],
        variant=tag("Variant") or "Standard",
        time_control=tag("TimeControl"),
        eco=tag("ECO"),
        opening=tag("Opening"),
        termination=tag("Termination"),
        plies=plies,
        pgn=text,
    )


def _number(text: str | None) -> int | None:
    """Return a rating, or None where there is none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _epoch_s(date: str, time: str) -> int | None:
    """Return the second a UTC date and time of PGN name, or None when they name none."""
    try:
        year, month, day = map(int, date.split("."))
        hour, minute, second = map(int, time.split(":"))
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        return None
