"""Writes the data files of pre-played games anew: ``python -m fake_lichess.play``, about five minutes.

They are shipped, so nobody needs this unless the policy or the wishes change.
"""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from fake_lichess.play import details, variants
from fake_lichess.play.openings import Book, read_book
from fake_lichess.play.sequences import POOL_GAMES, line

DATA = Path(__file__).parents[1] / "data"
HEAD = """\
# Pre-played games; made by `python -m fake_lichess.play`, never edited.
# Opening names are from the chess-openings data set of Lichess (CC0 1.0).
# Columns: result, ending, ECO, opening, its ply, moves in SAN, evaluations (centipawns or #mate, White's view).
"""
VARIANTS_HEAD = """\
# Pre-played games of variants; made by `python -m fake_lichess.play`, never edited.
# Columns: as in sequences.tsv, then the variant and the position the game began from.
"""
DETAILS_HEAD = """\
# What takes a board to know about sequences.tsv, then variants.tsv, row by row; made by `python -m fake_lichess.play`.
# Columns: last position, the move to it, the one before and its move, where middle and endgame begin, better moves.
"""


def main(*, standard: Annotated[bool, typer.Option(help="Play the standard games again too.")] = True) -> None:
    """Play all games again and write them where the server reads them.

    Example: python -m fake_lichess.play
    """
    book = read_book((files("fake_lichess.play") / "openings.tsv").read_text(encoding="utf-8"))
    if standard:
        save("sequences", HEAD, [line(number, book) for number in range(POOL_GAMES)])
    save("variants", VARIANTS_HEAD, variant_rows(book))
    save("details", DETAILS_HEAD, [detail_row(row) for name in ("sequences", "variants") for row in rows(name)])


def variant_rows(book: Book) -> list[str]:
    """Play every variant."""
    return [
        variants.line(variants.play(variant, number, book))
        for variant in variants.VARIANTS
        for number in range(variants.VARIANT_GAMES)
    ]


def detail_row(row: list[str]) -> str:
    """Find out what a board tells about one game."""
    moves, evals, variant, fen = (*row[5:7], *(row[7:] or ["standard", ""]))
    return details.line(variant, fen, tuple(moves.split()), tuple(evals.split()))


def rows(name: str) -> list[list[str]]:
    """Read a data file back."""
    lines = (DATA / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def save(name: str, head: str, made: list[str]) -> None:
    """Write one data file."""
    (DATA / f"{name}.tsv").write_text(head + "".join(f"{row}\n" for row in made), encoding="utf-8")
    typer.echo(f"wrote {len(made)} rows of {name}", err=True)


if __name__ == "__main__":
    typer.run(main)
