"""Renders games as Lichess's 2026 NDJSON, key by key in its order; no I/O.

Source: GameApiV2 of lila. What all games on a track share is written once, as with PGN.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from fake_lichess.analysis import judgments, sides
from fake_lichess.badges import badges_text
from fake_lichess.details import Detail, Details
from fake_lichess.games import Game
from fake_lichess.literate import renderer
from fake_lichess.occasions import Occasion, event_id
from fake_lichess.pgn import SHOWS_FEN, Options
from fake_lichess.tracks import Track, berserked_cs

ORDINARY = Occasion("lobby")
WINNER = {"1-0": "white", "0-1": "black"}


class Parts(NamedTuple):
    """What games of one track have in common, ready to be put between what is each game's own."""

    kind: str  # variant, speed, perf
    status: str
    middle: str  # initialFen to clocks
    turns: str  # daysPerTurn, analysis
    end: str  # clock to division
    white: str  # each player's analysis
    black: str


class JsonRenderer:
    """Turns games into lines under one choice of options."""

    def __init__(self, options: Options, details: Details) -> None:
        self._options = options
        self._details = details
        self._pgn = renderer(options, details) if options.pgn_in_json else None
        self._parts: dict[tuple[int, bool], Parts] = {}

    def render(self, game: Game) -> bytes:
        """Render one game, its line end included."""
        occasion = game.occasion or ORDINARY
        parts = self._parts_of(game, occasion)
        white, black = (_player(game, occasion, side) for side in (0, 1))
        moved_ms = game.created_at_ms + (0 if occasion.source == "import" else game.track.duration_ms)
        pgn = "" if self._pgn is None else f',"pgn":{_dumps(self._pgn.render(game).decode())}'
        return (
            f'{{"id":"{game.id}","rated":{"true" if game.rated else "false"},{parts.kind},'
            f'"createdAt":{game.created_at_ms},"lastMoveAt":{moved_ms},{parts.status},"source":"{occasion.source}",'
            f'"players":{{"white":{{{_joined(white, parts.white)}}},"black":{{{_joined(black, parts.black)}}}}}'
            f"{parts.middle}{pgn}{parts.turns}{_event(game, occasion)}{parts.end}{_import(occasion)}}}\n"
        ).encode()

    def _parts_of(self, game: Game, occasion: Occasion) -> Parts:
        track = game.track
        if occasion.source == "import" or True in occasion.berserk:
            return self._make(track, occasion, analysed=game.analysed)
        key = (track.number, game.analysed)
        parts = self._parts.get(key)
        if parts is None:
            parts = self._parts[key] = self._make(track, ORDINARY, analysed=game.analysed)
        return parts

    def _make(self, track: Track, occasion: Occasion, *, analysed: bool) -> Parts:
        control, options = track.control, self._options
        timed = control.days_per_move is None and occasion.source != "import"
        untimed_import = occasion.source == "import" and control.perf == control.speed
        speed = "correspondence" if occasion.source == "import" else control.speed
        perf = "correspondence" if untimed_import else control.perf
        days = None if occasion.source == "import" else control.days_per_move
        detail = self._detail(track) if options.last_fen or options.division or options.evals else None
        analysis = _analysis(track, detail) if analysed and options.evals and detail else None
        white, black = _sides(track, options) if analysed and (options.evals or options.accuracy) else ("", "")
        return Parts(
            _body({"variant": control.variant, "speed": speed, "perf": perf}),
            _body({"status": track.status}),
            _more(self._middle(track, occasion, timed=timed)),
            _more({"daysPerTurn": days, "analysis": analysis}),
            _more({"clock": _clock(track) if timed else None} | _board(track, detail, options)),
            white,
            black,
        )

    def _middle(self, track: Track, occasion: Occasion, *, timed: bool) -> dict[str, object]:
        sequence, options = track.sequence, self._options
        named = options.opening and sequence.opening_ply > 0
        clocks = berserked_cs(track, occasion.berserk) if timed and options.clocks else ()
        return {
            "initialFen": sequence.fen if sequence.variant in SHOWS_FEN else None,
            "winner": WINNER.get(sequence.result),
            "opening": {"eco": sequence.eco, "name": sequence.opening, "ply": sequence.opening_ply} if named else None,
            "moves": " ".join(track.moves) if options.moves else None,
            "clocks": clocks or None,
        }

    def _detail(self, track: Track) -> Detail:
        taken_back = track.plies < len(track.sequence.moves)
        return self._details.of(track.sequence.row, last_ply_taken_back=taken_back)


