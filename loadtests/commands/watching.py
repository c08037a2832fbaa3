"""The command that watches a server which runs already."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from loadtests import options
from loadtests.commands.surroundings import folder, print_json, shown, surroundings
from loadtests.errors import UsageError
from loadtests.watch.checklist import BROKEN, exit_code
from loadtests.watch.live import LiveChecklist
from loadtests.watch.looks import Thresholds
from loadtests.watch.session import Order, watch

INTERRUPTED = 130
# The variable that the importer itself takes its token from: docs/importer-api.md.
TOKEN = "API_TOKEN"  # noqa: S105 - a name, not a secret


def watch_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    pid: Annotated[
        int | None, typer.Option(min=1, help="Watch the memory of this process and its descendants.")
    ] = None,
    cgroup: Annotated[Path | None, typer.Option(help="Watch the memory of this cgroup, version 1 or 2.")] = None,
    url: Annotated[str | None, typer.Option(help="Follow the imports of the importer at this base URL.")] = None,
    for_s: Annotated[float, typer.Option(min=0.1, max=1e7, help="How long to watch.")] = 3600.0,
    every_s: Annotated[float, typer.Option(min=0.05, max=60, help="Time from look to look.")] = 1.0,
    peak_mib: Annotated[float, typer.Option(min=1, help="Memory must stay under this.")] = 500.0,
    imports: Annotated[int, typer.Option(min=1, help="Imports at once that put memory to the test.")] = 3,
    import_within_s: Annotated[float, typer.Option(min=0.1, help="No import may take longer, once it runs.")] = 120.0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the record (default: reports/out/TIME-watch).")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Tick the published checklist while a server runs, reading only: 0 kept, 10 broken, 12 not shown, 2 wrong use."""
    if pid is None and cgroup is None and url is None:
        raise UsageError("nothing to watch was named. Give --pid, --cgroup, --url, or --url with one of the others.")
    if pid is not None and cgroup is not None:
        raise UsageError("--pid and --cgroup exclude each other: both say whose memory is watched. Give one of them.")
    order = Order(
        pid=pid,
        cgroup=cgroup,
        url=url,
        token=surroundings(context).environ.get(TOKEN),
        thresholds=Thresholds(
            peak_bytes=round(peak_mib * options.BYTES_PER_MIB), imports_at_once=imports, import_within_s=import_within_s
        ),
        every_s=every_s,
        for_s=for_s,
        out=folder(out, "watch"),
    )
    with LiveChecklist() as people:
        watched = watch(order, people.tell)
    code = exit_code(watched.checks)
    typer.echo(f"record: {shown(watched.record)}\nreport: {shown(watched.report)}", err=True)
    print_json(
        as_json,
        {
            "exit_code": code,
            "interrupted": watched.interrupted,
            "checks": [asdict(check) for check in watched.checks],
            "record": str(watched.record),
            "report": str(watched.report),
        },
    )
    raise typer.Exit(INTERRUPTED if watched.interrupted and code != BROKEN else code)
