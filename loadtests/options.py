"""What the harness's command lines may be given: each option's name, form and words, for every command alike."""

from pathlib import Path
from typing import Annotated

import typer

BYTES_PER_MIB = 1024 * 1024
DEFAULT_SEED = 20261123
# The smallest base that a standard can be filled up to: the interpreter itself takes 6 MiB.
SMALLEST_BASE_MIB = 8

Json = Annotated[bool, typer.Option("--json", help="Print the result for machines on standard output.")]
PlanName = Annotated[str, typer.Option("--plan", help="Name of a plan (quick, standard, full) or a TOML file.")]
TargetName = Annotated[str, typer.Option("--target", help="Name of a target or a TOML file.")]
Limit = Annotated[int, typer.Option("--limit-mib", min=1, max=1_000_000, help="Memory limit of every trial.")]
Reserve = Annotated[
    int | None, typer.Option("--reserve-mib", min=0, help="Left free by a safe setting (default: 10 % of the limit).")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", help="Serve this PGN file (.pgn or .pgn.zst) as every account.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run (default: reports/out/TIME-PLAN).")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the games and of the order of trials.")]
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
