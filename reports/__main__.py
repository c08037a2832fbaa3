"""Command line of the analyst: reads records, says what they show, needs no network."""

import json
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from reports.ablation import ablation
from reports.baseline import Baseline, accept, read_baseline
from reports.claims import Claim, read_claims
from reports.compare import compare
from reports.errors import ReportError, UsageError
from reports.explore import explore
from reports.files import append_text, open_records, read_records, read_text, write_files
from reports.findings import find
from reports.gate import Answer, Gate, gate, judge
from reports.html import ablation_page, comparison_page, markdown, page, tier_plan
from reports.junit import junit, step_summary
from reports.machine import comparison_summary, gate_summary, plan_summary, summary
from reports.plots import draw
from reports.plots.ablation import ablation_plot
from reports.rows import as_csv, trial_row
from reports.sentences import saved, shown_safe, verdict
from reports.service import GAMES_PER_S, STREAMS, Upstream
from reports.thresholds import Threshold, parse
from reports.tiers import Demand, Tier, read_tiers

EXAMPLE = "Example: python -m reports report reports/out/latest/records.jsonl --out reports/out/latest"
GATE_EXAMPLE = "Example: python -m reports gate reports/out/gate/records.jsonl"
GATE_FOLDER = Path("gate")  # beside the code it guards, committed with it
AS_JSON = typer.Option("--json", help="Print a summary for machines on standard output.")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Say what the records of load tests show.",
    epilog=EXAMPLE,
)


