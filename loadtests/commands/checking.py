"""Commands that check: the host, the harness itself, a running importer; and the one that clears up."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from loadtests import cgroup, console, guard, inputs, options
from loadtests.calibrate import Calibrated, Calibration, calibrate
from loadtests.commands.surroundings import RUNS, folder, print_json, shown, surroundings
from loadtests.known import Weights
from loadtests.smoke import run_smoke

# One import, two, three and four at once: with ten accounts no check meets an account that another has imported.
SMOKE_USERS = 10


def doctor(*, as_json: options.Json = False) -> None:
    """Say what this host offers to enforce a memory limit, and what to do where it offers nothing."""
    steps = cgroup.diagnose()
    console.print_steps(steps)
    able = all(step.ok for step in steps)
    print_json(as_json, {"can_enforce": able, "steps": [asdict(step) for step in steps]})
    raise typer.Exit(0 if able else 13)


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
    print_json(as_json, {"passed": passed, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(0 if passed else 10)


def calibrate_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
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
    around = surroundings(context)
    order = Calibration(
        weights=Weights(base_mib, tuple(per_request_mib or (1, 10, 90, 140)), tuple(users or (1, 3, 5))),
        repeats=repeats,
        target=inputs.read_target("standard"),
        seed=seed,
        out=folder(out, "calibrate"),
        settings=around.settings(),
        environment=around.environment(),
        command=around.command(),
    )
    people = console.CalibrationConsole()
    calibrated = calibrate(order, people.tell)
    people.table(calibrated)
    typer.echo(f"records: {shown(calibrated.records)}", err=True)
    print_json(as_json, _calibrated(calibrated, order.command))
    raise typer.Exit(0 if calibrated.right() else 12)


def clean(
    *,
    in_folder: Annotated[
        list[Path] | None, typer.Option("--folder", help="Folder of a run kept elsewhere; may be repeated.")
    ] = None,
    after: Annotated[
        int | None, typer.Option(help="Wait for this process to end, and remove nothing but what it left.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Remove control groups and work folders whose run is gone; those of a living run are left alone."""
    if after is not None:
        guard.await_end(after)
    removed = list(cgroup.detect().clean(lambda group: after is None or cgroup.made_by(group.name, after)))
    for run in sorted({*(RUNS.glob("*") if after is None else ()), *(in_folder or ())}):
        for work in guard.stale_folders(run):
            shutil.rmtree(work)
            removed.append(str(work))
    typer.echo(f"removed {len(removed)}: {', '.join(removed) or 'nothing was left behind'}", err=True)
    print_json(as_json, {"removed": removed})


def _calibrated(calibrated: Calibrated, command: str) -> Mapping[str, Any]:
    return {
        "right": calibrated.right(),
        "trials": calibrated.trials,
        "right_endings": calibrated.right_endings,
        "elapsed_s": calibrated.elapsed_s,
        "command": command,
        "host": calibrated.host.model_dump(),
        "findings": [asdict(finding) for finding in calibrated.findings],
        "records": str(calibrated.records),
    }
