"""What a person sees of a run: the plan, a line for each trial with the time left, the doctor's findings.

Writes to standard error only, so that ``--json`` has standard output to itself.
"""

import time
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from loadtests import calibrate, estimate
from loadtests.cgroup import Step
from loadtests.findings import Finding
from loadtests.plan import PlannedTrial
from loadtests.record import Ending, Trial
from loadtests.smoke import SmokeCheck
from loadtests.sweep import Order, Progress, planned_trials

BYTES_PER_MIB = 1024 * 1024
# Shown in this order, under these short names, when a plan varies them.
SHORT = {"MAX_CONCURRENT_IMPORTS": "slots", "IMPORT_BATCH_SIZE": "batch", "EXISTING_GAMES_PAGE_SIZE": "page"}
# How figures end, and what people read instead.
UNITS = {"_bytes_per_s": "MiB/s", "_bytes": "MiB", "_s": "s"}
FINDING_COLUMNS = ("known answer", "figure", "known", "measured", "off by, of what is allowed", "")
TABLE_WIDTH = 150  # holds the longest words of every column
COLOURS = {Ending.COMPLETED: "green", Ending.INVALID: "yellow", Ending.GENERATOR_SATURATED: "yellow"}


class RunConsole:
    """Tells a person how a sweep goes."""

    def __init__(self, order: Order) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._order = order
        self._began_s = 0.0
        self._before = 0  # trials that were finished when it began

    def plan(self) -> None:
        """Say what will run and how long it is expected to take."""
        order, trials = self._order, planned_trials(self._order)
        expected_s = estimate.plan_s(trials, order.plan.games_per_user)
        counts = Counter(trial.series for trial in trials if not trial.priming)
        series = ", ".join(f"{count} {name}" for name, count in counts.items())
        source = f"replaying {order.replay.name}" if order.replay else f"seed {order.seed}"
        self._console.print(
            f"[bold]{order.plan_name}[/]: {order.plan.description}\n"
            f"{len(trials)} trials ({series}, 1 priming) of {escape(order.target.name)} under "
            f"{order.limit_bytes // BYTES_PER_MIB} MiB, {source}; expected {_minutes(expected_s)}"
        )

    def tell(self, progress: Progress) -> None:
        """Say how the last trial ended and how long the rest will take."""
        if progress.finished is None:
            self._began_s, self._before = time.monotonic(), progress.done
            if progress.note:
                self._console.print(escape(progress.note))
            return
        trial, count = progress.finished, len(progress.trials)
        elapsed_s = time.monotonic() - self._began_s
        now = progress.trials[self._before :]
        left_s = estimate.left_s(now, progress.done - self._before, elapsed_s, self._order.plan.games_per_user)
        colour = COLOURS.get(trial.ending, "red")
        reason = "" if trial.ending is Ending.COMPLETED else f"  {escape(trial.reason)}"
        self._console.print(
            f"[dim]{progress.done:>{len(str(count))}}/{count}[/] {_setting(trial):<44} "
            f"[{colour}]{trial.ending.value:<10}[/] {_peak(trial):>10}  [dim]{_minutes(left_s)} left[/]{reason}"
        )


class SearchConsole:
    """Tells a person how a search goes."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(self, trial: Trial) -> None:
        """Say what was tried and how it ended."""
        colour = COLOURS.get(trial.ending, "red")
        reason = "" if trial.ending is Ending.COMPLETED else f"  {escape(trial.reason)}"
        words = "priming" if trial.priming else trial.series[0]
        limit = f"{trial.limit_bytes / BYTES_PER_MIB:.1f} MiB"
        self._console.print(
            f"[dim]{trial.trial_id}[/] {words:<8} {trial.users:>4} users under {limit:<10} "
            f"[{colour}]{trial.ending.value:<10}[/] {_peak(trial):>10}{reason}"
        )


class CalibrationConsole:
    """Tells a person how a calibration goes, and what it found."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(self, step: calibrate.Step) -> None:
        """Say how one trial ended, and what went before."""
        known, trial = step.known, step.trial
        colour = "green" if trial.ending in known.endings else "red"
        reason = "" if trial.ending in known.endings else f"  {escape(trial.reason)}"
        self._console.print(
            f"[dim]{step.done:>3}/{step.planned}[/] {known.answer:<32} {known.users} users "
            f"[{colour}]{trial.ending.value:<10}[/] {_peak(trial):>10}{reason}"
        )

    def table(self, calibrated: calibrate.Calibrated) -> None:
        """Print every known figure beside the measured one."""
        table = Table(*(Column(name, no_wrap=True) for name in FINDING_COLUMNS), box=None)
        for found in calibrated.findings:
            words = calibration_words(found)
            table.add_row(*map(escape, words), "[green]right[/]" if found.right else "[red]WRONG[/]")
        Console(stderr=True, highlight=False, width=TABLE_WIDTH).print(table)
        wrong = sum(not found.right for found in calibrated.findings)
        self._console.print(
            f"[bold]{len(calibrated.findings) - wrong} of {len(calibrated.findings)} answers right[/], "
            f"{calibrated.right_endings} of {calibrated.trials} trials ended as they must"
        )


