"""Lays findings out as tables of ready texts, for the page and the Markdown summary alike. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.record import Kernel, TruthCheck
from reports import texts
from reports.claims import Compared
from reports.findings import Findings
from reports.model import Level
from reports.observation import Observation, Outcome


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``mark`` says how to set it apart: safe, failed, void, unknown or nothing."""

    cells: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading cells; columns from ``numbers_from`` to before ``numbers_to`` hold figures."""

    name: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers_from: int
    numbers_to: int

    def is_number(self, column: int) -> bool:
        """Whether *column* holds figures, to be set flush right."""
        return self.numbers_from <= column < self.numbers_to


def levels(findings: Findings) -> Table:
    """Whether one to five imports at once are safe."""
    limit_bytes = findings.evidence.run.limit_bytes
    return Table(
        name="levels",
        caption="Is this many imports at once safe? Memory in MiB.",
        headings=(
            "at once",
            "safe?",
            "failed",
            "highest peak",
            "expected",
            "95/95 bound",
            "left",
            "counted bound",
            "why",
        ),
        rows=tuple(_level(level, limit_bytes) for level in findings.capacity.levels),
        numbers_from=2,
        numbers_to=8,
    )


def _level(level: Level, limit_bytes: int) -> Row:
    failed, passed = len(level.having(Outcome.FAILED)), len(level.having(Outcome.PASSED))
    left = None if level.bound_bytes is None else limit_bytes - level.bound_bytes
    beyond = "" if level.within_data or level.bound_bytes is None else "*"
    return Row(
        (
            str(level.users),
            level.state.value,
            f"{failed} of {failed + passed}",
            texts.mib_cell(level.highest_peak_bytes),
            texts.mib_cell(level.expected_bytes) + beyond,
            texts.mib_cell(level.bound_bytes) + beyond,
            texts.mib_cell(left) + beyond,
            texts.ABSENT if level.failure_bound_ratio is None else texts.percent(level.failure_bound_ratio),
            level.why.value,
        ),
        level.state.name.lower(),
    )


def queueing(findings: Findings) -> Table | None:
    """What users see who wait behind the running imports; None when the run has no such trial."""
    rows = tuple(_waits(seen) for seen in findings.queueing)
    if not rows:
        return None
    return Table(
        name="queueing",
        caption="More users than imports may run: the wait apart from the import itself. Times in s.",
        headings=(
            "trial",
            "users",
            "running at once",
            "waits in the queue",
            "shortest import",
            "longest import",
            "all done after",
            "ending",
        ),
        rows=rows,
        numbers_from=1,
        numbers_to=7,
    )


def _waits(seen: Observation) -> Row:
    # An import that ran at once has waited for microseconds, which is no wait.
    waits_s = sorted(row.queue_wait_s for row in seen.trial.imports if row.queue_wait_s and row.queue_position != 0)
    services_s = sorted(row.elapsed_s for row in seen.trial.imports if row.elapsed_s is not None)
    return Row(
        (
            seen.trial_id,
            str(seen.trial.users),
            str(seen.in_flight),
            ", ".join(texts.seconds_cell(wait_s) for wait_s in waits_s) or texts.ABSENT,
            texts.seconds_cell(services_s[0] if services_s else None),
            texts.seconds_cell(services_s[-1] if services_s else None),
            texts.seconds_cell(seen.wall_s),
            seen.trial.ending.value,
        ),
        _mark(seen),
    )


def claims(findings: Findings) -> Table:
    """Published figures beside the measured ones."""
    return Table(
        name="claims",
        caption="Source of the claims: the operator's published notes, about the operator's own server, which was not "
        "measured here. MB as claimed, MiB as measured on this run's target; a claim holds when this target shows it.",
        headings=("claim", "claimed", "measured", "95 % interval", "the claim", "trials"),
        rows=tuple(_claim(compared) for compared in findings.claims),
        numbers_from=1,
        numbers_to=4,
    )


def _claim(compared: Compared) -> Row:
    measured, claim = compared.measured, compared.claim
    interval = value = texts.ABSENT
    if measured is not None:
        low, value, high = (_measured(one, claim.unit) for one in (measured.low, measured.value, measured.high))
        interval = texts.ABSENT if claim.unit == "imports" else f"{low.partition(' ')[0]} to {high}"
    figures = " to ".join(texts.trimmed(figure) for figure in claim.claimed)
    says = "" if claim.says == "equals" else f"{claim.says} "
    return Row(
        (
            claim.text,
            f"{says}{figures} {claim.unit}" if claim.unit != "imports" else f"{says}{figures}",
            value,
            interval,
            compared.holds.value,
            texts.some_ids(compared.trial_ids, 3) or texts.ABSENT,
        )
    )


def _measured(value: float, unit: str) -> str:
    if unit == "imports":
        return f"{value:.0f}"
    return texts.mib(value) if unit == "MB" else f"{texts.figure(value)} s"


_TRIAL_HEADINGS = (
    "trial", "series", "ending", "users", "running", "base", "peak", "peak at", "own high-water", "kernel peak",
    "games/s", "all done", "longest wait", "late", "stored once", "setting", "upstream", "reason",
)  # fmt: skip


def trials(findings: Findings) -> Table:
    """Every trial of the records, priming ones included."""
    return Table(
        name="trials",
        caption="Every trial, in the order in which they ran. Memory in MiB, times in s, lateness in ms.",
        headings=_TRIAL_HEADINGS,
        rows=tuple(_trial(seen) for seen in (*findings.evidence.priming, *findings.evidence.trials)),
        numbers_from=3,
        numbers_to=14,
    )


def _trial(seen: Observation) -> Row:
    trial = seen.trial
    waits_s = [row.queue_wait_s for row in trial.imports if row.queue_wait_s is not None]
    return Row(
        (
            seen.trial_id,
            "priming, not counted" if trial.priming else ", ".join(trial.series),
            trial.ending.value,
            str(trial.users),
            str(seen.in_flight),
            texts.mib_cell(seen.base_bytes),
            texts.mib_cell(seen.peak_bytes),
            texts.seconds_cell(seen.peak_at_s),
            texts.mib_cell(trial.kernel.vm_hwm_bytes if trial.kernel else None),
            _kernel_peak(trial.kernel),
            texts.rate_cell(seen.games_per_s),
            texts.seconds_cell(seen.wall_s),
            texts.seconds_cell(max(waits_s, default=None)),
            texts.ms_cell(trial.harness.sampler_late_max_s),
            _truth(trial.truth),
            (f"{trial.profile}: " if trial.profile else "") + texts.setting(trial.setting),
            texts.upstream_mode(trial.upstream),
            trial.reason,
        ),
        "void" if trial.priming else _mark(seen),
    )


def _kernel_peak(kernel: Kernel | None) -> str:
    """Show the kernel's own peak, and that it means nothing once it has reached the limit."""
    if kernel is None or kernel.peak_bytes is None:
        return texts.ABSENT
    saturated = " saturated" if kernel.peak_bytes >= kernel.limit_bytes else ""
    return texts.mib_cell(kernel.peak_bytes) + saturated


