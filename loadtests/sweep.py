"""Runs a plan: prepares accounts once, then trial after trial into the records file, whatever each one's ending.

A trial that fails is a result and never ends the sweep; an interrupted sweep keeps every record it has finished, and
goes on where it was.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loadtests import checkpoint
from loadtests.bench import Wanted, append, folders, resolved, workshop
from loadtests.checkpoint import NOTHING, Checkpoint, Finished
from loadtests.errors import NothingMeasured
from loadtests.plan import Plan, PlannedTrial, expand
from loadtests.record import Ending, Host, Run, Trial
from loadtests.settings import Settings
from loadtests.target import Target
from loadtests.trial import run_trial


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a sweep needs to know before it starts."""

    plan_name: str
    plan_file: str  # as it was named
    plan: Plan
    profiles: Mapping[str, Mapping[str, str]]
    target_file: str
    target: Target
    seed: int
    limit_bytes: int
    reserve_bytes: int
    replay: Path | None
    out: Path
    settings: Settings
    environment: Mapping[str, str]
    command: str
    resume: bool = False  # go on with the run in `out`

    def checkpoint(self) -> Checkpoint:
        """Return what must stay the same when the run goes on."""
        named = {name for series in self.plan.series for name in (series.profile, *series.profiles)}
        return Checkpoint(
            plan_file=self.plan_file,
            plan=self.plan,
            profiles={name: dict(values) for name, values in self.profiles.items() if name in named},
            target_file=self.target_file,
            target=self.target,
            seed=self.seed,
            limit_bytes=self.limit_bytes,
            reserve_bytes=self.reserve_bytes,
            replay=str(self.replay.resolve()) if self.replay else None,
            settings=self.settings,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sweep tells while it runs."""

    finished: Trial | None  # None before the first trial
    done: int
    trials: tuple[PlannedTrial, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep has left."""

    records: Path
    planned: int
    endings: Mapping[str, int]


def planned_trials(order: Order) -> tuple[PlannedTrial, ...]:
    """Return what the sweep will run, in order."""
    return expand(order.plan, order.profiles, order.seed)


def finished_before(order: Order) -> Finished:
    """Return what the run has finished already, where it goes on.

    Raises:
        UsageError: there is no such run, or it was told something else than this order.
    """
    if not order.resume:
        return NOTHING
    checkpoint.require_same(checkpoint.read(order.out), order.checkpoint())
    return checkpoint.finished(order.out)


def sweep(order: Order, tell: Callable[[Progress], None]) -> Outcome:
    """Run every trial of the plan that is not finished and return where the records lie.

    Raises:
        UsageError: the plan, target or output folder cannot be used, or the run to go on with was another.
        TargetUnusable: the target does not start.
        LimitUnavailable: the host cannot enforce the limit.
        UpstreamUnusable: the fake upstream did not start.
        NothingMeasured: not one trial could be trusted.
    """
    trials = planned_trials(order)
    before = finished_before(order)
    done = {trial.trial_id for trial in before.trials}
    endings = Counter(trial.ending for trial in before.trials)
    measured = [trial.ending for trial in before.trials if not trial.priming]
    with folders(order.out, again=order.resume) as work, workshop(work) as shop:
        host = shop.host(resolved(order.target.python))
        if before.run is not None:
            checkpoint.require_same_host(before.run.host, host)
        if order.resume:
            checkpoint.make_ready(order.out, before)
        shared = shop.bench(_wanted(order, trials))
        checkpoint.write(order.out, order.checkpoint())
        with (order.out / checkpoint.RECORDS).open("a", encoding="utf-8") as records:
            if before.run is None:
                append(records, _header(order, host, len(trials)))
            tell(Progress(None, len(done), trials, _note(before, len(trials))))
            for position, planned in enumerate(trials):
                if planned.trial_id in done:
                    continue
                trial = run_trial(planned, position, shared)
                append(records, trial)
                endings[trial.ending] += 1
                measured += [] if trial.priming else [trial.ending]
                done.add(trial.trial_id)
                tell(Progress(trial, len(done), trials))
    _require_measured(order, measured)
    return Outcome(
        order.out / checkpoint.RECORDS, len(trials), {ending.value: count for ending, count in endings.items()}
    )


def _require_measured(order: Order, endings: list[Ending]) -> None:
    void = (Ending.INVALID, Ending.GENERATOR_SATURATED)
    if all(ending in void for ending in endings):
        raise NothingMeasured(
            f"none of the {len(endings)} trials could be trusted: {', '.join(sorted(set(endings)))}. "
            f"Read their reasons in {order.out / checkpoint.RECORDS}."
        )


def _note(before: Finished, planned: int) -> str:
    if before.run is None:
        return ""
    torn = "; a last line that was cut off is dropped" if before.torn else ""
    return f"going on: {len(before.trials)} of {planned} trials were finished{torn}"


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
        target_file=order.target_file,
        try_settings=tuple(trial.setting for trial in trials),
    )


def _header(order: Order, host: Host, planned: int) -> Run:
    return Run(
        run_id=order.out.name,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=order.command,
        plan=order.plan_name,
        seed=order.seed,
        trials_planned=planned,
        limit_bytes=order.limit_bytes,
        reserve_bytes=order.reserve_bytes,
        host=host,
    )