@app.command(epilog=EXAMPLE)
def report(
    records: Annotated[Path, typer.Argument(help="The records.jsonl of a run, or records.jsonl.gz.")],
    out: Annotated[Path, typer.Option(help="Folder to write report.html, summary.md and the pictures into.")],
    *,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Write the report of a run: HTML, Markdown, summary.json (its schema: `reports schema`), trials.csv, pictures."""
    found = read_records(records)
    findings = find(found, _tiers(None), _claims())
    plots = draw(findings)
    written = {
        "report.html": page(findings, plots).encode(),
        "summary.md": markdown(findings, plots).encode(),
        "summary.json": _json(summary(findings)).encode(),
        "trials.csv": as_csv([trial_row(seen) for seen in (*found.priming, *found.trials)]).encode(),
        **{f"{plot.name}.png": plot.png for plot in plots.values()},
    }
    write_files(out, written)
    people = sys.stderr if as_json else sys.stdout
    people.write(f"{verdict(findings)}\n{shown_safe(findings.capacity)}\n")
    people.write(f"wrote {', '.join(written)} to {out}\n")
    if as_json:
        sys.stdout.write(_json(summary(findings)))


@app.command(name="explore", epilog="Example: python -m reports explore reports/out/latest/records.jsonl --out run.db")
def explore_command(
    records: Annotated[Path, typer.Argument(help="The records of a run.")],
    out: Annotated[Path, typer.Option(help="SQLite database to write.")],
) -> None:
    """Put the records into a SQLite database, for sqlite-utils, Datasette or any client."""
    with open_records(records) as lines:
        counts = explore(lines, out)
    rows = ", ".join(f"{count} {name}" for name, count in counts.items())
    sys.stdout.write(f"wrote {out}: {rows}\nlook into it: sqlite-utils tables {out} --counts, or datasette {out}\n")


@app.command(name="schema", epilog="Example: python -m reports schema > summary.schema.json")
def schema_command() -> None:
    """Print the JSON Schema of summary.json."""
    sys.stdout.write(files("reports").joinpath("summary.schema.json").read_text(encoding="utf-8"))


@app.command(
    name="ablation",
    epilog="Example: python -m reports ablation importer/records.jsonl textbook/records.jsonl --out docs/optimisations",
)
def ablation_command(
    records: Annotated[list[Path], typer.Argument(help="The records of the plan `ablation`, a file for each target.")],
    out: Annotated[Path, typer.Option(help="Folder to write ablation.md and ablation.png into.")],
) -> None:
    """Say what each published optimisation saves an import, alone and together, beside what was claimed."""
    found = [ablation(read_records(path)) for path in records]
    page_ = ablation_page(found)
    write_files(out, {"ablation.md": page_.encode(), "ablation.png": ablation_plot(found).png})
    told = "".join(f"{saved(one)}\n" for one in found)
    sys.stdout.write(f"{told}wrote ablation.md, ablation.png to {out}\n")


@app.command(name="compare", epilog="Example: python -m reports compare before/records.jsonl after/records.jsonl")
def compare_command(
    first: Annotated[Path, typer.Argument(help="The records of a run.")],
    second: Annotated[Path, typer.Argument(help="The records of another, on the same machine.")],
    *,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Set two runs beside each other: every shared setting's figures, their difference and its interval."""
    found = compare(read_records(first), read_records(second))
    (sys.stderr if as_json else sys.stdout).write(comparison_page(found))
    if as_json:
        sys.stdout.write(_json(comparison_summary(found)))


@app.command(
    name="tiers", epilog="Example: python -m reports tiers reports/out/latest/records.jsonl --imports-per-month 20000"
)
def tiers_command(  # noqa: PLR0913 - the options of a command line, each named
    records: Annotated[Path, typer.Argument(help="The records of a run.")],
    *,
    imports_per_month: Annotated[float, typer.Option(min=1, help="Imports asked for.")] = 100_000,
    busiest_hour: Annotated[float, typer.Option(min=0.001, max=1, help="Share of a day's imports in one hour.")] = 0.1,
    wait_s: Annotated[float, typer.Option(min=0, help="Wait that 95 of 100 users may have at most.")] = 60.0,
    games_per_s: Annotated[float, typer.Option(min=0.1, help="Pace of one stream of the upstream.")] = GAMES_PER_S,
    streams: Annotated[int, typer.Option(min=1, help="Streams that the upstream grants an address.")] = STREAMS,
    prices: Annotated[Path | None, typer.Option(help="A file of tiers of your own.")] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Say which hosting tier suffices for a load, what it costs, and why the others do not."""
    demand = Demand(imports_per_month=imports_per_month, busiest_hour_ratio=busiest_hour, wait_s=wait_s)
    findings = find(read_records(records), _tiers(prices), (), demand, Upstream(games_per_s, streams))
    (sys.stderr if as_json else sys.stdout).write(tier_plan(findings))
    if as_json:
        sys.stdout.write(_json(plan_summary(findings)))


@app.command(name="gate", epilog=GATE_EXAMPLE)
def gate_command(  # noqa: PLR0913 - the options of a command line, each named
    records: Annotated[
        list[Path], typer.Argument(help="The records of a run, and of a fresh re-run where one was made.")
    ],
    *,
    thresholds: Annotated[Path, typer.Option(help="File of hard limits.")] = GATE_FOLDER / "thresholds.txt",
    baseline: Annotated[Path, typer.Option(help="File of accepted runs.")] = GATE_FOLDER / "baseline.json",
    no_baseline: Annotated[bool, typer.Option("--no-baseline", help="Check the hard limits alone.")] = False,
    junit_xml: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    step_markdown: Annotated[Path | None, typer.Option(help="Append Markdown to this file.")] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Pass or fail a run: hard limits, and growth against accepted runs of the same kind of machine.

    Exit codes: 0 passed, 2 usage, 10 a hard limit is broken, 11 memory grew (given one run: a re-run decides),
    12 nothing could be measured or compared.
    """
    held = _baseline(baseline) if not no_baseline else None
    limits = _thresholds(thresholds)
    found = gate([judge(read_records(path), limits, held) for path in records])
    if junit_xml is not None:
        write_files(junit_xml.parent, {junit_xml.name: junit(found).encode()})
    if step_markdown is not None:
        append_text(step_markdown, step_summary(found))
    _tell(found, as_json=as_json)
    raise typer.Exit(found.answer.value)


@app.command(
    name="accept",
    epilog='Example: python -m reports accept run-*/records.jsonl --reason "the importer holds two platforms now"',
)
def accept_command(
    records: Annotated[list[Path], typer.Argument(help="The records of at least three runs of one revision.")],
    *,
    reason: Annotated[str, typer.Option(help="Why memory may be what it is in these runs.")],
    baseline: Annotated[Path, typer.Option(help="File of accepted runs.")] = GATE_FOLDER / "baseline.json",
) -> None:
    """Accept runs as the gate's new baseline for this kind of machine."""
    before = _baseline(baseline) if baseline.exists() else Baseline()
    after = accept(before, [read_records(path) for path in records], reason, datetime.now(tz=UTC).date().isoformat())
    write_files(baseline.parent, {baseline.name: (after.model_dump_json(indent=2) + "\n").encode()})
    sys.stdout.write(f"accepted {len(records)} runs as the baseline of {after.classes[-1].machine}: wrote {baseline}\n")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def _claims() -> tuple[Claim, ...]:
    return read_claims(files("reports").joinpath("claims.toml").read_text(encoding="utf-8"))


def _tiers(path: Path | None) -> tuple[Tier, ...]:
    """Read the tiers that ship with the program, or a file of the user's own."""
    if path is None:
        return read_tiers(files("reports").joinpath("tiers.toml").read_text(encoding="utf-8"), "reports/tiers.toml")
    return read_tiers(read_text(path, "tiers"), str(path))


def _baseline(path: Path) -> Baseline:
    return read_baseline(read_text(path, "baseline"), str(path))


def _thresholds(path: Path) -> list[Threshold]:
    lines = [line.partition("#")[0].strip() for line in read_text(path, "thresholds").splitlines()]
    limits = [parse(line) for line in lines if line]
    if not limits:
        raise UsageError(f"{path} holds no threshold, so nothing could fail. Write one limit a line.")
    return limits


def _tell(found: Gate, *, as_json: bool) -> None:
    word = "passed" if found.answer is Answer.PASS else found.answer.name.lower()
    (sys.stderr if as_json else sys.stdout).write(f"gate: {word}: {found.reason}\n")
    if as_json:
        sys.stdout.write(_json(gate_summary(found)))


def main(arguments: list[str] | None = None) -> None:
    """Run a command, of the process's own arguments unless given others, and end with its exit code."""
    try:
        app(arguments)
    except ReportError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
