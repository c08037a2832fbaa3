"""Writes ``fake_lichess/data/sequences.tsv`` anew: ``python -m fake_lichess.play``, about two minutes.

The file is shipped, so nobody needs this unless the policy or the wishes change.
"""

from importlib.resources import files
from pathlib import Path

import typer

from fake_lichess.play.openings import read_book
from fake_lichess.play.sequences import POOL_GAMES, line

HEAD = """\
# Pre-played games; made by `python -m fake_lichess.play`, never edited.
# Opening names are from the chess-openings data set of Lichess (CC0 1.0).
# Columns: result, ending, ECO, opening, its ply, moves in SAN, evaluations (centipawns or #mate, White's view).
"""


def main() -> None:
    """Play the whole pool again and write it where the server reads it.

    Example: python -m fake_lichess.play
    """
    book = read_book((files("fake_lichess.play") / "openings.tsv").read_text(encoding="utf-8"))
    target = Path(__file__).parents[1] / "data" / "sequences.tsv"
    target.write_text(HEAD + "".join(f"{line(number, book)}\n" for number in range(POOL_GAMES)), encoding="utf-8")
    typer.echo(f"wrote {POOL_GAMES} games to {target}", err=True)


if __name__ == "__main__":
    typer.run(main)
