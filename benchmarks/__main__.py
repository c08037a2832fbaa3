"""The benchmarks' command line; the only place that prints and exits. Its exit code says nothing about the figures."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.figures import Figure
from benchmarks.page import line, page, where
from benchmarks.suite import Name, run
from loadtests.errors import LoadTestError

# A choice: the least that has a median and shows a reading that stands out.
REPEATS = 3


def main(
    only: Annotated[list[Name] | None, typer.Option(help="Which benchmarks; all when none is named.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Readings of each figure.")] = REPEATS,
    keep: Annotated[
        Path | None, typer.Option(help="Write KEEP.json and KEEP.md, as docs/figures.json and docs/figures.md are.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON on standard output.")] = False,  # noqa: FBT002
) -> None:
    """Measure speed and size of the fake Lichess and the importer on this machine (fifteen minutes).

    Example: python -m benchmarks --only stream --only start
    """

    def tell(found: Figure) -> None:
        typer.echo(line(found), err=as_json)

    names = only or list(Name)
    command = " ".join(["python -m benchmarks", *(f"--only {name}" for name in only or ()), f"--repeats {repeats}"])
    try:
        found = run(names, repeats, command, tell)
    except LoadTestError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    typer.echo(f"on {where(found.machine)}", err=as_json)
    if keep is not None:
        keep.with_suffix(".json").write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        keep.with_suffix(".md").write_text(page(found), encoding="utf-8")
    if as_json:
        typer.echo(found.model_dump_json())


if __name__ == "__main__":
    typer.run(main)
