"""Renders games as Lichess's 2026 PGN, byte for byte: tag order, comments, blank lines; no I/O.

Sources: PgnDump of lila (tags), Pgn.scala and PgnNodeEncoder.scala of scalachess (movetext). The movetext of a track is
rendered once per choice of comments and reused by every game on that track; only the tags are made for each game.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple, Protocol

from fake_lichess.games import Game
from fake_lichess.occasions import Occasion
from fake_lichess.sheets import CHANGE_MOST
from fake_lichess.tracks import Track, berserked_cs, clocks_cs

# One game is followed by two blank lines, the last one too (`pgn.render + "\n\n\n"`, Annotator.scala:37 of lila).
AFTER_GAME = "\n\n\n"
VARIANT_NAMES = {
    "standard": "Standard", "chess960": "Chess960", "fromPosition": "From Position", "crazyhouse": "Crazyhouse",
    "antichess": "Antichess", "atomic": "Atomic", "horde": "Horde", "kingOfTheHill": "King of the Hill",
    "racingKings": "Racing Kings", "threeCheck": "Three-check",
}  # fmt: skip
EVENT_PERF = {**VARIANT_NAMES, "ultraBullet": "UltraBullet"}  # all others are written in lower case
SIDES = ("White", "Black")
UNRATED = "?"
LOBBY = Occasion("lobby")
SHOWS_FEN = ("chess960", "fromPosition", "horde", "racingKings")
TERMINATION = {
    "mate": "Normal", "resign": "Normal", "draw": "Normal", "stalemate": "Normal", "outoftime": "Time forfeit",
    "noStart": "Abandoned", "timeout": "Time forfeit", "variantEnd": "Normal", "cheat": "Rules infraction",
    "started": "Unterminated",
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_S = 86_400
DAYS_MOST = 1024  # remembered, a choice: streams go through time day by day, so a few days each are enough
# Ready-made times, by minute of the day, and tags of what White's rating gained.
MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}:" for minute in range(DAY_S // 60))
DIFFS = {
    white: f'[WhiteRatingDiff "{white:+d}"]\n[BlackRatingDiff "{-white:+d}"]\n'
    for white in range(-CHANGE_MOST, CHANGE_MOST + 1)
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wants to see of each game."""

    moves: bool = True
    tags: bool = True
    clocks: bool = False
    evals: bool = False
    opening: bool = False
    literate: bool = False
    # What only the JSON form knows.
    as_json: bool = False
    pgn_in_json: bool = False
    last_fen: bool = False
    accuracy: bool = False
    division: bool = False


class Kind(Protocol):
    """What must be known of a game to write what it shares with others."""

    @property
    def track(self) -> Track:
        """What happened."""

    @property
    def rated(self) -> bool:
        """Whether ratings were at stake."""

    @property
    def analysed(self) -> bool:
        """Whether there are evaluations."""

    @property
    def change(self) -> int | None:
        """What White's rating gained."""

    @property
    def occasion(self) -> Occasion | None:
        """Why it was played."""


class Shared(NamedTuple):
    """The text that games have in common: all but ids, dates, names and ratings, which stand between the four."""

    first: bytes  # up to the id in Site
    middle: bytes  # from Result to the id in GameId
    changes: bytes  # what follows the ratings: what they gained, titles, berserk
    tail: bytes  # from Variant to the end; all there is when no tags are asked for


