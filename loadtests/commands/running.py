"""Commands that run trials as they are planned: a whole plan, new or resumed, or one setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from loadtests import checkpoint, console, estimate, inputs, options
from loadtests.checkpoint import Checkpoint
from loadtests.commands.surroundings import (
    Surroundings,
    folder,
    limits_bytes,
    pairs,
    point_latest_at,
    print_json,
    require_file,
    shown,
    surroundings,
)
from loadtests.errors import UsageError
from loadtests.plan import Plan, Series, varied
from loadtests.sweep import Order, Outcome, Progress, finished_before, planned_trials, sweep

Resume = Annotated[
    Path | None, typer.Option("--resume", help="Go on with the interrupted run in this folder, as it was ordered.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run, for how long, and how much it writes.")]


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line says of a sweep; None is not given."""

    plan: str | None
    target: str | None
    limit_mib: int | None
    reserve_mib: int | None
    replay: Path | None
    seed: int | None


def sweep_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    plan: options.PlanName = None,
    target: options.TargetNameOrNone = None,
    limit_mib: options.LimitOrNone = None,
    reserve_mib: options.Reserve = None,
    replay: options.Replay = None,
    out: options.Out = None,
    seed: options.SeedOrNone = None,
    resume: Resume = None,
    dry_run: DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Run a whole plan, each trial in a fresh process under a fresh memory limit, and record it."""
    if resume is not None and out is not None:
        raise UsageError(f"--out {out} and --resume {resume} exclude each other: a resumed run stays where it is.")
    given = _Given(plan, target, limit_mib, reserve_mib, replay, seed)
    if resume is None:
        order = _new(given, out, surroundings(context))
    else:
        order = _resumed(given, resume.resolve(), surroundings(context))
    if dry_run:
        _tell_cost(order, as_json=as_json)
    else:
        _run(order, as_json=as_json)


def run_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    users: Annotated[int, typer.Option(min=1, max=1000, help="Users who import at the same moment.")] = 3,
    games: options.Games = 500,
    stored: options.Stored = 10_000,
    profile: options.Profile = None,
    setting: options.Set = None,
    upstream: options.Upstream = "unlimited",
    target: options.TargetName = "importer",
    limit_mib: options.Limit = 512,
    reserve_mib: options.Reserve = None,
    replay: options.Replay = None,
    out: options.Out = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Run one setting once (after a priming trial) and record it."""
    series = {
        "name": "run",
        "users": [users],
        "profile": profile or ("recommended" if inputs.read_target(target).scenario == "import" else None),
        "vary": {name: [value] for name, value in pairs(setting).items()},
        "upstream_profile": upstream,
    }
    try:
        plan = Plan(
            description=f"one setting with {users} users",
            games_per_user=games,
            stored_games_per_user=stored,
            series=(Series.model_validate(series),),
        )
    except ValueError as error:
        raise UsageError(f"cannot run upstream {upstream!r}: use unlimited, lichess or documented.") from error
    given = _Given("run", target, limit_mib, reserve_mib, replay, seed)
    _run(_order(given, plan, folder(out, "run"), surroundings(context)), as_json=as_json)


def _new(given: _Given, out: Path | None, around: Surroundings) -> Order:
    name = given.plan or "standard"
    return _order(given, _planned(name, given.target), folder(out, Path(name).stem), around)


def _planned(plan: str, target: str | None) -> Plan:
    """Return the plan, which leaves it to the target what is swept where it does not say so itself."""
    return varied(inputs.read_plan(plan), inputs.read_target(target or "importer").varied())


def _resumed(given: _Given, run: Path, around: Surroundings) -> Order:
    """Return the order that the run was begun with, read anew; what is given anew must be the same."""
    before = checkpoint.read(run)
    told = _Given(
        plan=given.plan or before.plan_file,
        target=given.target or before.target_file,
        limit_mib=given.limit_mib,
        reserve_mib=given.reserve_mib,
        replay=given.replay or (Path(before.replay) if before.replay else None),
        seed=before.seed if given.seed is None else given.seed,
    )
    plan = before.plan if told.plan == "run" else _planned(told.plan or "", told.target)
    return _order(told, plan, run, around, before)


def _order(given: _Given, plan: Plan, out: Path, around: Surroundings, before: Checkpoint | None = None) -> Order:
    require_file(given.replay)
    plan_file, target_file = given.plan or "standard", given.target or "importer"
    limit_bytes, reserve_bytes = limits_bytes(given.limit_mib or options.DEFAULT_LIMIT_MIB, given.reserve_mib)
    if before is not None and given.limit_mib is None:
        limit_bytes = before.limit_bytes
    if before is not None and given.reserve_mib is None:
        reserve_bytes = before.reserve_bytes
    return Order(
        plan_name=Path(plan_file).stem,
        plan_file=inputs.again(plan_file),
        plan=plan,
        profiles=inputs.read_profiles(),
        target_file=inputs.again(target_file),
        target=inputs.read_target(target_file),
        seed=options.DEFAULT_SEED if given.seed is None else given.seed,
        limit_bytes=limit_bytes,
        reserve_bytes=reserve_bytes,
        replay=given.replay,
        out=out,
        settings=around.settings(),
        environment=around.environment(),
        command=around.command(),
        resume=before is not None,
    )


def _tell_cost(order: Order, *, as_json: bool) -> None:
    """Print the trials and what they will take; starts nothing and writes nothing."""
    done = {trial.trial_id for trial in finished_before(order).trials}
    trials = tuple(trial for trial in planned_trials(order) if trial.trial_id not in done)
    cost = estimate.cost(trials, order.plan.games_per_user, order.plan.stored_games_per_user)
    console.print_cost(trials, cost)
    print_json(
        as_json,
        {
            "trials": [console.describe(trial) for trial in trials],
            "expected_s": cost.seconds,
            "records_bytes": cost.records_bytes,
            "scratch_bytes": cost.scratch_bytes,
        },
    )


def _run(order: Order, *, as_json: bool) -> None:
    people = console.RunConsole(order)
    people.plan()

    def tell(progress: Progress) -> None:
        if progress.finished is None:
            point_latest_at(order.out)
        people.tell(progress)

    try:
        outcome = sweep(order, tell)
    except KeyboardInterrupt:
        typer.echo(
            "interrupted: finished trials are kept; processes and control groups are gone. "
            f"Go on with: python -m loadtests sweep --resume {shown(order.out)}",
            err=True,
        )
        raise
    typer.echo(f"records: {shown(outcome.records)}", err=True)
    print_json(as_json, _outcome(outcome))


def _outcome(outcome: Outcome) -> Mapping[str, Any]:
    return {"records": str(outcome.records), "trials": outcome.planned, "endings": dict(outcome.endings)}
