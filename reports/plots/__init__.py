"""Draws the pictures of a report; decides nothing and words nothing beyond what stands on an axis."""

from reports.findings import Findings
from reports.plots.canvas import Plot
from reports.plots.capacity import capacity_plot
from reports.plots.grid import grid_plot
from reports.plots.profiles import profiles_plot
from reports.plots.throughput import throughput_plot
from reports.plots.tiers import tiers_plot
from reports.plots.timeline import timeline_plot

__all__ = ["Plot", "draw"]


def draw(findings: Findings) -> dict[str, Plot]:
    """Draw every picture that the findings give material for, by name."""
    drawn = (
        capacity_plot(findings),
        timeline_plot(findings),
        throughput_plot(findings),
        grid_plot(findings),
        profiles_plot(findings),
        tiers_plot(findings),
    )
    return {plot.name: plot for plot in drawn if plot is not None}