class Renderer:
    """Turns games into bytes under one choice of options, remembering the parts that games have in common."""

    def __init__(self, options: Options) -> None:
        self._options = options
        # By the track's number, and whether the game was analysed.
        self._tails: dict[tuple[int, bool], bytes] = {}
        self._imported: dict[tuple[int, bool], bytes] = {}

    def render(self, game: Game) -> bytes:
        """Render one game, its trailing blank lines included."""
        if game.occasion is not None and game.occasion.source == "import":
            return self._import(game, game.occasion)
        first, middle, changes, tail = self.shared(game)
        if not self._options.tags:
            return tail
        day, second = divmod(game.created_at_ms // 1000, DAY_S)
        date, time = date_text(day), f"{MINUTES[second // 60]}{second % 60:02}"
        players = f'{game.id}"]\n[Date "{date}"]\n[Round "-"]\n[White "{game.white}"]\n[Black "{game.black}"]\n'
        begun = f'{game.id}"]\n[UTCDate "{date}"]\n[UTCTime "{time}"]\n'
        ratings = f'[WhiteElo "{game.white_elo or UNRATED}"]\n[BlackElo "{game.black_elo or UNRATED}"]\n'
        return b"".join((first, players.encode(), middle, (begun + ratings).encode(), changes, tail))

    def shared(self, game: Kind) -> Shared:
        """Render what a game that was not imported shares with others."""
        track, occasion = game.track, game.occasion or LOBBY
        event = occasion.event or event_name(track, rated=game.rated)
        changes = ("" if game.change is None else DIFFS[game.change]) + titles_and_berserk(occasion)
        middle = result_head(track.sequence.result)
        return Shared(event_head(event), middle, changes.encode(), self._shared_tail(game, occasion))

    def _shared_tail(self, game: Kind, occasion: Occasion) -> bytes:
        track, key = game.track, (game.track.number, game.analysed)
        if True in occasion.berserk:
            return self._tail(track, berserked_cs(track, occasion.berserk), analysed=game.analysed)
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = self._tail(track, clocks_cs(track), analysed=game.analysed)
        return tail

    def _import(self, game: Game, occasion: Occasion) -> bytes:
        """Render an imported game: it has no clocks, and a header of its own."""
        key = (game.track.number, game.analysed)
        body = self._imported.get(key)
        if body is None:
            body = self._imported[key] = self._body(game.track, (), analysed=game.analysed).encode()
        if not self._options.tags:
            return body
        return imported_header(game, occasion, opening=self._options.opening).encode() + body

    def _tail(self, track: Track, clocks: Sequence[int], *, analysed: bool) -> bytes:
        body = self._body(track, clocks, analysed=analysed)
        if self._options.tags:
            body = f"{header(last_tags(track, opening=self._options.opening))}\n{body}"
        return body.encode()

    def _body(self, track: Track, clocks: Sequence[int], *, analysed: bool) -> str:
        options = self._options
        text = ""
        if options.moves:
            clocks = clocks if options.clocks else ()
            evals = track.evals if options.evals and analysed else ()
            text = movetext(track.moves, clocks, evals, track.sequence.first_ply)
        # Without tags there is no Result tag to print, and so no result either (Pgn.scala:43).
        return (f"{text} {track.sequence.result}" if options.tags else text) + AFTER_GAME


def event_name(track: Track, *, rated: bool) -> str:
    """Name a game that belongs to no event."""
    perf = track.control.perf
    return f"{'rated' if rated else 'casual'} {EVENT_PERF.get(perf, perf)} game"


def last_tags(track: Track, *, opening: bool, timed: bool = True) -> dict[str, str]:
    """Return the tags from Variant on."""
    sequence = track.sequence
    tags = {
        "Variant": VARIANT_NAMES[sequence.variant],
        "TimeControl": track.control.text if timed else "-",
        "ECO": sequence.eco,
    }
    if opening:
        tags["Opening"] = sequence.opening
    tags["Termination"] = TERMINATION[track.status]
    if sequence.variant in SHOWS_FEN and sequence.fen is not None:
        tags |= {"FEN": sequence.fen, "SetUp": "1"}
    return tags


@lru_cache(maxsize=DAYS_MOST)
def date_text(day: int) -> str:
    """Write a day, counted from 1970, as PGN has it."""
    return f"{EPOCH + timedelta(days=day):%Y.%m.%d}"


@lru_cache(maxsize=1024)
def event_head(event: str) -> bytes:
    """Write the beginning of a game, up to its id."""
    return f'{header({"Event": event})}[Site "https://lichess.org/'.encode()


@lru_cache(maxsize=8)
def result_head(result: str) -> bytes:
    """Write the result and the beginning of the tag behind it."""
    return f'{header({"Result": result})}[GameId "'.encode()


@lru_cache(maxsize=1024)
def titles_and_berserk(occasion: Occasion) -> str:
    """Write what stands between the ratings and the variant."""
    tags = {f"{side}Title": title for side, title in zip(SIDES, occasion.titles, strict=True) if title}
    tags |= {f"{side}Berserk": "true" for side, berserk in zip(SIDES, occasion.berserk, strict=True) if berserk}
    return header(tags)


def imported_header(game: Game, occasion: Occasion, *, opening: bool) -> str:
    """Write the whole header of an imported game: its own event and date, and no clock."""
    created = EPOCH + timedelta(milliseconds=game.created_at_ms)
    tags = {
        "Event": occasion.event or "Import",
        "Site": f"https://lichess.org/{game.id}",
        "Date": occasion.played_on or f"{created:%Y.%m.%d}",
        "Round": "-",
        "White": game.white,
        "Black": game.black,
        "Result": game.track.sequence.result,
        "GameId": game.id,
    }
    if occasion.played_on is None:
        tags |= {"UTCDate": f"{created:%Y.%m.%d}", "UTCTime": f"{created:%H:%M:%S}"}
    tags |= {"WhiteElo": UNRATED, "BlackElo": UNRATED}
    return header(tags | last_tags(game.track, opening=opening, timed=False)) + "\n"


def header(tags: Mapping[str, str]) -> str:
    """Write tags one a line, escaped, in the order given."""
    return "".join(f'[{name} "{_escaped(value)}"]\n' for name, value in tags.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def movetext(
    moves: Sequence[str], clocks: Sequence[int | None], evals: Sequence[str | None], first_ply: int = 0
) -> str:
    """Write numbered moves on one line with their comments; a Black move is numbered at the start and after a comment.

    Clocks and evaluations may be fewer than the moves; None means no comment.
    """
    parts = []
    interrupted = True
    for ply, (san, clock, evaluation) in enumerate(zip_longest(moves, clocks, evals), start=first_ply):
        comment = _comment(evaluation, clock)
        number = f"{ply // 2 + 1}{'...' if ply % 2 else '.'} " if interrupted or not ply % 2 else ""
        parts.append(f"{number}{san}{comment}")
        interrupted = comment != ""
    return " ".join(parts)


def _comment(evaluation: str | None, clock_cs: int | None) -> str:
    if evaluation is None:
        return "" if clock_cs is None else f" {{ [%clk {clock_text((clock_cs + 50) // 100)}] }}"
    if clock_cs is None:
        return f" {{ [%eval {evaluation_text(evaluation)}] }}"
    return f" {{ [%eval {evaluation_text(evaluation)}] [%clk {clock_text((clock_cs + 50) // 100)}] }}"


# The same few thousand evaluations and clocks occur again and again.
@lru_cache(maxsize=65_536)
def evaluation_text(evaluation: str) -> str:
    """Write centipawns as pawns without padding (0.17, 2.0, -0.34) and mates as they are (#4, #-4)."""
    return evaluation if evaluation.startswith("#") else str(int(evaluation) / 100)


@lru_cache(maxsize=65_536)
def clock_text(clock_s: int) -> str:
    """Write H:MM:SS, hours without padding."""
    minutes, seconds = divmod(clock_s, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
