"""Titles and captions of the pictures: what to see in each, and in which upstream mode it was measured. Pure."""

from dataclasses import dataclass

from reports import texts
from reports.findings import Findings


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands under one picture."""

    title: str
    text: str


def captions(findings: Findings) -> dict[str, Caption]:
    """Return the captions of every picture, by the picture's name."""
    mode = f"Upstream: {texts.upstream_mode(findings.capacity.mode)}."
    return {
        "capacity": Caption("Peak against imports at once", f"{_capacity(findings)} {mode}"),
        "timeline": Caption(
            "Memory over time",
            "Above: one trial split into its unreclaimable parts; the bar beside it shows the same peak to scale, from "
            "nothing to the limit, with the reserve as a pale band. Below: one trial of each number of imports, "
            f"magnified to where they differ, so its axis does not begin at 0. {mode}",
        ),
        "throughput": Caption(
            "Throughput against imports at once",
            "Games stored in a second by all imports together, from the first request to the last import done; every "
            f"dot is a trial, the line joins the means. Blue: {texts.upstream_mode(findings.capacity.mode)}. "
            "Green, where there is any: another upstream mode, with the most that its pace allows.",
        ),
        "grid": Caption("Peak by batch and page size", f"{_grid(findings)} {mode}"),
        "profiles": Caption(
            "Named profiles under the same demand",
            "Left: the peak of every trial. Right: one trial of each profile, a bar for each user, with the wait in "
            "the queue apart from the import itself. Running without a game means that an import holds a slot while "
            f"it reads known ids or waits for a connection. {mode}",
        ),
        "tiers": Caption(
            "Cost by hosting tier",
            "What the load assumed above costs a month on every tier that suffices. Safety is judged on the bound of "
            f"the peak, cost on what is used on average. {mode}",
        ),
    }


def _capacity(findings: Findings) -> str:
    line = findings.capacity.line
    text = "Every dot is a trial; trials of one level stand beside one another."
    if line is not None and line.has_slope:
        text += " The grey curve is the upper tolerance bound: 95 % of trials lie below it, with 95 % confidence."
        text += " A short bar is the same bound where other users wait." if line.tells_waiting else ""
        text += " Dotted: beyond the fitted data."
    limit = texts.mib_chosen(findings.evidence.run.limit_bytes)
    return f"{text} Where nothing lies between the data and the limit of {limit}, the axis is broken."


def _grid(findings: Findings) -> str:
    found = findings.grid
    if found is None:
        return ""
    spread = (
        ""
        if found.spread_bytes is None
        else f" Trials of one cell differ by {texts.mib(found.spread_bytes)} (one spread)."
    )
    return (
        f"Mean unreclaimable peak in MiB with {texts.count(found.users, 'user')}; the frame marks the setting of the "
        f"verdict. The colours span only what lies between the lowest and the highest cell.{spread}"
    )
