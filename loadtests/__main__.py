"""Command line of the harness: doctor, calibrate, run, sweep, smoke, clean; the only place that ends the process."""

import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import psutil
import typer

from loadtests import cgroup, console, inputs, options
from loadtests.calibrate import Calibrated, Calibration, calibrate
from loadtests.errors import LoadTestError, UsageError
from loadtests.known import Weights
from loadtests.plan import Plan, Series
from loadtests.safety import RESERVE_RATIO
from loadtests.settings import REPOSITORY, from_env
from loadtests.smoke import run_smoke
from loadtests.sweep import Order, Outcome, Progress, sweep

# One import, two, three and four at once: with ten accounts no check meets an account that another has imported.
SMOKE_USERS = 10
RUNS = REPOSITORY / "reports" / "out"
# What a target's processes start from; everything else of the caller's environment stays out of the measurement.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Example: python -m loadtests sweep --plan quick",
)


@app.command(epilog="Example: python -m loadtests doctor --json")
def doctor(*, as_json: options.Json = False) -> None:
    """Say what this host offers to enforce a memory limit, and what to do where it offers nothing."""
    steps = cgroup.diagnose()
    console.print_steps(steps)
    able = all(step.ok for step in steps)
    _print_json(as_json, {"can_enforce": able, "steps": [asdict(step) for step in steps]})
    raise typer.Exit(0 if able else 13)


