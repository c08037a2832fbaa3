"""Renders games as Lichess's 2026 PGN, byte for byte: tag order, comments, blank lines; no I/O.

Sources: PgnDump of lila (tags), Pgn.scala and PgnNodeEncoder.scala of scalachess (movetext). The movetext of a track is
rendered once per choice of comments and reused by every game on that track; only the tags are made for each game.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fake_lichess.games import Game
from fake_lichess.tracks import Track, clocks_cs

# One game is followed by two blank lines, the last one too (`pgn.render + "\n\n\n"`, Annotator.scala:37 of lila).
AFTER_GAME = "\n\n\n"
EVENT_SPEED = {"ultraBullet": "UltraBullet"}  # all others are written in lower case
TERMINATION = {
    "mate": "Normal", "resign": "Normal", "draw": "Normal", "stalemate": "Normal", "outoftime": "Time forfeit",
    "noStart": "Abandoned",
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_S, MINUTE_S = 86_400, 60


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wants to see of each game."""

    moves: bool = True
    tags: bool = True
    clocks: bool = False
    evals: bool = False
    opening: bool = False


class Renderer:
    """Turns games into bytes, remembering the movetext of every track it has met."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._heads: dict[tuple[int, bool], str] = {}
        self._bodies: dict[tuple[int, bool], bytes] = {}
        self._days: dict[int, str] = {}

    def render(self, game: Game) -> bytes:
        """Render one game, its trailing blank lines included."""
        track = game.track
        key = (track.number, game.analysed)
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._body(track, analysed=game.analysed).encode()
        return self._head(game, track) + body if self._options.tags else body

    def _head(self, game: Game, track: Track) -> bytes:
        key = (track.number, game.rated)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = head_template(track, rated=game.rated, opening=self._options.opening)
        game_id, created_ms, white, black, white_elo, black_elo, white_diff, black_diff, *_ = game
        day, second = divmod(created_ms // 1000, DAY_S)
        date = self._days.get(day)
        if date is None:
            date = self._days[day] = f"{EPOCH + timedelta(days=day):%Y.%m.%d}"
        minute = second // MINUTE_S
        diffs = "" if white_diff is None else _diffs(white_diff, black_diff or 0)
        time = f"{minute // 60:02}:{minute % 60:02}:{second % 60:02}"
        return (head % (game_id, date, white, black, game_id, date, time, white_elo, black_elo, diffs)).encode()

    def _body(self, track: Track, *, analysed: bool) -> str:
        options = self._options
        text = ""
        if options.moves:
            clocks = clocks_cs(track) if options.clocks else None
            text = movetext(track.moves, clocks, track.evals if options.evals and analysed else ())
        # Without tags there is no Result tag to print, and so no result either (Pgn.scala:43).
        return (f"{text} {track.sequence.result}" if options.tags else text) + AFTER_GAME


def head_template(track: Track, *, rated: bool, opening: bool) -> str:
    """Write all tags of a track's games, with places for what differs from game to game."""
    speed = track.control.speed
    event = f"{'rated' if rated else 'casual'} {EVENT_SPEED.get(speed, speed)} game"
    tags = {
        "Event": event, "Site": "https://lichess.org/%s", "Date": "%s", "Round": "-", "White": "%s", "Black": "%s",
        "Result": track.sequence.result, "GameId": "%s", "UTCDate": "%s", "UTCTime": "%s", "WhiteElo": "%d",
        "BlackElo": "%d",
    }  # fmt: skip
    last = {"Variant": "Standard", "TimeControl": track.control.text, "ECO": track.sequence.eco}
    if opening:
        last["Opening"] = track.sequence.opening.replace("%", "%%")
    last["Termination"] = TERMINATION[track.status]
    return header(tags) + "%s" + header(last) + "\n"


def header(tags: Mapping[str, str]) -> str:
    """Write tags one a line, escaped, in the order given."""
    return "".join(f'[{name} "{_escaped(value)}"]\n' for name, value in tags.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _diffs(white: int, black: int) -> str:
    return f'[WhiteRatingDiff "{white:+d}"]\n[BlackRatingDiff "{black:+d}"]\n'


def movetext(moves: Sequence[str], clocks: Sequence[int] | None, evals: Sequence[str]) -> str:
    """Write numbered moves on one line with evaluation and clock comments; a commented White move repeats the number."""
    parts = []
    after_comment = False
    for ply, san in enumerate(moves):
        if ply % 2 == 0:
            parts.append(f"{ply // 2 + 1}.")
        elif after_comment:
            parts.append(f"{ply // 2 + 1}...")
        parts.append(san)
        comment = _comment(evals[ply] if ply < len(evals) else None, clocks[ply] if clocks else None)
        after_comment = comment is not None
        if comment is not None:
            parts.append(comment)
    return " ".join(parts)


def _comment(evaluation: str | None, clock_cs: int | None) -> str | None:
    found = []
    if evaluation is not None:
        found.append(f"[%eval {evaluation_text(evaluation)}]")
    if clock_cs is not None:
        found.append(f"[%clk {clock_text(clock_cs)}]")
    return f"{{ {' '.join(found)} }}" if found else None


def evaluation_text(evaluation: str) -> str:
    """Write centipawns as pawns without padding (0.17, 2.0, -0.34) and mates as they are (#4, #-4)."""
    return evaluation if evaluation.startswith("#") else str(int(evaluation) / 100)


def clock_text(clock_cs: int) -> str:
    """Write H:MM:SS, rounded to whole seconds, hours without padding."""
    minutes, seconds = divmod((clock_cs + 50) // 100, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
