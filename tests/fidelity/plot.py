"""Draws published statistics and those of made-up games side by side."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fake_lichess.games import Game
from reports.plots.canvas import BLUE, GREY, PALE, VERMILLION, drawn, label
from tests.fidelity.measuring import Measured, is_rated_standard, plies
from tests.fidelity.published import ALL, AT_PLIES, BYTES, ELSEWHERE, Elsewhere, Published

HEIGHT_IN = 8.2
PLIES_MOST = 240  # a choice: nothing made up is longer
BIN_PLIES = 10  # a choice: a hundred of the thousand pre-played games fill one of them
SHOWN_FORMS = ("PGN", "PGN+clk", "PGN+clk+eval", "JSON+clk+eval")


def plotted(games: list[Game], found: Measured) -> bytes:
    """Return the picture as PNG."""

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1.0))
        shares(figure.add_subplot(grid[:, 0]), found)
        lengths(figure.add_subplot(grid[0, 1]), games, found)
        sizes(figure.add_subplot(grid[1, 1]), found)

    return drawn("statistics", HEIGHT_IN, "Published statistics beside those of made-up games", draw).png


def shares(axes: Axes, found: Measured) -> None:
    """Show every share: the published range with its tolerance, and what was measured."""
    both: tuple[Published | Elsewhere, ...] = (*ALL, *ELSEWHERE)
    rows = [row for row in both if row.unit == "%"]
    for place, row in enumerate(rows):
        met = isinstance(row, Elsewhere) or row.is_met(found[row.key])
        if isinstance(row, Published):
            axes.plot((row.low - row.tolerance, row.high + row.tolerance), (place, place), color=PALE, linewidth=6)
        filled = BLUE if isinstance(row, Published) else "white"
        axes.plot((row.low, row.high), (place, place), "o-", color=BLUE, markersize=5, markerfacecolor=filled)
        axes.plot(found[row.key], place, "x", color=GREY if met else VERMILLION, markersize=6, markeredgewidth=1.8)
    axes.axhline(len(rows) - sum(row.unit == "%" for row in ELSEWHERE) - 0.5, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_short(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-4, 86)
    axes.set_xlabel("share, %  (*: 20 % of all analysed; below the line: others)")
    axes.grid(visible=True, axis="x")
    axes.set_title("Shares: published ●, its tolerance ▬, made up x (red: outside)", fontsize=9, loc="right")


def lengths(axes: Axes, games: list[Game], found: Measured) -> None:
    """Show how long games are."""
    rated = [plies(game) for game in games if is_rated_standard(game)]
    weights = [100 / len(rated)] * len(rated)
    axes.hist(rated, bins=range(0, PLIES_MOST, BIN_PLIES), weights=weights, color=PALE, edgecolor="white")
    top = axes.get_ylim()[1]
    axes.axvline(66.6, color=BLUE, linewidth=1.6)
    axes.axvline(found["plies, mean"], color=GREY, linewidth=1.6, linestyle="--")
    label(axes, (72, top * 0.97), "published mean 66.6", BLUE)
    label(axes, (72, top * 0.89), f"made up {found['plies, mean']:.1f}", GREY)
    axes.set_xlabel("plies")
    axes.set_ylabel(f"games, % in each {BIN_PLIES} plies")
    axes.set_title("Length of rated standard games", fontsize=9)


def sizes(axes: Axes, found: Measured) -> None:
    """Show how large games are at four lengths."""
    for form in SHOWN_FORMS:
        measured = [found[f"{form}, {wanted} plies"] / 1000 for wanted in AT_PLIES]
        missed = any(not row.is_met(found[row.key]) for row in ALL if row.key.startswith(f"{form}, "))
        color = VERMILLION if missed else GREY
        axes.plot(AT_PLIES, [size / 1000 for size in BYTES[form]], "o-", color=BLUE, markersize=4)
        axes.plot(AT_PLIES, measured, "x", color=color, markersize=6, markeredgewidth=1.8)
        label(axes, (AT_PLIES[-1] + 3, BYTES[form][-1] / 1000), form)
    axes.set_xlim(30, 205)
    axes.set_ylim(0, 6.2)
    axes.set_xticks(AT_PLIES)
    axes.set_xlabel("plies")
    axes.set_ylabel("kB a game")
    axes.set_title("Size: published ●, made up x", fontsize=9)


def _short(row: Published | Elsewhere) -> str:
    return row.key.replace(" at 20 % in all", "*").replace(", by plies", "")
