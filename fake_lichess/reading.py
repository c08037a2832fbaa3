"""Reads other people's PGN: lines in, games as Lichess would hold them out; no I/O.

A game exported by Lichess is believed as it is. Any other is replayed move by move, because Lichess holds no illegal
game: what cannot be replayed is left out with the reason, and what is missing is filled in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

import chess
import chess.pgn

from fake_lichess.ids import PAIR, PAIRS

TAG = re.compile(r'\[(\w+)\s+"((?:[^"\\]|\\.)*)"\s*\]\s*$')
TOKEN = re.compile(r"\{([^}]*)\}|;[^\n]*|\$\d+|([()])|\d+\.+|([^\s(){};]+)")
CLOCK = re.compile(r"\[%clk (\d+):(\d+):(\d+)(?:\.(\d))?")
EVALUATION = re.compile(r"\[%eval (#?)([+-]?[\d.]+)")
LICHESS_ID = re.compile(r"https?://lichess\.org/([a-zA-Z0-9]{8})")
RESULTS = ("1-0", "0-1", "1/2-1/2", "*")
DATE = re.compile(r"(\d{4})\.(\d\d|\?\?)\.(\d\d|\?\?)")
TIME = re.compile(r"(\d\d):(\d\d):(\d\d)")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # for games without any date: they sort behind all others
FEN_FIELDS = 6
UNKNOWN = ("", "?", "-")
# The words of PgnDump; anything else in a foreign file is replaced.
TERMINATIONS = (
    "Normal", "Time forfeit", "Abandoned", "Rules infraction", "Unterminated", "Unknown", "Insufficient material",
)  # fmt: skip
# Tags Lichess never shows when they are empty, by where they stand in its order.
AFTER_ELO = (
    "WhiteRatingDiff", "BlackRatingDiff", "WhiteTitle", "BlackTitle", "WhiteFideId", "BlackFideId", "WhiteBerserk",
    "BlackBerserk", "WhiteTeam", "BlackTeam",
)  # fmt: skip
AT_THE_END = ("FEN", "SetUp")


class Raw(NamedTuple):
    """One game's text, cut into tags and moves."""

    tags: dict[str, str]
    movetext: str


class Ply(NamedTuple):
    """One move with what its comment says; None where it says nothing."""

    san: str
    clock_cs: int | None
    evaluation: str | None  # centipawns or "#n"


@dataclass(frozen=True, slots=True)
class FoundGame:
    """A game of a file as Lichess would hold it."""

    id: str
    created_at_ms: int
    tags: tuple[tuple[str, str], ...]  # in Lichess's order, Opening included
    movetext: str  # as found; foreign moves in standard notation


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a game of a file is not served."""

    reason: str


def split(lines: Iterable[str]) -> Iterator[Raw]:
    """Cut a file into games: a tag line after moves begins the next one."""
    tags, moves = dict[str, str](), list[str]()
    for line in lines:
        tag = TAG.match(line)
        if tag is None:
            if line.strip() and not line.startswith("%"):
                moves.append(line)
            continue
        if moves:
            yield Raw(tags, "".join(moves))
            tags, moves = {}, []
        tags[tag[1]] = re.sub(r"\\(.)", r"\1", tag[2])
    if tags or moves:
        yield Raw(tags, "".join(moves))


def plies(movetext: str) -> tuple[list[Ply], str | None]:
    """Read the main line and the result at its end; None when the text stops without one."""
    found, result, depth = list[Ply](), None, 0
    for token in TOKEN.finditer(movetext):
        comment, bracket, word = token.groups()
        if bracket:
            depth += 1 if bracket == "(" else -1
        elif depth > 0:
            continue
        elif comment is not None:
            if found:
                found[-1] = _commented(found[-1], comment)
        elif word in RESULTS:
            result = word
        elif word and word.rstrip("!?"):
            found.append(Ply(word.rstrip("!?"), None, None))
    return found, result


def _commented(ply: Ply, comment: str) -> Ply:
    clock, evaluation = CLOCK.search(comment), EVALUATION.search(comment)
    clock_cs, value = ply.clock_cs, ply.evaluation
    if clock:
        hours, minutes, seconds, tenths = clock.groups()
        clock_cs = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 100 + int(tenths or 0) * 10
    if evaluation:
        value = f"#{evaluation[2]}" if evaluation[1] else str(round(float(evaluation[2]) * 100))
    return Ply(ply.san, clock_cs, value)


def is_from_lichess(raw: Raw) -> bool:
    """Say whether Lichess wrote this game: its Site is the game's address there."""
    return LICHESS_ID.match(raw.tags.get("Site", "")) is not None


