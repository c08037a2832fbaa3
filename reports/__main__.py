"""Command line of the analyst: reads records, writes the report, needs no network."""

import gzip
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from reports.errors import RecordsUnusable, ReportError, UsageError
from reports.findings import find
from reports.html import markdown, page
from reports.machine import summary
from reports.plots import draw
from reports.sentences import shown_safe, verdict
from reports.trials import Evidence, load

EXAMPLE = "Example: python -m reports report reports/out/latest/records.jsonl --out reports/out/latest"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Say how many imports fit under a memory limit, from the records of a load test.",
    epilog=EXAMPLE,
)


@app.callback()
def program() -> None:
    """Keep `report` a command of its own, beside those that will join it."""


@app.command(epilog=EXAMPLE)
def report(
    records: Annotated[Path, typer.Argument(help="The records.jsonl of a run, or records.jsonl.gz.")],
    out: Annotated[Path, typer.Option(help="Folder to write report.html, summary.md and the pictures into.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines on standard output.")] = False,
) -> None:
    """Write the report of a run: one HTML file, a Markdown summary, and every plot as PNG."""
    findings = find(_read(records))
    plots = draw(findings)
    files = {
        "report.html": page(findings, plots).encode(),
        "summary.md": markdown(findings, plots).encode(),
        **{f"{plot.name}.png": plot.png for plot in plots.values()},
    }
    _write(out, files)
    people = sys.stderr if as_json else sys.stdout
    people.write(f"{verdict(findings)}\n{shown_safe(findings.capacity)}\n")
    people.write(f"wrote {', '.join(files)} to {out}\n")
    if as_json:
        sys.stdout.write(json.dumps(summary(findings), indent=2, allow_nan=False) + "\n")


def _read(records: Path) -> Evidence:
    unpacked = gzip.open if records.suffix == ".gz" else open
    try:
        with unpacked(records, "rt", encoding="utf-8") as lines:
            return load(lines)
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise RecordsUnusable(f"{records} is not text: {error}. Give the records.jsonl of a run.") from error
    except OSError as error:
        raise UsageError(f"cannot read {records}: {error.strerror}. Give the records.jsonl of a run.") from error


def _write(out: Path, files: dict[str, bytes]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}. Name another folder with --out.") from error


def main(arguments: list[str] | None = None) -> None:
    """Run a command, of the process's own arguments unless given others, and end with its exit code."""
    try:
        app(arguments)
    except ReportError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
