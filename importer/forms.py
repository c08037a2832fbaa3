"""Puts a stored game into the forms in which it leaves the importer, over HTTP and into files; no I/O.

Must not know who asks. A line of NDJSON is what JSON holds for the game; PGN is the text as it was stored.
"""

import json
from dataclasses import fields

from importer.game import Game

_SAME = tuple(field.name for field in fields(Game) if field.name not in {"game_id", "created_at_s"})


def game_object(game: Game) -> dict[str, str | int | None]:
    """Return a game in the words of the interface."""
    created_at_ms = None if game.created_at_s is None else game.created_at_s * 1000
    return {"id": game.game_id, "created_at_ms": created_at_ms, **{name: getattr(game, name) for name in _SAME}}


def line(values: dict[str, str | int | None]) -> str:
    """Return one object as JSON, without blanks."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def text(game: Game) -> str:
    """Return the PGN, a blank line behind it."""
    return game.pgn + "\n\n"