@app.command("sweep", epilog="Example: python -m loadtests sweep --plan quick --limit-mib 256")
def sweep_command(  # noqa: PLR0913 - a command line's options are its parameters
    *,
    plan: options.PlanName = "standard",
    target: options.TargetName = "importer",
    limit_mib: options.Limit = 512,
    reserve_mib: options.Reserve = None,
    replay: options.Replay = None,
    out: options.Out = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Run a whole plan, each trial in a fresh process under a fresh memory limit, and record it."""
    name = Path(plan).stem
    _run(_order((name, inputs.read_plan(plan)), target, (limit_mib, reserve_mib), (replay, out), seed), as_json=as_json)


@app.command(
    "run", epilog="Example: python -m loadtests run --users 3 --profile recommended --set IMPORT_BATCH_SIZE=30"
)
def run_command(  # noqa: PLR0913 - a command line's options are its parameters
    *,
    users: Annotated[int, typer.Option(min=1, max=1000, help="Users who import at the same moment.")] = 3,
    games: Annotated[int, typer.Option(min=1, max=100_000, help="New games for each user.")] = 500,
    stored: Annotated[int, typer.Option(min=0, max=1_000_000, help="Games each user already has.")] = 10_000,
    profile: Annotated[
        str | None, typer.Option(help="Named profile to start from (default: recommended, none for a hold).")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for the target; may be repeated.")
    ] = None,
    upstream: Annotated[str, typer.Option(help="unlimited, lichess or documented.")] = "unlimited",
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
        "vary": {name: [value] for name, value in (_pair(words) for words in setting or [])},
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
    _run(_order(("run", plan), target, (limit_mib, reserve_mib), (replay, out), seed), as_json=as_json)


@app.command(epilog="Example: python -m loadtests smoke --url http://127.0.0.1:8000 --user player1 --user player2 ...")
def smoke(
    *,
    url: Annotated[str, typer.Option(help="Base URL of a running importer.")],
    user: Annotated[
        list[str] | None, typer.Option(help="Account to import; give four or more (default: player1 to player10).")
    ] = None,
    games: Annotated[int, typer.Option(min=1, max=100_000, help="Games for each import.")] = 100,
    timeout_s: Annotated[float, typer.Option(min=1, help="Longest time for each check.")] = 300.0,
    as_json: options.Json = False,
) -> None:
    """Run the four published checks against any importer already running, without a memory limit."""
    checks = run_smoke(url, user or [f"player{number}" for number in range(1, SMOKE_USERS + 1)], games, timeout_s)
    console.print_smoke(checks)
    passed = all(check.passed for check in checks)
    _print_json(as_json, {"passed": passed, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(0 if passed else 10)


@app.command("calibrate", epilog="Example: python -m loadtests calibrate --per-request-mib 25 --users 2 --users 4")
def calibrate_command(  # noqa: PLR0913 - a command line's options are its parameters
    *,
    base_mib: options.Base = 16,
    per_request_mib: options.PerRequest = None,
    users: options.Users = None,
    repeats: options.Repeats = 1,
    out: options.Out = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Weigh servers whose need is known, as a scale is checked against weights, and compare."""
    order = Calibration(
        weights=Weights(base_mib, tuple(per_request_mib or (1, 10, 90, 140)), tuple(users or (1, 3, 5))),
        repeats=repeats,
        target=inputs.read_target("standard"),
        seed=seed,
        out=_folder(out, "calibrate"),
        settings=from_env(os.environ),
        environment=_passed_on(),
        command=_command(),
    )
    people = console.CalibrationConsole()
    calibrated = calibrate(order, people.tell)
    people.table(calibrated)
    typer.echo(f"records: {_shown(calibrated.records)}", err=True)
    _print_json(as_json, _calibrated(calibrated))
    raise typer.Exit(0 if calibrated.right() else 12)


@app.command(epilog="Example: python -m loadtests clean")
def clean(*, as_json: options.Json = False) -> None:
    """Remove control groups and work folders whose run is gone; those of a living run are left alone."""
    removed = list(cgroup.detect().clean())
    for folder in sorted(RUNS.glob("*/work-*")):
        if not psutil.pid_exists(int(folder.name.partition("-")[2])):
            shutil.rmtree(folder)
            removed.append(str(folder))
    typer.echo(f"removed {len(removed)}: {', '.join(removed) or 'nothing was left behind'}", err=True)
    _print_json(as_json, {"removed": removed})


def main() -> None:
    """Run the command line; every foreseen error becomes one sentence and an exit code by its class."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app()
    except LoadTestError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Turn a request to end into the interrupt that unwinds every context manager."""
    raise KeyboardInterrupt


def _order(
    plan: tuple[str, Plan],
    target: str,
    limits_mib: tuple[int, int | None],
    files: tuple[Path | None, Path | None],
    seed: int,
) -> Order:
    limit_mib, reserve_mib = limits_mib
    replay, out = files
    if replay is not None and not replay.is_file():
        raise UsageError(f"--replay {replay} is not a file. Name a .pgn or .pgn.zst file.")
    limit_bytes = limit_mib * options.BYTES_PER_MIB
    reserve_bytes = round(limit_bytes * RESERVE_RATIO) if reserve_mib is None else reserve_mib * options.BYTES_PER_MIB
    name, described = plan
    return Order(
        plan_name=name,
        plan=described,
        profiles=inputs.read_profiles(),
        target=inputs.read_target(target),
        seed=seed,
        limit_bytes=limit_bytes,
        reserve_bytes=reserve_bytes,
        replay=replay,
        out=_folder(out, name),
        settings=from_env(os.environ),
        environment=_passed_on(),
        command=_command(),
    )


def _folder(out: Path | None, name: str) -> Path:
    return (out or RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}").resolve()


def _passed_on() -> dict[str, str]:
    return {key: os.environ[key] for key in PASSED_ON if key in os.environ}


def _command() -> str:
    return shlex.join(["python", "-m", "loadtests", *sys.argv[1:]])


def _run(order: Order, *, as_json: bool) -> None:
    people = console.RunConsole(order)
    people.plan()

    def tell(progress: Progress) -> None:
        if progress.finished is None:
            _point_latest_at(order.out)
        people.tell(progress)

    try:
        outcome = sweep(order, tell)
    except KeyboardInterrupt:
        typer.echo("interrupted: finished trials are kept; processes and control groups are gone", err=True)
        raise
    typer.echo(f"records: {_shown(outcome.records)}", err=True)
    _print_json(as_json, _outcome(outcome))


def _point_latest_at(out: Path) -> None:
    """Let ``reports/out/latest`` point to a run that has begun; runs kept elsewhere are named by whoever keeps them."""
    if out.parent != RUNS:
        return
    link = RUNS / "latest"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(out, RUNS))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"records": str(outcome.records), "trials": outcome.planned, "endings": dict(outcome.endings)}


def _calibrated(calibrated: Calibrated) -> Mapping[str, Any]:
    return {
        "right": calibrated.right(),
        "trials": calibrated.trials,
        "right_endings": calibrated.right_endings,
        "elapsed_s": calibrated.elapsed_s,
        "command": _command(),
        "host": calibrated.host.model_dump(),
        "findings": [asdict(finding) for finding in calibrated.findings],
        "records": str(calibrated.records),
    }


def _pair(words: str) -> tuple[str, str]:
    name, separator, value = words.partition("=")
    if not separator or not name:
        raise UsageError(f"--set {words!r} is not NAME=VALUE. Write for example --set IMPORT_BATCH_SIZE=30.")
    return name, value


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _print_json(wanted: bool, value: Mapping[str, Any]) -> None:  # noqa: FBT001 - private
    if wanted:
        typer.echo(json.dumps(value))


if __name__ == "__main__":
    main()
