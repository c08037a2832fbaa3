"""One look for all pictures, and their way into SVG and PNG, byte for byte the same each time."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

# Okabe and Ito, Color Universal Design (2008): told apart with every common colour vision.
BLACK: Final = "#000000"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#6B6B6B"
PALE: Final = "#D9D9D9"

# A choice: the text column of the page at 96 points an inch, so that type keeps the size of the words around it.
WIDTH_IN: Final = 7.4
# A choice: sharp on a dense screen, under 100 KB a picture.
PNG_DPI: Final = 160

_STYLE: Final[Any] = {  # matplotlib types its keys by name, which a plain dict cannot match
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same glyphs on every machine
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "path",
    "svg.hashsalt": "import-capacity",
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """One finished picture."""

    name: str
    svg: str  # to stand inside a page
    png: bytes


def drawn(name: str, height_in: float, description: str, draw: Callable[[Figure], None]) -> Plot:
    """Run *draw* on an empty figure in the common style and render it."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(figure)
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None}, facecolor="white")
    return Plot(name, _inline(svg.getvalue(), name, description), png.getvalue())


def label(axes: Axes, at: tuple[float, float], text: str, color: str = "#222222", **options: Any) -> None:
    """Write *text* beside what it names, in its colour, with a halo where it crosses a line."""
    written = axes.annotate(
        text,
        xy=at,
        **{"fontsize": 8.5, "color": color, "va": "center", "textcoords": "offset points", "xytext": (0, 0), **options},
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
    )
    written.set_in_layout(False)  # it stands inside the axes; counted as an edge it could squeeze them to nothing


def _inline(svg: str, name: str, description: str) -> str:
    """Make a stand-alone SVG fit for a page: own ids, a name for screen readers, no fixed size, no prologue."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    head, rest = body.split(">", 1)
    view_box = re.search(r'viewBox="([^"]*)"', head)
    assert view_box is not None  # noqa: S101 - matplotlib writes one into every SVG
    return (
        f'<svg role="img" aria-label="{_escaped(description)}" viewBox="{view_box[1]}" '
        f'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{rest}'
    )


def _escaped(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text
