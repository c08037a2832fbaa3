"""What the harness's command lines may be given: each option's name, form and words, for every command alike."""

from pathlib import Path
from typing import Annotated

import typer

BYTES_PER_MIB = 1024 * 1024
DEFAULT_SEED = 20261123
DEFAULT_LIMIT_MIB = 512  # the published service's
# The smallest base that a standard can be filled up to: the interpreter itself takes 6 MiB.
SMALLEST_BASE_MIB = 8

Json = Annotated[bool, typer.Option("--json", help="Print the result for machines on standard output.")]
# A command that may go on with a run tells what was given from what was left out: the run then says it itself.
PlanName = Annotated[
    str | None,
    typer.Option(
        "--plan", help="Name of a plan (quick, standard, full, own, open) or a TOML file (default: standard)."
    ),
]
TargetName = Annotated[str, typer.Option("--target", help="Name of a target or a TOML file.")]
TargetNameOrNone = Annotated[
    str | None, typer.Option("--target", help="Name of a target or a TOML file (default: importer).")
]
Limit = Annotated[int, typer.Option("--limit-mib", min=1, max=1_000_000, help="Memory limit of every trial.")]
LimitOrNone = Annotated[
    int | None,
    typer.Option(
        "--limit-mib", min=1, max=1_000_000, help=f"Memory limit of every trial (default: {DEFAULT_LIMIT_MIB})."
    ),
]
Reserve = Annotated[
    int | None, typer.Option("--reserve-mib", min=0, help="Left free by a safe setting (default: 10 % of the limit).")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", help="Serve this PGN file (.pgn or .pgn.zst) as every account.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run (default: reports/out/TIME-PLAN).")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the games and of the order of trials.")]
SeedOrNone = Annotated[
    int | None, typer.Option("--seed", help=f"Seed of the games and of the order of trials (default: {DEFAULT_SEED}).")
]
Games = Annotated[int, typer.Option("--games", min=1, max=100_000, help="New games for each user.")]
Stored = Annotated[int, typer.Option("--stored", min=0, max=1_000_000, help="Games each user already has.")]
Profile = Annotated[
    str | None,
    typer.Option("--profile", help="Named profile to start from (default: recommended, none for a hold)."),
]
Set = Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE for the target; may be repeated.")]
Upstream = Annotated[str, typer.Option("--upstream", help="unlimited, lichess or documented.")]
Base = Annotated[
    float, typer.Option("--base-mib", min=SMALLEST_BASE_MIB, max=100_000, help="Base of the exact standard.")
]
PerRequest = Annotated[
    list[float] | None,
    typer.Option("--per-request-mib", min=0.01, max=100_000, help="What each request holds; may be repeated."),
]
Users = Annotated[
    list[int] | None, typer.Option("--users", min=1, max=1000, help="Requests held at once; may be repeated.")
]
Repeats = Annotated[int, typer.Option("--repeats", min=1, max=1000, help="How often every known answer is measured.")]
