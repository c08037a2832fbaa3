"""Memory over time: the parts of one trial under its phases, its place under the limit, and one trial of each level."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import texts
from reports.findings import Findings, representative
from reports.line import others_wait
from reports.observation import Observation, Outcome
from reports.plots.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, Plot, drawn, label

HEIGHT_IN: Final = 5.6
# From dark to light with the users, so that the order of the lines can be seen without their labels.
LEVEL_COLORS: Final = ("#A6CBE3", "#6BA9D0", BLUE, "#00558A", "#003355")
# A choice: a part that never reaches this share of the peak is a line one cannot see; it is named instead.
VISIBLE_RATIO: Final = 0.004
# Of the axis: what the names of two phases need side by side.
PHASE_NAME_RATIO: Final = 0.3


def timeline_plot(findings: Findings) -> Plot | None:
    """Draw the plot; None when no trial of the question was sampled."""
    shown = _shown(findings)
    if not shown:
        return None
    headline = next((seen for users, seen in shown if users == findings.capacity.headline.users), shown[-1][1])
    return drawn(
        "timeline",
        HEIGHT_IN if len(shown) > 1 else 0.6 * HEIGHT_IN,
        _description(headline),
        lambda figure: _draw(figure, findings, headline, shown),
    )


def _shown(findings: Findings) -> list[tuple[int, Observation]]:
    """One trial for each level, in the pooled upstream mode where there is one."""
    paced = {other.seen.trial_id for other in findings.capacity.other_pace}
    chosen = []
    for level in findings.capacity.levels:
        plain = [seen for seen in level.trials if seen.trial_id not in paced and not others_wait(seen)]
        chosen.append((level.users, representative(level.having(Outcome.FAILED) or plain or level.trials)))
    return [(users, seen) for users, seen in chosen if seen is not None]


def _draw(figure: Figure, findings: Findings, headline: Observation, shown: list[tuple[int, Observation]]) -> None:
    limit = texts.to_mib(findings.evidence.run.limit_bytes)
    allowed = limit - texts.to_mib(findings.evidence.run.reserve_bytes)
    rows = 2 if len(shown) > 1 else 1
    grid = figure.add_gridspec(rows, 2, width_ratios=(9, 1), height_ratios=(1.15, 1)[:rows])
    parts, scale = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    _parts(parts, headline, limit)
    _scale(scale, headline, limit, allowed)
    if rows > 1:
        _levels(figure.add_subplot(grid[1, 0]), shown, limit)
        parts.set_xlabel("")


def _parts(axes: Axes, seen: Observation, limit: float) -> None:
    """Stack the parts of one trial's unreclaimable memory."""
    line = seen.timeline
    columns = (
        ("anonymous", line.anon_bytes, SKY),
        ("kernel", line.kernel_bytes, ORANGE),
        ("sockets", line.socket_bytes, GREEN),
        ("shared", line.shmem_bytes, PURPLE),
    )
    axes.set_xlim(0, 1.02 * float(line.at_s[-1]))
    below = np.zeros_like(line.at_s)
    peak = texts.to_mib(seen.peak_bytes or 0.0)
    for name, column, color in columns:
        above = below + column / texts.MIB_BYTES
        if column.max(initial=0.0) / texts.MIB_BYTES > VISIBLE_RATIO * peak:
            axes.fill_between(line.at_s, below, above, color=color, alpha=0.85, linewidth=0, label=name)
        below = above
    axes.plot(line.at_s, below, color="#222222", linewidth=1.0)
    axes.set_ylim(0, 1.28 * peak)
    axes.set_ylabel(f"{seen.trial.users} imports, trial {seen.trial_id}\nunreclaimable (MiB)")
    axes.set_xlabel("seconds since the trial began")
    _phases(axes, seen)
    _peak_mark(axes, seen, peak)
    if limit < 1.28 * peak:
        axes.axhline(limit, color=VERMILLION, linewidth=1.6)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, handlelength=1.0)


def _peak_mark(axes: Axes, seen: Observation, peak: float) -> None:
    if seen.outcome is not Outcome.FAILED:
        label(axes, (seen.peak_at_s or 0.0, peak), f"peak {texts.figure(peak)}", ha="center", xytext=(0, 8))
        axes.plot([seen.peak_at_s or 0.0], [peak], "o", color="#222222", markersize=3.5)
        return
    at_s = seen.peak_at_s or 0.0  # what is read after a kill is what the kernel has not yet given back
    axes.plot([at_s], [peak], "X", color=VERMILLION, markersize=9, clip_on=False)
    what = seen.trial.ending.value.replace("_", " ")
    late = at_s > 0.3 * float(seen.timeline.at_s[-1])
    beside = {"ha": "right" if late else "left", "xytext": (-10 if late else 10, 0), "fontweight": "bold"}
    label(axes, (at_s, 0.8 * peak), what, VERMILLION, **beside)


