"""The named profiles under the same demand: peak, and for every user the wait apart from the work."""

from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtests.record import ImportRow
from reports import texts
from reports.findings import Findings, representative
from reports.observation import Observation, Outcome
from reports.plots.canvas import BLUE, GREY, ORANGE, PALE, VERMILLION, Plot, drawn, label

PROFILE_IN: Final = 0.72


def profiles_plot(findings: Findings) -> Plot | None:
    """Draw the plot; None when no named profile was run."""
    profiles = findings.profiles
    if not profiles:
        return None
    users = next(iter(profiles.values()))[0].trial.users
    description = f"Named profiles with {texts.count(users, 'user')}. " + "; ".join(
        f"{name}: {_peak_text(trials)}" for name, trials in profiles.items()
    )
    height = 1.0 + PROFILE_IN * len(profiles)
    return drawn("profiles", height, description, lambda figure: _draw(figure, profiles, findings))


def _draw(figure: Figure, profiles: dict[str, tuple[Observation, ...]], findings: Findings) -> None:
    peaks, times = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.6))
    limit = texts.to_mib(findings.evidence.run.limit_bytes)
    for place, trials in enumerate(profiles.values()):
        _peaks(peaks, trials, place, limit)
        shown = representative(trials)
        if shown is not None:
            _users(times, shown, place)
    peaks.set_yticks(range(len(profiles)), list(profiles))
    peaks.set_ylim(len(profiles) - 0.5, -0.5)
    peaks.set_xlabel("unreclaimable peak (MiB)")
    peaks.margins(x=0.2)
    times.set_xlabel("seconds from acceptance to done, one bar a user")
    times.set_xlim(left=0)
    for axes in (peaks, times):
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.tick_params(axis="y", length=0)
    handles, labels = times.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside upper right", ncols=3, handlelength=1.0)


def _peaks(axes: Axes, trials: tuple[Observation, ...], place: int, limit: float) -> None:
    passed = [texts.to_mib(s.peak_bytes) for s in trials if s.outcome is Outcome.PASSED and s.peak_bytes is not None]
    failed = [s for s in trials if s.outcome is Outcome.FAILED]
    axes.plot(passed, [place] * len(passed), "o", color=BLUE, markersize=6)
    if passed:
        label(axes, (max(passed), place), texts.figure(max(passed)), xytext=(7, 0))
    if failed:
        axes.plot([limit] * len(failed), [place] * len(failed), "X", color=VERMILLION, markersize=9)
        label(axes, (limit, place), f"{len(failed)} failed", VERMILLION, xytext=(-8, 0), ha="right")


def _users(axes: Axes, seen: Observation, place: int) -> None:
    """Draw a bar for each user: queued, then running without a game yet, then streaming."""
    rows = [row for row in seen.trial.imports if row.elapsed_s is not None]
    if not rows or seen.outcome is not Outcome.PASSED:
        label(
            axes,
            (0, place),
            f"trial {seen.trial_id}: {seen.trial.ending.value.replace('_', ' ')}",
            VERMILLION,
            xytext=(6, 0),
        )
        return
    step = 0.8 / len(rows)
    for number, row in enumerate(sorted(rows, key=_done_s)):
        y = place - 0.4 + (number + 0.5) * step
        wait_s, elapsed_s, first_s = row.queue_wait_s or 0.0, row.elapsed_s or 0.0, row.first_game_after_s or 0.0
        thick: dict[str, Any] = {"height": 0.8 * step}
        axes.barh(
            [y], [wait_s], color=PALE, hatch="////", edgecolor=GREY, linewidth=0, label="waiting in the queue", **thick
        )
        axes.barh([y], [first_s], left=[wait_s], color=ORANGE, linewidth=0, label="running, no game yet", **thick)
        axes.barh(
            [y], [elapsed_s - first_s], left=[wait_s + first_s], color=BLUE, linewidth=0, label="importing", **thick
        )


def _done_s(row: ImportRow) -> tuple[float, float]:
    return (row.queue_wait_s or 0.0, row.elapsed_s or 0.0)


def _peak_text(trials: tuple[Observation, ...]) -> str:
    shown = representative(trials)
    if shown is None or shown.peak_bytes is None:
        return texts.NOT_MEASURED
    return f"peak {texts.mib(shown.peak_bytes)}, {shown.trial.ending.value.replace('_', ' ')}"
