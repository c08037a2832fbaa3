"""Peak by batch and page size as a map with its numbers in the cells."""

from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports import texts
from reports.findings import Findings
from reports.grid import BATCH, PAGE, Cell, Grid
from reports.plots.canvas import GREY, VERMILLION, Plot, drawn

# A choice: rows of half an inch keep numbers and cells in proportion.
ROW_IN: Final = 0.55
# The darkest cells of the map need white figures.
DARK_BELOW: Final = 0.45


def grid_plot(findings: Findings) -> Plot | None:
    """Draw the map; None when the run has no batch x page series."""
    found = findings.grid
    if found is None or not found.cells:
        return None
    rows = len({cell.batch for cell in found.cells})
    return drawn("grid", 1.1 + ROW_IN * rows, _description(found), lambda figure: _draw(figure, found, findings))


def _draw(figure: Figure, found: Grid, findings: Findings) -> None:
    axes = figure.subplots()
    batches = sorted({cell.batch for cell in found.cells})
    pages = sorted({cell.page for cell in found.cells})
    means = [cell.mean_peak_bytes for cell in found.cells if cell.mean_peak_bytes is not None]
    norm = Normalize(texts.to_mib(min(means, default=0.0)), texts.to_mib(max(means, default=1.0)))
    default = (findings.capacity.setting.get(BATCH), findings.capacity.setting.get(PAGE))
    for cell in found.cells:
        at = (pages.index(cell.page), batches.index(cell.batch))
        _cell(axes, cell, at, norm)
        if (str(cell.batch), str(cell.page)) == default:
            axes.add_patch(
                Rectangle((at[0] - 0.5, at[1] - 0.5), 1, 1, fill=False, edgecolor="#222222", linewidth=2.2, zorder=4)
            )
    axes.set_xlim(-0.5, len(pages) - 0.5)
    axes.set_ylim(len(batches) - 0.5, -0.5)
    axes.set_xticks(range(len(pages)), [str(page) for page in pages])
    axes.set_yticks(range(len(batches)), [str(batch) for batch in batches])
    axes.set_xlabel("page of known ids (games)")
    axes.set_ylabel("batch (games)")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if means:
        bar = figure.colorbar(mpl.cm.ScalarMappable(norm, "cividis"), ax=axes, fraction=0.04, pad=0.02)
        bar.set_label("mean peak (MiB)")
        bar.outline.set_visible(False)


def _cell(axes: Axes, cell: Cell, at: tuple[int, int], norm: Normalize) -> None:
    mean = cell.mean_peak_bytes
    color = mpl.colormaps["cividis"](norm(texts.to_mib(mean))) if mean is not None and not cell.failed else "white"
    hatch = "////" if cell.failed else None
    axes.add_patch(
        Rectangle(
            (at[0] - 0.5, at[1] - 0.5),
            1,
            1,
            facecolor=color,
            edgecolor=VERMILLION if cell.failed else "white",
            hatch=hatch,
            linewidth=1.5,
        )
    )
    if cell.failed:
        text, ink = f"{len(cell.failed)} of {len(cell.trials)}\nfailed", VERMILLION
    elif mean is None:
        text, ink = "not\nmeasured", GREY
    else:
        text = texts.mib_cell(mean)
        ink = "white" if norm(texts.to_mib(mean)) < DARK_BELOW else "#111111"
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 2} if cell.failed else None
    axes.text(*at, text, ha="center", va="center", color=ink, fontsize=10, fontweight="bold", bbox=backing)


def _description(found: Grid) -> str:
    cells = [
        f"batch {cell.batch}, page {cell.page}: "
        + (f"{len(cell.failed)} failed" if cell.failed else texts.mib_cell(cell.mean_peak_bytes) + " MiB")
        for cell in found.cells
    ]
    return f"Mean unreclaimable peak by batch and page size with {texts.count(found.users, 'user')}. " + "; ".join(
        cells
    )
