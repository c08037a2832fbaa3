"""Writes the table and the plot that show made-up games beside published statistics.

``python -m tests.fidelity.page`` (``make fidelity``) rewrites both; a test compares the table with what it would write.
"""

from fake_lichess.games import Game
from tests.fidelity.corpus import GAMES, corpus, measured
from tests.fidelity.measuring import Measured
from tests.fidelity.plot import plotted
from tests.fidelity.published import ELSEWHERE, SECTIONS, Elsewhere, Published
from tests.shape.pure_modules import ROOT

PAGE = ROOT / "docs" / "fake-lichess-statistics.md"
PLOT = ROOT / "docs" / "fake-lichess-statistics.png"
HEAD = f"""# Made-up games beside published statistics

<!-- written by `make fidelity`; a test fails when it drifts -->
{GAMES:,} games as `python -m fake_lichess` makes them without options: accounts `player1` to `player100` of 1 000 games
each. A test holds every value to the tolerance around the published value or range. Unless a row says otherwise, shares
are of rated games of standard chess, as in Lichess's dumps, and sizes are means of games within two plies of the length
named, taken where all games are analysed.

Two populations are published, and they differ: all players, and the users of importers. Modelled are the games of all
players, but as many of them are analysed, and of the same speeds, as among importers' users: an analysed game is three
times as large, so that share decides what an import weighs. What is published of the other population in either case
stands in a table of its own.

![Published values beside those of made-up games](fake-lichess-statistics.png)
"""
FOOT = """
## Not compared

- Sizes of accounts and the mix of single accounts: every account has as many games as it is asked to have.
- The share of events that are not named "Rated": tournaments are compared instead, and the dumps hold no casual games.
- The compression of many accounts: movetext is drawn from some 4 000 pre-played games under their time controls, so ten
  accounts compress better here than ten real ones would.
"""


def page(found: Measured) -> str:
    """Return the page."""
    compared = "".join(_section(title, rows, found) for title, rows in SECTIONS.items())
    return f"{HEAD}{compared}{_elsewhere(found)}{FOOT}"


def number(value: float, unit: str) -> str:
    """Write a value as precisely as its unit deserves."""
    return f"{value:,.0f}" if unit == "bytes" else f"{value:.2f}" if value < 1 else f"{value:.1f}"


def _section(title: str, rows: tuple[Published, ...], found: Measured) -> str:
    lines = "".join(_line(row, found[row.key]) for row in rows)
    return (
        f"\n## {title}\n\n| quantity | unit | published | tolerance | made up | within | source |\n"
        f"|---|---|---|---|---|---|---|\n{lines}"
    )


def _line(row: Published, value: float) -> str:
    within = "yes" if row.is_met(value) else "no"
    cells = (row.key, row.unit, _range(row), f"± {row.tolerance:g}", number(value, row.unit), within, row.source)
    return f"| {' | '.join(cells)} |\n"


def _elsewhere(found: Measured) -> str:
    """Write what is published of the population that is not modelled, and why it is not."""
    marks = {why: place for place, why in enumerate(dict.fromkeys(row.why for row in ELSEWHERE), start=1)}
    rows = (
        (row.key, row.unit, _range(row), number(found[row.key], row.unit), f"({marks[row.why]})", row.source)
        for row in ELSEWHERE
    )
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
    notes = "".join(f"{place}. {why[0].upper()}{why[1:]}.\n" for why, place in marks.items())
    return (
        "\n## Also published, of another population\n\n| quantity | unit | published | made up | why | source |\n"
        f"|---|---|---|---|---|---|\n{lines}\n{notes}"
    )


def _range(row: Published | Elsewhere) -> str:
    low, high = number(row.low, row.unit), number(row.high, row.unit)
    return low if row.low == row.high else f"{low} to {high}"


def write(games: list[Game]) -> None:
    """Write the table and the plot."""
    found = measured(games)
    PAGE.write_text(page(found), encoding="utf-8")
    PLOT.write_bytes(plotted(games, found))


if __name__ == "__main__":
    write(corpus())