def calibration_words(found: Finding) -> tuple[str, str, str, str, str]:
    """Word one finding for people: answer, figure, known, measured, off by how much of what is allowed."""
    figure, _, side = found.quantity.partition(", ")
    suffix = next((ending for ending in UNITS if figure.endswith(ending)), "")
    unit = UNITS.get(suffix, "")
    known = f"{side} {_figure(found.known, unit)}".strip()
    name = figure.removesuffix(suffix).replace("_", " ")
    return found.answer, name, known, _figure(found.measured, unit), _off_by(found, unit)


def _figure(value: float | str | None, unit: str) -> str:
    if value is None or isinstance(value, str):
        return value or "not measured"
    return f"{value:.2f} s" if unit == "s" else f"{value / BYTES_PER_MIB:.2f} {unit}"


def _off_by(found: Finding, unit: str) -> str:
    if found.allowed is None or isinstance(found.known, str) or not isinstance(found.measured, float | int):
        return ""
    off = found.measured - found.known
    return f"{off / BYTES_PER_MIB:+.3f} of {_figure(found.allowed, unit)}, {off / found.known:+.2%}"


def print_steps(steps: tuple[Step, ...]) -> None:
    """Print the doctor's findings, with a remedy under each that failed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for step in steps:
        mark = "[green]ok  [/]" if step.ok else "[red]no  [/]"
        console.print(f"{mark} {escape(step.name)}: {escape(step.found)}")
        if not step.ok:
            console.print(f"     [bold]{escape(step.remedy)}[/]")


def print_smoke(checks: tuple[SmokeCheck, ...]) -> None:
    """Print the published checks as a table."""
    table = Table("check", "result", "seconds", "what was seen", box=None)
    for check in checks:
        result = "[green]passed[/]" if check.passed else "[red]failed[/]" if check.made else "[yellow]not made[/]"
        table.add_row(escape(check.name), result, f"{check.seconds:.1f}", escape(check.detail))
    Console(stderr=True, highlight=False).print(table)


def print_cost(trials: Sequence[PlannedTrial], cost: estimate.Cost) -> None:
    """Print the trials that would run, and what they will take."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for trial in trials:
        what = "priming" if trial.priming else trial.series
        setting = " ".join(f"{name}={value}" for name, value in trial.setting)
        console.print(f"{trial.trial_id} {what:<8} {trial.users} users {trial.upstream_profile} {escape(setting)}")
    console.print(
        f"[bold]{len(trials)} trials[/], expected {_minutes(cost.seconds)}; records {_size(cost.records_bytes)}, "
        f"and {_size(cost.scratch_bytes)} more on disk while it runs. Nothing was started."
    )


def describe(trial: PlannedTrial) -> dict[str, object]:
    """Return a planned trial as plain data for ``--json``."""
    return {
        "trial_id": trial.trial_id,
        "series": trial.series,
        "users": trial.users,
        "setting": dict(trial.setting),
        "upstream_profile": trial.upstream_profile,
        "priming": trial.priming,
    }


def _setting(trial: Trial) -> str:
    words = [f"{trial.users} users"]
    words += [f"{short} {trial.setting[name]}" for name, short in SHORT.items() if name in trial.setting]
    label = "priming" if trial.priming else trial.profile if "profile" in trial.series else trial.series[0]
    return f"{label}: " + " ".join(words)


def _peak(trial: Trial) -> str:
    readings = trial.samples.unreclaimable_bytes()
    return f"{max(readings) / BYTES_PER_MIB:.1f} MiB" if readings else "no reading"


def _size(size_bytes: float) -> str:
    return f"{size_bytes / BYTES_PER_MIB:.1f} MiB"


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"  # noqa: PLR2004 - a minute