def _truth(truth: TruthCheck | None) -> str:
    if truth is None:
        return "not compared"
    if truth.exactly_once():
        return f"all {truth.expected}"
    return f"{truth.missing} missing, {truth.unexpected} unexpected, {truth.doubled} doubled of {truth.expected}"


def _mark(seen: Observation) -> str:
    return {Outcome.PASSED: "", Outcome.FAILED: "failed", Outcome.VOID: "void"}[seen.outcome]


def facts(findings: Findings) -> Sequence[tuple[str, str]]:
    """Facts of the run and the machine, as pairs of a term and its value."""
    run = findings.evidence.run
    host = run.host
    return (
        ("run", f"{run.run_id}, started {run.started_at}"),
        ("command", run.command),
        ("plan", f"{run.plan}: {findings.evidence.recorded} of {texts.count(run.trials_planned, 'trial')} recorded"),
        ("seed", str(run.seed)),
        ("target", findings.capacity.anchor.target),
        ("upstream", texts.upstream_mode(findings.capacity.mode)),
        ("limit", f"{texts.mib_chosen(run.limit_bytes)}, of which {texts.mib_chosen(run.reserve_bytes)} reserve"),
        ("machine", f"{host.cpu_model}, {texts.count(host.cpu_count, 'core')}, {texts.mib(host.memory_bytes)}"),
        ("kernel", f"{host.kernel}, control groups {host.cgroup_version}"),
        ("Python", host.python),
        ("packages", f"digest {host.packages_digest}"),
        ("Locust", findings.capacity.anchor.harness.locust_version),
        ("revision", host.revision),
    )
