"""What each optimisation saves an import, beside what was claimed for it, for every target measured."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports import texts
from reports.ablation import Ablation, Step
from reports.plots.canvas import BLUE, GREY, ORANGE, PALE, Plot, drawn, label

_COLOURS = (BLUE, ORANGE)
STEP_IN = 0.62


def ablation_plot(found: Sequence[Ablation]) -> Plot:
    """Draw one group of bars a step, one bar a target."""
    description = "Memory an import saves by each optimisation. " + "; ".join(
        f"{one.target}: " + ", ".join(f"{name(step)} {texts.mib(step.saves_bytes.value)}" for step in one.steps)
        for one in found
    )
    height_in = 1.2 + STEP_IN * max(len(one.steps) for one in found)
    return drawn("ablation", height_in, description, lambda figure: _draw(figure, found))


def name(step: Step) -> str:
    """Name a step by what it changes."""
    if len(step.knobs) > 1:
        return "all together"
    return f"{texts.short_name(step.knobs[0])} {step.before[0]} to {step.after[0]}"


def _draw(figure: Figure, found: Sequence[Ablation]) -> None:
    axes = figure.subplots()
    names = list(dict.fromkeys(name(step) for one in found for step in one.steps))
    height = 0.8 / len(found)
    for number, one in enumerate(found):
        for step in one.steps:
            place = names.index(name(step)) + (number - (len(found) - 1) / 2) * height
            _bar(figure, place, step, (_COLOURS[number % len(_COLOURS)], height))
        axes.barh(0, 0, color=_COLOURS[number % len(_COLOURS)], label=one.target)
    for place, label_ in enumerate(names):
        step = next(step for one in found for step in one.steps if name(step) == label_)
        if step.claimed_mb is not None:
            low, high = step.claimed_mb
            axes.plot([low, high], [place, place], "|-", color=GREY, markersize=16, linewidth=1.2)
    axes.plot([], [], "|", color=GREY, markersize=10, label="claimed (MB)")
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("saved an import (MiB), with its 95 % interval")
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.margins(x=0.12)
    figure.legend(loc="outside upper right", ncols=3, handlelength=1.0)


def _bar(figure: Figure, place: float, step: Step, look: tuple[str, float]) -> None:
    axes, (colour, height) = figure.axes[0], look
    saves = step.saves_bytes
    low, value, high = (texts.to_mib(size_bytes) for size_bytes in (saves.low, saves.value, saves.high))
    axes.barh(place, value, color=colour, height=height * 0.9, edgecolor=PALE)
    axes.plot([low, high], [place, place], color="#222222", linewidth=1.0)
    label(axes, (max(high, 0.0), place), texts.figure(value), xytext=(5, 0))
