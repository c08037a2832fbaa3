"""Runs a plan: prepares accounts once, then trial after trial into the records file, whatever each one's ending.

A trial that fails is a result and never ends the sweep; an interrupted sweep keeps every record it has finished.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loadtests.bench import Wanted, append, bench, folders
from loadtests.plan import Plan, PlannedTrial, expand
from loadtests.record import Run, Trial
from loadtests.settings import Settings
from loadtests.target import Target
from loadtests.trial import Bench, run_trial


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
        folders(order.out) as work,
        bench(_wanted(order, trials), work) as shared,
        (order.out / "records.jsonl").open("x", encoding="utf-8") as records,
    ):
        append(records, _header(order, shared, len(trials)))
        tell(Progress(None, 0, trials))
        for position, planned in enumerate(trials):
            trial = run_trial(planned, position, shared)
            append(records, trial)
            endings[trial.ending.value] += 1
            tell(Progress(trial, position + 1, trials))
    return Outcome(order.out / "records.jsonl", len(trials), endings)


def _wanted(order: Order, trials: tuple[PlannedTrial, ...]) -> Wanted:
    return Wanted(
        run_id=order.out.name,
        seed=order.seed,
        target=order.target,
        settings=order.settings,
        environment=order.environment,
        limit_bytes=order.limit_bytes,
        users=max(trial.users for trial in trials),
        games_per_user=order.plan.games_per_user,
        stored_games_per_user=order.plan.stored_games_per_user,
        upstream_profiles=frozenset(trial.upstream_profile for trial in trials),
        replay=order.replay,
    )


def _header(order: Order, shared: Bench, planned: int) -> Run:
    return Run(
        run_id=shared.run_id,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=order.command,
        plan=order.plan_name,
        seed=order.seed,
        trials_planned=planned,
        limit_bytes=order.limit_bytes,
        reserve_bytes=order.reserve_bytes,
        host=shared.host,
    )
