"""What each fault does to the text of one game, in PGN and in NDJSON; no I/O and no state."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from fake_lichess.faults import FaultKind
from fake_lichess.pgn import AFTER_GAME


class Form(StrEnum):
    """How games are written; a closed list."""

    PGN = "pgn"
    NDJSON = "ndjson"


# Legal from the start position over and over, so that only size speaks against the game.
SHUFFLE = ("Nf3", "Nf6", "Ng1", "Ng8")
# Thousands of plies with comments of a paragraph each, about 0.7 MB: a choice, thirty times the largest real game.
GIANT_PLIES = 4000
GIANT_COMMENT = "this comment is as long as a patient annotator would make it, and then it goes on " * 2
ILLEGAL = "Ke5"  # no king reaches the fifth rank with the first move
UNKNOWN = "Quantum"

_FIRST_TAG = re.compile(rb'\[White "|"id":"')
_FIRST_MOVE = re.compile(rb"^1\. \S+")
_ELO_TAGS = re.compile(rb'\[(?:White|Black)(?:Elo|RatingDiff) "[^"\n]*"\]\n')
_START_TAGS = re.compile(rb'\[(?:FEN|SetUp) "[^\n]*"\]\n')
_VARIANT_TAG = re.compile(rb'\[Variant "[^"\n]*"\]')
_GIANT_MOVES = " ".join(
    f"{ply // 2 + 1}{'...' if ply % 2 else '.'} {SHUFFLE[ply % 4]} {{ {GIANT_COMMENT}}}" for ply in range(GIANT_PLIES)
).encode()


def damaged(game: bytes, kind: FaultKind, form: Form) -> bytes:
    """Return the text of a game as this fault leaves it; kinds that do not concern the text leave it alone."""
    change = (_PGN if form is Form.PGN else _NDJSON).get(kind) or _ANY.get(kind)
    return game if change is None else change(game)


# What reads a game comes first, what leaves it unreadable follows, and line ends change last: two faults of one game
# then strike as each would alone, in whatever order they were given.
ORDER = (
    FaultKind.GIANT_GAME, FaultKind.UNKNOWN_VARIANT, FaultKind.ILLEGAL_MOVE, FaultKind.MISSING_ELO,
    FaultKind.TRUNCATED_TAG, FaultKind.NUL_BYTE, FaultKind.INVALID_UTF8, FaultKind.NO_NEWLINE, FaultKind.CRLF,
)  # fmt: skip


def all_damaged(game: bytes, kinds: Collection[FaultKind], form: Form) -> bytes:
    """Return the text of a game as all of these faults leave it."""
    for kind in ORDER:
        if kind in kinds:
            game = damaged(game, kind, form)
    return game


def moved_in_time(game: bytes, at_ms: int, form: Form) -> bytes:
    """Return the text of a game as if it had been created at this instant."""
    if form is Form.NDJSON:
        return _json({**json.loads(game), "createdAt": at_ms})
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    game = re.sub(rb'\[(Date|UTCDate) "[^"\n]*"\]', rb'[\1 "' + f"{at:%Y.%m.%d}".encode() + b'"]', game)
    return re.sub(rb'\[UTCTime "[^"\n]*"\]', f'[UTCTime "{at:%H:%M:%S}"]'.encode(), game)


def kept_text(game: bytes) -> bytes:
    """Return what of a game's PGN an importer keeps, whatever its line ends and the blank space around it were."""
    return game.replace(b"\r\n", b"\n").strip()


def _inserted(game: bytes, what: bytes) -> bytes:
    """Put a byte into the first name; at the front where there is none, as without tags."""
    found = _FIRST_TAG.search(game)
    at = found.end() if found else 0
    return game[:at] + what + game[at:]


def _with_movetext(game: bytes, change: Callable[[bytes], bytes]) -> bytes:
    header, blank, movetext = game.rpartition(b"]\n\n")
    return header + blank + change(movetext)


def _illegal(movetext: bytes) -> bytes:
    changed, times = _FIRST_MOVE.subn(f"1. {ILLEGAL}".encode(), movetext)
    return changed if times else f"1. {ILLEGAL} ".encode() + movetext.lstrip(b" ")


def _giant(movetext: bytes) -> bytes:
    result = movetext.split()[-1:]
    return b" ".join((_GIANT_MOVES, *result)) + AFTER_GAME.encode()


def _giant_pgn(game: bytes) -> bytes:
    ordinary = _VARIANT_TAG.sub(b'[Variant "Standard"]', _START_TAGS.sub(b"", game))
    return _with_movetext(ordinary, _giant)


def _unknown_variant(game: bytes) -> bytes:
    """Rename the variant; Chess.com names only what is not standard, so there the tag comes last."""
    tag = f'[Variant "{UNKNOWN}"]'.encode()
    changed, times = _VARIANT_TAG.subn(tag, game)
    return changed if times else game.replace(b"]\n\n", b"]\n" + tag + b"\n\n", 1)


def _truncated_tag(game: bytes) -> bytes:
    """Lose the end of the tag that names the game, and of the address that does so too."""
    return re.sub(rb'\[(Site|GameId|Link) "([^"\n]*)[^"\n]{4}"\]', rb'[\1 "\2', game)


def _json(game: Mapping[str, object]) -> bytes:
    return json.dumps(game, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _illegal_json(game: bytes) -> bytes:
    read = json.loads(game)
    return _json({**read, "moves": " ".join((ILLEGAL, *read.get("moves", "").split()[1:]))})


def _giant_json(game: bytes) -> bytes:
    read = json.loads(game)
    shown = {name: value for name, value in read.items() if name not in ("initialFen", "clocks", "analysis", "pgn")}
    return _json({**shown, "variant": "standard", "moves": " ".join(SHUFFLE * (GIANT_PLIES // 4))})


def _missing_elo_json(game: bytes) -> bytes:
    read = json.loads(game)
    players = {
        color: {name: value for name, value in player.items() if name not in ("rating", "ratingDiff")}
        for color, player in read["players"].items()
    }
    return _json({**read, "players": players})


_ANY: dict[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.NUL_BYTE: lambda game: _inserted(game, b"\0"),
    FaultKind.INVALID_UTF8: lambda game: _inserted(game, b"\xff"),
    FaultKind.CRLF: lambda game: game.replace(b"\n", b"\r\n"),
    FaultKind.NO_NEWLINE: lambda game: game.rstrip(b"\n"),
}
_PGN: dict[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.TRUNCATED_TAG: _truncated_tag,
    FaultKind.ILLEGAL_MOVE: lambda game: _with_movetext(game, _illegal),
    FaultKind.UNKNOWN_VARIANT: _unknown_variant,
    FaultKind.GIANT_GAME: _giant_pgn,
    FaultKind.MISSING_ELO: lambda game: _ELO_TAGS.sub(b"", game),
}
_NDJSON: dict[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.TRUNCATED_TAG: lambda game: game[: game.index(b':"') + 6] + b"\n",  # inside the id
    FaultKind.ILLEGAL_MOVE: _illegal_json,
    FaultKind.UNKNOWN_VARIANT: lambda game: _json({**json.loads(game), "variant": UNKNOWN.lower()}),
    FaultKind.GIANT_GAME: _giant_json,
    FaultKind.MISSING_ELO: _missing_elo_json,
}
