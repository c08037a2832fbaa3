"""Writes the table and the plot that show made-up games beside published statistics.

``python -m tests.fidelity.page`` (``make fidelity``) rewrites both; a test compares the table with what it would write.
"""

from fake_lichess.games import Game
from tests.fidelity.corpus import GAMES, corpus, measured
from tests.fidelity.measuring import Measured
from tests.fidelity.plot import plotted
from tests.fidelity.published import SECTIONS, Published
from tests.shape.pure_modules import ROOT

PAGE = ROOT / "docs" / "fake-lichess-statistics.md"
PLOT = ROOT / "docs" / "fake-lichess-statistics.png"
HEAD = f"""# Made-up games beside published statistics

<!-- written by `make fidelity`; a test fails when it drifts -->
{GAMES:,} games as `python -m fake_lichess` makes them without options: accounts `player1` to `player100` of 1 000 games
each. *Within* says whether the measured value lies within the tolerance around the published value or range; where it
does not, the reason stands below the table, and a test holds both lists to be complete. Unless a row says otherwise,
shares are of rated games of standard chess, as in Lichess's dumps, and sizes are means of games within two plies of the
length named.

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
    return HEAD + "".join(_section(title, rows, found) for title, rows in SECTIONS.items()) + FOOT


def number(value: float, unit: str) -> str:
    """Write a value as precisely as its unit deserves."""
    return f"{value:,.0f}" if unit == "bytes" else f"{value:.2f}" if value < 1 else f"{value:.1f}"


def _section(title: str, rows: tuple[Published, ...], found: Measured) -> str:
    reasons = dict.fromkeys(row.miss for row in rows if row.miss)
    marks = {reason: place for place, reason in enumerate(reasons, start=1)}
    lines = [_line(row, found[row.key], marks.get(row.miss)) for row in rows]
    notes = "".join(f"{place}. {reason[0].upper()}{reason[1:]}.\n" for reason, place in marks.items())
    return (
        f"\n## {title}\n\n| quantity | unit | published | tolerance | made up | within | source |\n"
        f"|---|---|---|---|---|---|---|\n{''.join(lines)}" + (f"\n{notes}" if notes else "")
    )


def _line(row: Published, value: float, mark: int | None) -> str:
    low, high = number(row.low, row.unit), number(row.high, row.unit)
    published = low if row.low == row.high else f"{low} to {high}"
    within = "yes" if row.is_met(value) else f"no ({mark})"
    cells = (row.key, row.unit, published, f"± {row.tolerance:g}", number(value, row.unit), within, row.source)
    return f"| {' | '.join(cells)} |\n"


def write(games: list[Game]) -> None:
    """Write the table and the plot."""
    found = measured(games)
    PAGE.write_text(page(found), encoding="utf-8")
    PLOT.write_bytes(plotted(games, found))


if __name__ == "__main__":
    write(corpus())
