"""The files that imported games came from, as their owner once gave them to Lichess; no I/O.

Only what the made-up import knows is in them: no address, no round, no ratings, and a date only if it has one.
"""

from textwrap import fill

from fake_lichess.games import Game
from fake_lichess.occasions import Occasion
from fake_lichess.pgn import AFTER_GAME, SHOWS_FEN, VARIANT_NAMES, header, movetext

WIDTH = 80  # the export format of the PGN standard, which most programs keep to


def is_import(game: Game) -> bool:
    """Say whether a game came from a file."""
    return game.occasion is not None and game.occasion.source == "import"


def file_text(game: Game) -> str:
    """Write an imported game as the file had it."""
    sequence, occasion = game.track.sequence, game.occasion or Occasion("import")
    known = {"Event": occasion.event, "Date": occasion.played_on, "White": game.white, "Black": game.black}
    tags = {name: value for name, value in known.items() if value} | {"Result": sequence.result}
    if sequence.variant != "standard":
        tags["Variant"] = VARIANT_NAMES[sequence.variant]
    if sequence.variant in SHOWS_FEN and sequence.fen is not None:
        tags |= {"FEN": sequence.fen, "SetUp": "1"}
    moves = movetext(game.track.moves, (), (), sequence.first_ply)
    return f"{header(tags)}\n{fill(f'{moves} {sequence.result}'.strip(), WIDTH)}"


def exported(game: Game | None) -> bytes:
    """Write it as one of many; nothing where none was found yet."""
    return b"" if game is None else (file_text(game) + AFTER_GAME).encode()
