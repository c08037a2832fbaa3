"""Throughput against imports at once, with the upstream's ceiling where one binds."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import texts
from reports.findings import Findings
from reports.line import others_wait
from reports.observation import Observation, Outcome
from reports.plots.canvas import BLUE, GREEN, GREY, Plot, drawn, label

HEIGHT_IN: Final = 3.0


def throughput_plot(findings: Findings) -> Plot | None:
    """Draw the plot; None when no trial completed."""
    paced = {other.seen.trial_id for other in findings.capacity.other_pace}
    trials = [
        seen
        for level in findings.capacity.levels
        for seen in level.having(Outcome.PASSED)
        if seen.games_per_s is not None and not others_wait(seen)
    ]
    if not trials:
        return None
    pooled = [seen for seen in trials if seen.trial_id not in paced]
    other = [seen for seen in trials if seen.trial_id in paced]
    description = "Games stored per second against imports running at once: " + ", ".join(
        f"{users}: {texts.rate_cell(mean)}" for users, mean in _means(pooled)
    )
    return drawn("throughput", HEIGHT_IN, description, lambda figure: _draw(figure, findings, pooled, other))


def _draw(figure: Figure, findings: Findings, pooled: Sequence[Observation], other: Sequence[Observation]) -> None:
    axes = figure.subplots()
    _points(axes, pooled, "o", BLUE)
    _points(axes, other, "D", GREEN)
    means = _means(pooled)
    if means:
        axes.plot([users for users, _ in means], [mean for _, mean in means], color=BLUE, linewidth=1.2, zorder=2)
        users, mean = means[-1]
        label(axes, (users, mean), _short_mode(pooled[0]), BLUE, xytext=(10, 0))
    for seen in other[:1]:
        label(axes, (seen.in_flight, seen.games_per_s or 0.0), _short_mode(seen), GREEN, xytext=(0, 20), ha="center")
    last = len(findings.capacity.levels)
    for seen in [*pooled[:1], *other[:1]]:
        _ceiling(axes, seen, last)
    axes.set_xlim(0.5, last + 1.6)
    axes.set_ylim(bottom=0, top=1.15 * max(seen.games_per_s or 0.0 for seen in [*pooled, *other]))
    axes.set_xticks(range(1, last + 1))
    axes.set_xlabel("imports running at once")
    axes.set_ylabel("games stored per second")


def _points(axes: Axes, trials: Sequence[Observation], marker: str, color: str) -> None:
    axes.plot(
        [seen.in_flight for seen in trials],
        [seen.games_per_s or 0.0 for seen in trials],
        marker,
        color=color,
        markersize=5,
        alpha=0.8,
        linestyle="none",
        zorder=3,
    )


def _ceiling(axes: Axes, seen: Observation, last: int) -> None:
    """Draw what the upstream allows to so many streams, when it is paced."""
    pace = seen.trial.upstream.games_per_s
    if pace is not None:
        axes.plot(
            [0.5, last + 0.5], [0.5 * pace, (last + 0.5) * pace], color=GREY, linewidth=0.9, linestyle=(0, (4, 2))
        )
        label(axes, (last + 0.5, (last + 0.5) * pace), "upstream's ceiling", GREY, xytext=(4, 0))


def _means(trials: Sequence[Observation]) -> list[tuple[int, float]]:
    levels = sorted({seen.in_flight for seen in trials})
    rates = {users: [seen.games_per_s or 0.0 for seen in trials if seen.in_flight == users] for users in levels}
    return [(users, sum(values) / len(values)) for users, values in rates.items()]


def _short_mode(seen: Observation) -> str:
    mode = seen.trial.upstream
    if mode.games_per_s is None:
        return "upstream unpaced"
    return f"upstream at\n{texts.trimmed(mode.games_per_s)} games/s a stream"