def as_lichess(raw: Raw) -> FoundGame | LeftOut:
    """Turn a game of any origin into one of Lichess's."""
    site = LICHESS_ID.match(raw.tags.get("Site", ""))
    if site is None:
        return _foreign(raw)
    if not raw.movetext.rstrip().endswith(raw.tags.get("Result", "no result")):
        return LeftOut("it stops in the middle")
    return _filled(raw.tags, raw.movetext, site[1])


def _foreign(raw: Raw) -> FoundGame | LeftOut:
    found, ending = plies(raw.movetext)
    try:
        board = chess.pgn.Headers(raw.tags).board()
    except ValueError:
        return LeftOut("its variant or starting position is unknown")
    try:
        sans = [board.san_and_push(board.parse_san(ply.san)) for ply in found]
    except ValueError:
        return LeftOut("a move is illegal or cannot be read")
    if "--" in sans:
        return LeftOut("it has a null move")
    result = raw.tags.get("Result", "")
    tags = raw.tags | {"Result": result if result in RESULTS else ending or "*"}
    text = movetext_of([ply._replace(san=san) for ply, san in zip(found, sans, strict=True)])
    content = "\n".join((*(f"{name}={raw.tags.get(name, '')}" for name in ("White", "Black", "Date", "Round")), *sans))
    return _filled(tags, text, _id_of(content))


def _id_of(content: str) -> str:
    number = int.from_bytes(blake2b(content.encode(), digest_size=16).digest(), "big")
    return "".join(PAIRS[number // PAIR**place % PAIR] for place in range(4))


def movetext_of(found: Iterable[Ply]) -> str:
    """Keep moves and comments in a form `plies` reads back; numbers are left to the rendering."""
    words = []
    for ply in found:
        words.append(ply.san)
        if ply.clock_cs is not None:
            tenths = ply.clock_cs // 10
            words.append(f"{{[%clk 0:0:{tenths // 10}.{tenths % 10}]}}")
        if ply.evaluation is not None:
            mate = ply.evaluation.startswith("#")
            words.append(f"{{[%eval {ply.evaluation if mate else int(ply.evaluation) / 100}]}}")
    return " ".join(words)


def _filled(tags: Mapping[str, str], movetext: str, game_id: str) -> FoundGame:
    created = created_at(tags)
    result = tags["Result"]
    termination = tags.get("Termination", "")
    date, time = f"{created:%Y.%m.%d}", f"{created:%H:%M:%S}"
    filled = {
        "Event": _known(tags, "Event", "Import"),
        "Site": f"https://lichess.org/{game_id}",
        "Date": date if "?" in tags.get("Date", "?") else tags["Date"],
        "Round": _known(tags, "Round", "-"),
        "White": _known(tags, "White", "Anonymous"),
        "Black": _known(tags, "Black", "Anonymous"),
        "Result": result,
        "GameId": game_id,
        **({} if _hides_creation(tags) else {"UTCDate": date, "UTCTime": time}),
        "WhiteElo": _known(tags, "WhiteElo", "?"),
        "BlackElo": _known(tags, "BlackElo", "?"),
    }
    filled |= {name: tags[name] for name in AFTER_ELO if tags.get(name, "") not in UNKNOWN}
    filled |= {
        "Variant": tags.get("Variant") or ("From Position" if "FEN" in tags else "Standard"),
        "TimeControl": _known(tags, "TimeControl", "-"),
        "ECO": _known(tags, "ECO", "?"),
        "Opening": _known(tags, "Opening", "?"),
        "Termination": termination if termination in TERMINATIONS else "Unknown" if result == "*" else "Normal",
    }
    filled |= {name: tags[name] for name in AT_THE_END if name in tags}
    return FoundGame(game_id, round(created.timestamp() * 1000), tuple(filled.items()), movetext)


def _hides_creation(tags: Mapping[str, str]) -> bool:
    """Say whether this is a game imported into Lichess that shows only when it was played."""
    return "GameId" in tags and "UTCDate" not in tags


def _known(tags: Mapping[str, str], name: str, otherwise: str) -> str:
    value = tags.get(name, "")
    return otherwise if value in UNKNOWN else value


def created_at(tags: Mapping[str, str]) -> datetime:
    """Return when a game was played: its UTC tags, else its date; what is unknown is the earliest it could be."""
    dates = (DATE.fullmatch(tags.get(name, "")) for name in ("UTCDate", "Date"))
    date = next(filter(None, dates), None)
    time = TIME.fullmatch(tags.get("UTCTime", ""))
    if date is None:
        return EARLIEST
    year, month, day = (int(part) if part.isdigit() else 1 for part in date.groups())
    hour, minute, second = map(int, time.groups()) if time else (0, 0, 0)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return EARLIEST


def first_ply(fen: str | None) -> int:
    """Return how many plies were played before this position; 0 for the usual start."""
    fields = (fen or "").split()
    if len(fields) != FEN_FIELDS or not fields[5].isdigit():
        return 0
    return 2 * max(0, int(fields[5]) - 1) + (fields[1] == "b")
