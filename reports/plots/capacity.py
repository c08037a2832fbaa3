"""Unreclaimable peak against imports at once: every trial, the line, its bound, and the limit far above or close by."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import texts
from reports.findings import Findings
from reports.line import Line, others_wait
from reports.model import Level
from reports.observation import Observation, Outcome
from reports.plots.canvas import BLUE, GREEN, GREY, PALE, VERMILLION, Plot, drawn, label

# A choice: when data fill less than this share of the way to the limit, an unbroken axis would flatten them.
BREAK_BELOW_RATIO: Final = 0.6
# Of a user: the widest a level's dots may spread, and the most between two of them, so that equal peaks stay countable.
LEVEL_WIDTH: Final = 0.5
DOT_STEP: Final = 0.1
HEIGHT_IN: Final = 4.2


def capacity_plot(findings: Findings) -> Plot | None:
    """Draw the plot; None when no trial of the question has a peak."""
    trials = [seen for level in findings.capacity.levels for seen in level.trials]
    if not any(seen.peak_bytes is not None or seen.outcome is Outcome.FAILED for seen in trials):
        return None
    return drawn("capacity", HEIGHT_IN, _description(findings), lambda figure: _draw(figure, findings, trials))


def _draw(figure: Figure, findings: Findings, trials: Sequence[Observation]) -> None:
    limit = texts.to_mib(findings.evidence.run.limit_bytes)
    allowed = limit - texts.to_mib(findings.evidence.run.reserve_bytes)
    low, high = _range(findings, trials)
    broken = high is not None and high < BREAK_BELOW_RATIO * allowed
    if broken and high is not None:
        top, axes = figure.subplots(2, 1, sharex=True, height_ratios=(1, 4))
        _break(top, axes)
        margin = 0.12 * (high - low) + 0.5
        axes.set_ylim(low - margin, high + margin)
        top.set_ylim(allowed - 0.35 * (limit - allowed), limit + 0.35 * (limit - allowed))
        top.set_yticks([])
        top.grid(visible=False)
    else:
        top = axes = figure.subplots()
        full = max(limit, high or 0.0)
        low = min(low, allowed)
        axes.set_ylim(max(0.0, low - 0.3 * (full - low)) if low > 0.5 * full else 0.0, full + 0.08 * (full - low))
    last = len(findings.capacity.levels)
    axes.set_xlim(0.5, last + 1.0)
    axes.set_xticks(range(1, last + 1))
    _limits(top, limit, allowed, at_x=last + 0.97)
    if findings.capacity.line is not None:
        _line(axes, findings.capacity.line, last)
        _waiting(axes, findings.capacity.line, findings.capacity.levels)
    _dots(axes, top, trials, findings)
    axes.set_xlabel("imports running at once")
    axes.set_ylabel("unreclaimable peak (MiB)")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper left" if broken else "lower right", handletextpad=0.3)


def _range(findings: Findings, trials: Sequence[Observation]) -> tuple[float, float | None]:
    """Lowest and highest figure that needs room, killed trials apart: they are drawn at the limit."""
    peaks = [seen.peak_bytes for seen in trials if seen.peak_bytes is not None and seen.outcome is Outcome.PASSED]
    bounds = [level.bound_bytes for level in findings.capacity.levels if level.within_data and level.bound_bytes]
    if not peaks:
        return 0.0, None
    expected = [
        level.expected_bytes for level in findings.capacity.levels if level.within_data and level.expected_bytes
    ]
    return texts.to_mib(min(peaks + expected)), texts.to_mib(max(peaks + bounds))


def _break(top: Axes, bottom: Axes) -> None:
    """Mark the piece of axis that is left out between the panels."""
    top.spines["bottom"].set_visible(False)
    top.tick_params(axis="x", length=0)
    marks: dict[str, Any] = {"marker": [(-1, -0.6), (1, 0.6)], "markersize": 7, "linestyle": "none", "color": GREY}
    top.plot([0], [0], transform=top.transAxes, clip_on=False, **marks)
    bottom.plot([0], [1], transform=bottom.transAxes, clip_on=False, **marks)


def _limits(axes: Axes, limit: float, allowed: float, at_x: float) -> None:
    axes.axhspan(allowed, limit, color=VERMILLION, alpha=0.08, linewidth=0)
    axes.axhline(limit, color=VERMILLION, linewidth=1.6)
    axes.axhline(allowed, color=VERMILLION, linewidth=0.9, linestyle=(0, (4, 2)))
    label(axes, (at_x, limit), f"limit {texts.trimmed(limit)} MiB", VERMILLION, xytext=(0, 6), ha="right")
    label(
        axes,
        (at_x, allowed),
        f"limit less reserve {texts.trimmed(allowed)} MiB",
        VERMILLION,
        xytext=(0, -6),
        ha="right",
    )


def _line(axes: Axes, line: Line, last: int) -> None:
    if not line.has_slope:
        return
    inside = np.linspace(line.lowest, line.highest, 60)
    beyond = np.linspace(line.highest, max(last, line.highest) + 0.6, 20)
    for at, style in ((inside, "-"), (beyond, ":")):
        axes.plot(at, [_at(line, x)[0] for x in at], style, color=BLUE, linewidth=1.4)
        axes.plot(at, [_at(line, x)[1] for x in at], style, color=GREY, linewidth=1.2)
    axes.axvspan(line.highest + 0.3, last + 1.0, color=PALE, alpha=0.35, linewidth=0)
    end = line.highest + 0.34
    axes.annotate(
        "beyond\nthe data", (end, 0.42), xycoords=("data", "axes fraction"), fontsize=8, color=GREY, va="center"
    )
    near_end = line.highest - 0.3
    mean, bound = _at(line, near_end)
    label(axes, (near_end, bound), "upper 95/95 bound", GREY, ha="right", xytext=(-2, 10))
    label(axes, (near_end, mean), "fitted line", BLUE, ha="left", xytext=(8, -9))


def _waiting(axes: Axes, line: Line, levels: Sequence[Level]) -> None:
    """Draw the bound where users wait as a short bar over the levels that were run so."""
    for level in levels:
        if level.within_data and line.tells_waiting and any(others_wait(seen) for seen in level.trials):
            bound = texts.to_mib(line.bound_bytes(level.users, others_wait=True) or 0.0)
            axes.hlines(bound, level.users - 0.3, level.users + 0.3, color=GREY, linewidth=1.2)


def _at(line: Line, users: float) -> tuple[float, float]:
    expected, bound = line.expected_bytes(users), line.bound_bytes(users)
    return texts.to_mib(expected or 0.0), texts.to_mib(bound or 0.0)


def _dots(axes: Axes, top: Axes, trials: Sequence[Observation], findings: Findings) -> None:
    paced = {other.seen.trial_id for other in findings.capacity.other_pace}
    limit = texts.to_mib(findings.evidence.run.limit_bytes)
    kinds: dict[str, dict[str, Any]] = {
        "trial": {"marker": "o", "color": BLUE, "markersize": 5},
        "trial with others queueing": {"marker": "o", "markerfacecolor": "white", "color": BLUE, "markersize": 5},
        "trial at another pace": {"marker": "D", "color": GREEN, "markersize": 5},
        "failed trial, drawn at the limit": {
            "marker": "X",
            "color": VERMILLION,
            "markersize": 9,
            "markeredgecolor": "white",
        },
    }
    points: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    told = [seen for seen in trials if seen.outcome is not Outcome.VOID]
    for seen, x in zip(told, _beside(told), strict=True):
        if seen.outcome is Outcome.FAILED:
            points["failed trial, drawn at the limit"].append((x, limit))
        elif seen.peak_bytes is not None:
            alone = "trial with others queueing" if others_wait(seen) else "trial"
            points["trial at another pace" if seen.trial_id in paced else alone].append(
                (x, texts.to_mib(seen.peak_bytes))
            )
    for kind, places in points.items():
        on = top if kind.startswith("failed") else axes
        if places:
            on.plot(*zip(*places, strict=True), linestyle="none", label=kind, zorder=3, clip_on=False, **kinds[kind])


def _beside(trials: Sequence[Observation]) -> list[float]:
    """Place trials of one level beside one another."""
    sizes = Counter(seen.in_flight for seen in trials)
    placed: Counter[int] = Counter()
    places = []
    for seen in trials:
        level = seen.in_flight
        step = min(DOT_STEP, LEVEL_WIDTH / sizes[level])
        places.append(level + step * (placed[level] - (sizes[level] - 1) / 2))
        placed[level] += 1
    return places


def _description(findings: Findings) -> str:
    levels = [
        f"{level.users}: {texts.mib(level.highest_peak_bytes)}"
        for level in findings.capacity.levels
        if level.highest_peak_bytes is not None
    ]
    limit = texts.mib_chosen(findings.evidence.run.limit_bytes)
    return (
        f"Unreclaimable peak of every trial against imports running at once, with the limit of {limit}. "
        f"Highest peaks: {', '.join(levels) or 'none, no trial completed'}."
    )