def _phases(axes: Axes, seen: Observation) -> None:
    phases = seen.trial.phases
    end_s = phases.load_ended_s if seen.outcome is not Outcome.FAILED else None  # a failure marks its own end
    begins = (("ready", phases.ready_s), ("load begins", phases.load_started_s), ("load ends", end_s))
    x_range = float(np.ptp(axes.get_xlim()))
    before_s = None
    for name, at_s in begins:
        if at_s is not None:
            # A name has its quiet side on the left, but for the load's beginning, which has the idle time there; a
            # phase too short for the name of its end gives that name a line of its own.
            right = name == "load begins"
            lower = before_s is not None and at_s - before_s < PHASE_NAME_RATIO * x_range and not right
            axes.axvline(at_s, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
            spot = (at_s, axes.get_ylim()[1] * (0.9 if lower else 0.97))
            label(axes, spot, name, GREY, fontsize=8, ha="left" if right else "right", xytext=(3 if right else -3, 0))
            before_s = at_s


def _scale(axes: Axes, seen: Observation, limit: float, allowed: float) -> None:
    """Show the same peak on the whole way to the limit, where nothing is magnified."""
    peak = texts.to_mib(seen.peak_bytes or 0.0)
    axes.bar([0], [limit], width=0.8, color="#F2F2F2", linewidth=0)
    axes.bar([0], [limit - allowed], bottom=[allowed], width=0.8, color=VERMILLION, alpha=0.15, linewidth=0)
    axes.bar([0], [peak], width=0.8, color=SKY, linewidth=0)
    axes.axhline(limit, color=VERMILLION, linewidth=1.6)
    axes.set_xlim(-0.5, 0.5)
    axes.set_ylim(0, limit * 1.06)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.yaxis.tick_right()
    axes.set_yticks(_apart([0.0, limit, peak, allowed], 0.06 * limit))
    axes.set_yticklabels([texts.figure(value) if value else "0" for value in axes.get_yticks()])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("to scale", fontsize=8, color=GREY)


def _apart(wanted: list[float], distance: float) -> list[float]:
    """Keep what is far enough from what was wanted before it."""
    kept: list[float] = []
    for value in wanted:
        if all(abs(value - other) >= distance for other in kept):
            kept.append(value)
    return kept


def _levels(axes: Axes, shown: list[tuple[int, Observation]], limit: float) -> None:
    """Draw the total of one trial for each level, magnified to where they differ."""
    ends: list[tuple[float, float, int]] = []
    for position, (users, seen) in enumerate(shown):
        color = LEVEL_COLORS[min(position, len(LEVEL_COLORS) - 1)]
        total = seen.timeline.total_bytes / texts.MIB_BYTES
        axes.plot(seen.timeline.at_s, total, color=color, linewidth=1.3)
        if seen.outcome is Outcome.FAILED:
            axes.plot([seen.peak_at_s or 0.0], [total.max()], "X", color=VERMILLION, markersize=8, zorder=4)
        at = int(total.argmax())
        ends.append((float(seen.timeline.at_s[at]), float(total[at]), users))
    axes.set_xlim(0, 1.02 * max(float(seen.timeline.at_s[-1]) for _, seen in shown))
    low = min(texts.to_mib(seen.base_bytes) if seen.base_bytes is not None else 0.0 for _, seen in shown)
    high = max(peak for _, peak, _ in ends)
    axes.set_ylim(max(0.0, low - 0.15 * (high - low)), high + 0.2 * (high - low))
    axes.set_xlabel("seconds since the trial began")
    axes.set_ylabel("one trial of each level\nunreclaimable (MiB)")
    _name_levels(axes, ends, limit)
    if limit < axes.get_ylim()[1]:
        axes.axhline(limit, color=VERMILLION, linewidth=1.6)


def _name_levels(axes: Axes, ends: list[tuple[float, float, int]], limit: float) -> None:
    """Write at each line's peak what it is; lines that end at one point share a name, below the limit."""
    x_range, y_range = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    groups: list[list[tuple[float, float, int]]] = []
    for end in ends:
        first = groups[-1][0] if groups else None
        if first and abs(first[0] - end[0]) < 0.1 * x_range and abs(first[1] - end[1]) < 0.06 * y_range:
            groups[-1].append(end)
        else:
            groups.append([end])
    for group in groups:
        names = texts.listed([str(users) for _, _, users in group])
        at_s, peak, _ = group[-1]
        late = at_s > 0.7 * x_range
        below = peak > limit - 0.12 * y_range
        name = f"{names} import{'' if names == '1' else 's'}"
        label(
            axes,
            (at_s, peak),
            name,
            xytext=(-8 if late else 8 if below else 3, -9 if below else 6),
            ha="right" if late else "left",
        )


def _description(seen: Observation) -> str:
    return (
        f"Unreclaimable memory over time in trial {seen.trial_id} with {texts.count(seen.trial.users, 'user')}, split "
        f"into anonymous, kernel, socket and shared memory; peak {texts.mib(seen.peak_bytes or 0.0)}, ended "
        f"{seen.trial.ending.value}."
    )
