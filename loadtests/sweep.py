"""Runs a plan: prepares accounts once, then trial after trial into the records file, whatever each one's ending.

A trial that fails is a result and never ends the sweep; an interrupted sweep keeps every record it has finished.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from loadtests import cgroup
from loadtests.accounts import Accounts, Commands, prepare
from loadtests.environment import filesystem_type, host_facts
from loadtests.errors import UsageError
from loadtests.plan import Plan, PlannedTrial, expand
from loadtests.process import choose_cores
from loadtests.record import Run, Trial, to_line
from loadtests.settings import REPOSITORY, Settings
from loadtests.target import Target
from loadtests.trial import Bench, run_trial
from loadtests.upstream import UpstreamPlan, upstream

# Files of a trial on these are memory, and would be charged to the target as such.
MEMORY_FILESYSTEMS = ("tmpfs", "ramfs")
# The upstream that serves what accounts already hold: the same games as in every mode, without waiting.
PREPARING_PROFILE = "unlimited"


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a sweep needs to know before it starts."""

    plan_name: str
    plan: Plan
    profiles: Mapping[str, Mapping[str, str]]
    target: Target
    seed: int
    limit_bytes: int
    reserve_bytes: int
    replay: Path | None
    out: Path
    settings: Settings
    environment: Mapping[str, str]
    command: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sweep tells while it runs."""

    finished: Trial | None  # None before the first trial
    done: int
    trials: tuple[PlannedTrial, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep has left."""

    records: Path
    planned: int
    endings: Mapping[str, int]


def planned_trials(order: Order) -> tuple[PlannedTrial, ...]:
    """Return what the sweep will run, in order."""
    return expand(order.plan, order.profiles, order.seed)


def sweep(order: Order, tell: Callable[[Progress], None]) -> Outcome:
    """Run every trial of the plan and return where the records lie.

    Raises:
        UsageError: the plan, target or output folder cannot be used.
        LimitUnavailable: the host cannot enforce the limit.
        UpstreamUnusable: the fake upstream did not start.
    """
    trials = planned_trials(order)
    endings: Counter[str] = Counter()
    with (
        _folders(order.out) as work,
        _bench(order, trials, work) as bench,
        (order.out / "records.jsonl").open("x", encoding="utf-8") as records,
    ):
        _write(records, _header(order, bench, len(trials)))
        tell(Progress(None, 0, trials))
        for position, planned in enumerate(trials):
            trial = run_trial(planned, position, bench)
            _write(records, trial)
            endings[trial.ending.value] += 1
            tell(Progress(trial, position + 1, trials))
    return Outcome(order.out / "records.jsonl", len(trials), endings)


def _write(records: TextIO, record: Run | Trial) -> None:
    """Append one record and force it to disk: what is finished survives whatever comes next."""
    records.write(to_line(record))
    records.flush()
    os.fsync(records.fileno())


@contextmanager
def _folders(out: Path) -> Iterator[Path]:
    """Make the run's folder and a work folder that is gone afterwards."""
    if (out / "records.jsonl").exists():
        raise UsageError(f"{out} already holds a run. Name another folder with --out, or remove it.")
    work = out / f"work-{os.getpid()}"
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error}. Name another folder with --out.") from error
    try:
        kind = filesystem_type(work)
        if kind in MEMORY_FILESYSTEMS:
            raise UsageError(
                f"{out} lies on {kind}, whose files would count as the target's memory. Name a folder on disk."
            )
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _bench(order: Order, trials: tuple[PlannedTrial, ...], work: Path) -> Iterator[Bench]:
    """Start what all trials share: upstreams, accounts, host facts."""
    backend = cgroup.detect()
    cores = choose_cores()
    if cores.harness is not None:
        os.sched_setaffinity(0, cores.harness)
    python = str(_resolved(order.target.python))
    commands = _commands(order, python)
    users = tuple(f"player{number}" for number in range(1, max(trial.users for trial in trials) + 1))
    with ExitStack() as stack:
        upstreams = {
            profile: stack.enter_context(upstream(_upstream_plan(order, profile), work, cores.harness))
            for profile in sorted({PREPARING_PROFILE, *(trial.upstream_profile for trial in trials)})
        }
        template = work / "accounts"
        template.mkdir()
        wanted = Accounts(users, order.plan.games_per_user, order.plan.stored_games_per_user, template, {})
        yield Bench(
            run_id=order.out.name,
            seed=order.seed,
            target=order.target,
            python=python,
            commands=commands,
            settings=order.settings,
            environment=order.environment,
            backend=backend,
            host=host_facts(Path(python), backend.version, REPOSITORY),
            limit_bytes=order.limit_bytes,
            accounts=prepare(upstreams[PREPARING_PROFILE], commands, wanted, work),
            upstreams=upstreams,
            folder=work,
            target_cores=cores.target,
        )


def _commands(order: Order, python: str) -> Commands | None:
    if order.target.store is None:
        return None
    return Commands(order.target, order.target.store, python, order.environment)


def _upstream_plan(order: Order, profile: str) -> UpstreamPlan:
    games = order.plan.games_per_user + order.plan.stored_games_per_user
    return UpstreamPlan(profile, order.seed, games, order.replay)


def _resolved(python: str) -> Path:
    path = REPOSITORY / python
    if not path.exists():
        raise UsageError(
            f"the target's interpreter {path} does not exist. Run `make setup`, or correct the target file."
        )
    return path


def _header(order: Order, bench: Bench, planned: int) -> Run:
    return Run(
        run_id=bench.run_id,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=order.command,
        plan=order.plan_name,
        seed=order.seed,
        trials_planned=planned,
        limit_bytes=order.limit_bytes,
        reserve_bytes=order.reserve_bytes,
        host=bench.host,
    )
