"""Commands that search: the most users that fit under a limit, and the smallest limit that a setting survives."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from loadtests import answers, console, inputs, options
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
from loadtests.find import Found, find
from loadtests.plan import UpstreamProfile
from loadtests.probe import Question
from loadtests.search import MOST_TRIALS, Rules
from loadtests.squeeze import Squeezed, squeeze

# A choice: so many unpaced imports keep one core busy for seconds a trial; more take minutes.
DEFAULT_HIGHEST_USERS = 32
MaxUsers = Annotated[
    int,
    typer.Option("--max-users", min=1, max=1000, help="The most users that are of interest; nothing above is tried."),
]
MaxTrials = Annotated[int, typer.Option("--max-trials", min=1, max=10_000, help="Give up after so many trials.")]


def find_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    max_users: MaxUsers = DEFAULT_HIGHEST_USERS,
    games: options.Games = 200,
    stored: options.Stored = 2000,
    profile: options.Profile = None,
    setting: options.Set = None,
    upstream: options.Upstream = "unlimited",
    target: options.TargetName = "importer",
    limit_mib: options.Limit = options.DEFAULT_LIMIT_MIB,
    reserve_mib: options.Reserve = None,
    max_trials: MaxTrials = MOST_TRIALS,
    replay: options.Replay = None,
    out: options.Out = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Find the most users that are safe at once under a limit; slots and connections follow the users."""
    question = _question(
        "find",
        surroundings(context),
        (target, profile, setting, upstream),
        (limit_mib, reserve_mib),
        (replay, out, seed),
    )
    question = replace(
        question,
        games_per_user=games,
        stored_games_per_user=stored,
        highest_users=max_users,
        slots_follow_users=question.imports,
    )
    people = console.SearchConsole()
    found = find(question, Rules(most_trials=max_trials), people.tell)
    point_latest_at(question.out)
    _tell(answers.most_users(found), found.records, as_json=as_json)
    print_json(as_json, _found(found))
    raise typer.Exit(0 if found.answer.point is not None else 10 if found.told else 12)


def squeeze_command(  # noqa: PLR0913 - a command line's options are its parameters
    context: typer.Context,
    *,
    users: Annotated[int, typer.Option("--users", min=1, max=1000, help="Users at once in every trial.")] = 3,
    games: options.Games = 200,
    stored: options.Stored = 2000,
    profile: options.Profile = None,
    setting: options.Set = None,
    upstream: options.Upstream = "unlimited",
    target: options.TargetName = "importer",
    limit_mib: options.Limit = options.DEFAULT_LIMIT_MIB,
    max_trials: MaxTrials = MOST_TRIALS,
    replay: options.Replay = None,
    out: options.Out = None,
    seed: options.Seed = options.DEFAULT_SEED,
    as_json: options.Json = False,
) -> None:
    """Find the smallest limit that one setting survives: its need, whatever a gauge says."""
    question = _question(
        "squeeze", surroundings(context), (target, profile, setting, upstream), (limit_mib, 0), (replay, out, seed)
    )
    question = replace(question, games_per_user=games, stored_games_per_user=stored, highest_users=users)
    people = console.SearchConsole()
    squeezed = squeeze(question, users, Rules(most_trials=max_trials), people.tell)
    _tell(answers.smallest_limit(squeezed), squeezed.records, as_json=as_json)
    print_json(as_json, _squeezed(squeezed))
    raise typer.Exit(0 if squeezed.answer.point is not None else 10 if squeezed.told else 12)


def _question(
    name: str,
    around: Surroundings,
    about: tuple[str, str | None, list[str] | None, str],
    limits_mib: tuple[int, int | None],
    run: tuple[Path | None, Path | None, int],
) -> Question:
    target_file, profile, setting, upstream = about
    replay, out, seed = run
    require_file(replay)
    target = inputs.read_target(target_file)
    limit_bytes, reserve_bytes = limits_bytes(*limits_mib)
    return Question(
        name=name,
        target=target,
        target_file=target_file,
        profile=profile or ("recommended" if target.scenario == "import" else None),
        profiles=inputs.read_profiles(),
        vary=pairs(setting),
        upstream_profile=_upstream(upstream),
        games_per_user=0,
        stored_games_per_user=0,
        highest_users=1,
        slots_follow_users=False,
        limit_bytes=limit_bytes,
        reserve_bytes=reserve_bytes,
        seed=seed,
        replay=replay,
        out=folder(out, name),
        settings=around.settings(),
        environment=around.environment(),
        command=around.command(),
    )


def _upstream(name: str) -> UpstreamProfile:
    known: tuple[UpstreamProfile, ...] = get_args(UpstreamProfile)
    for profile in known:
        if profile == name:
            return profile
    raise UsageError(f"--upstream {name!r} is no mode of the upstream: use {', '.join(known)}.")


def _tell(sentence: str, records: Path, *, as_json: bool) -> None:
    typer.echo(sentence, err=as_json)
    typer.echo(f"records: {shown(records)}", err=True)


def _found(found: Found) -> dict[str, Any]:
    question = found.question
    return {
        "most_users": found.answer.point or 0,
        "ruled_out": found.answer.beyond,
        "exhausted": found.answer.exhausted,
        "limit_bytes": question.limit_bytes,
        "reserve_bytes": question.reserve_bytes,
        "bound_bytes": found.bound_bytes,
        "trials": len(found.probed),
        "answer": answers.most_users(found),
        "records": str(found.records),
    }


def _squeezed(squeezed: Squeezed) -> dict[str, Any]:
    return {
        "users": squeezed.users,
        "need_bytes": squeezed.need_bytes,
        "not_survived_bytes": squeezed.failed_bytes,
        "gauge_bytes": squeezed.gauge_bytes,
        "exhausted": squeezed.answer.exhausted,
        "trials": len(squeezed.probed),
        "answer": answers.smallest_limit(squeezed),
        "records": str(squeezed.records),
    }