def _player(game: Game, occasion: Occasion, side: int) -> str:
    """Write who played, without the analysis."""
    name, rating = (game.black, game.black_elo) if side else (game.white, game.white_elo)
    change = game.change if game.change is None or not side else -game.change
    if rating is None:
        if occasion.source == "import":
            return _body({"name": name})
        return "" if occasion.ai_level is None else _body({"aiLevel": occasion.ai_level})
    title = "" if occasion.titles[side] is None else f'"title":"{occasion.titles[side]}",'
    diff = "" if change is None else f',"ratingDiff":{change}'
    # Of ratings one in fifty is still uncertain, a choice: of new users, and of those who were long away.
    provisional = ',"provisional":true' if game.created_at_ms % 50 == side else ""
    user_id = name.lower()
    return (
        f'"user":{{"name":"{name}",{title}{badges_text(user_id)}"id":"{user_id}"}},"rating":{rating}{diff}{provisional}'
    )


def _event(game: Game, occasion: Occasion) -> str:
    if occasion.event is None or occasion.source == "import":
        return ""
    tournament = event_id(occasion.event, game.created_at_ms)
    if occasion.source == "swiss":
        return f',"swissTour":{{"id":"{tournament}"}}'
    return f',"arenaTour":{_dumps({"id": tournament, "name": occasion.event})}'


def _import(occasion: Occasion) -> str:
    return _more({"import": {"date": occasion.played_on}}) if occasion.played_on else ""


def _clock(track: Track) -> dict[str, int]:
    initial_s, increment_s = track.control.initial_s, track.control.increment_s
    return {"initial": initial_s, "increment": increment_s, "totalTime": initial_s + 40 * increment_s}


def _board(track: Track, detail: Detail | None, options: Options) -> dict[str, object]:
    if detail is None:
        return {}
    phases = {"middle": detail.middle_ply, "end": detail.end_ply}
    return {
        "lastFen": detail.last_fen if options.last_fen else None,
        "lastMove": (detail.last_uci or None) if options.last_fen else None,
        "division": {name: ply for name, ply in phases.items() if ply is not None and ply <= track.plies}
        if options.division
        else None,
    }


def _analysis(track: Track, detail: Detail) -> list[dict[str, object]]:
    """Write what is known of the position after each ply."""
    entries = []
    judged = judgments(track.evals, black_first=track.sequence.black_first)
    for ply, (evaluation, judgment) in enumerate(zip(track.evals, judged, strict=True)):
        mate = evaluation.startswith("#")
        entry: dict[str, object] = {"mate": int(evaluation[1:])} if mate else {"eval": int(evaluation)}
        if judgment is not None:
            better = detail.better[ply]  # there is one, for nobody is blamed for the only move
            entry |= {"best": better.uci, "variation": " ".join(better.line)}
            entry["judgment"] = {"name": judgment.name, "comment": f"{judgment.text} {better.line[0]} was best."}
        entries.append(entry)
    return entries


def _sides(track: Track, options: Options) -> tuple[str, str]:
    """Write each player's share of the analysis."""
    texts = []
    for side in sides(track.evals, black_first=track.sequence.black_first):
        summed: dict[str, object] = {
            "inaccuracy": side.inaccuracy, "mistake": side.mistake, "blunder": side.blunder, "acpl": side.acpl,
        }  # fmt: skip
        if options.accuracy:
            summed["accuracy"] = side.accuracy
        texts.append(_body({"analysis": summed}))
    return texts[0], texts[1]


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _body(keys: Mapping[str, object]) -> str:
    """Write an object without its braces; None means no key."""
    return ",".join(f'"{name}":{_dumps(value)}' for name, value in keys.items() if value is not None)


def _more(keys: Mapping[str, object]) -> str:
    """Write keys that follow others."""
    text = _body(keys)
    return f",{text}" if text else ""


def _joined(*texts: str) -> str:
    return ",".join(text for text in texts if text)
