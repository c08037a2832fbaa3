"""The command that attributes memory to lines of the server."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from loadtests import inputs, options
from loadtests.commands.surroundings import folder, pairs, print_json, require_file, shown, surroundings
from loadtests.errors import UsageError
from loadtests.explain.session import Explained, Explanation, explain
from loadtests.explain.sites import Site
from loadtests.plan import PlannedTrial, Series, trials_of

LINES = "explain.json"  # beside the flame graph, for a report to link
APART = (
    "This is attribution, not measurement: the server ran in the harness's interpreter, tracked by memray, without a "
    "limit. Its sizes are those of the heap and enter no record."
)


def explain_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    users: Annotated[int, typer.Option(min=1, max=1000, help="Users who import at the same moment.")] = 3,
    games: options.Games = 500,
    stored: options.Stored = 10_000,
    profile: options.Profile = None,
    setting: options.Set = None,
    upstream: options.Upstream = "unlimited",
    target: options.TargetName = "importer",
    replay: options.Replay = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder (default: reports/out/TIME-explain).")] = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Run one load under memray and name the lines that hold most at the peak: attribution, not measurement."""
    around = surroundings(context)
    require_file(replay)
    read = inputs.read_target(target)
    wanted = Explanation(
        target=read,
        planned=_planned(users, profile or ("recommended" if read.scenario == "import" else None), setting, upstream),
        games_per_user=games,
        stored_games_per_user=stored,
        seed=seed,
        replay=replay,
        out=folder(out, "explain"),
        settings=around.settings(),
        environment=around.environment(),
    )
    found = explain(wanted)
    typer.echo(_words(found), err=True)
    told = {
        "measured": False,
        "target": read.name,
        "setting": dict(wanted.planned.setting),
        "users": users,
        "games_per_user": games,
        "held_bytes": found.held_bytes,
        "work_bytes": found.work_bytes,
        "states": found.states,
        "sites": [asdict(site) for site in found.sites],
        "work_sites": [asdict(site) for site in found.work_sites],
        "graph": found.graph.name,
    }
    (found.graph.parent / LINES).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print_json(as_json, told)


def _planned(users: int, profile: str | None, setting: list[str] | None, upstream: str) -> PlannedTrial:
    described = {
        "name": "run",
        "users": [users],
        "profile": profile,
        "vary": {name: [value] for name, value in pairs(setting).items()},
        "upstream_profile": upstream,
        "repeats": 1,
    }
    try:
        series = Series.model_validate(described)
    except ValueError as error:
        raise UsageError(f"cannot run upstream {upstream!r}: use unlimited, lichess or documented.") from error
    [planned] = trials_of(series, inputs.read_profiles())
    return planned


def _words(found: Explained) -> str:
    return "\n".join(
        [
            APART,
            f"imports: {', '.join(f'{count} {state}' for state, count in Counter(found.states).items())}",
            f"{_mib(found.held_bytes)} held at the peak; the lines that held most:",
            *_listed(found.sites),
            f"{_mib(found.work_bytes)} of it was not there once modules were loaded; the lines that held most of that:",
            *_listed(found.work_sites),
            f"flame graph: {shown(found.graph)}",
        ]
    )


def _listed(sites: Sequence[Site]) -> Iterator[str]:
    for place, site in enumerate(sites, start=1):
        led = "" if site.called_by is None else f"\n    from {site.called_by.words()}"
        yield f"{place:>2}. {_mib(site.size_bytes)}, {site.share_ratio:.1%}: {site.line.words()}{led}"


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / options.BYTES_PER_MIB:.2f} MiB"
