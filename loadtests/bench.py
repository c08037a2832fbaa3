"""Sets up what trials share, once for all of them: folder, records, upstreams, accounts; takes it down again.

Runs no trial and knows no plan.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from loadtests import cgroup
from loadtests.accounts import Accounts, Commands, prepare
from loadtests.environment import filesystem_type, host_facts
from loadtests.errors import UsageError
from loadtests.process import Split, choose_cores
from loadtests.record import Run, Trial, to_line
from loadtests.settings import REPOSITORY, Settings
from loadtests.target import Target
from loadtests.trial import Bench
from loadtests.upstream import NoUpstream, RunningUpstream, UpstreamPlan, upstream

# Files of a trial on these are memory, and would be charged to the target as such.
MEMORY_FILESYSTEMS = ("tmpfs", "ramfs")
# The upstream that serves what accounts already hold: the same games as in every mode, without waiting.
PREPARING_PROFILE = "unlimited"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the trials will need."""

    run_id: str
    seed: int
    target: Target
    settings: Settings
    environment: Mapping[str, str]
    limit_bytes: int
    users: int  # the most that any trial has
    games_per_user: int
    stored_games_per_user: int
    upstream_profiles: frozenset[str]
    replay: Path | None


@contextmanager
def folders(out: Path) -> Iterator[Path]:
    """Make the run's folder and a work folder that is gone afterwards.

    Raises:
        UsageError: the folder holds a run, cannot be written to, or its files are memory.
    """
    if (out / "records.jsonl").exists():
        raise UsageError(f"{out} already holds a run. Name another folder with --out, or remove it.")
    work = out / f"work-{os.getpid()}"
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error}. Name another folder with --out.") from error
    try:
        kind = filesystem_type(work)
        if kind in MEMORY_FILESYSTEMS:
            raise UsageError(
                f"{out} lies on {kind}, whose files would count as the target's memory. Name a folder on disk."
            )
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def append(records: TextIO, record: Run | Trial) -> None:
    """Write one record and force it to disk: what is finished survives whatever comes next."""
    records.write(to_line(record))
    records.flush()
    os.fsync(records.fileno())


@contextmanager
def bench(wanted: Wanted, work: Path) -> Iterator[Bench]:
    """Start what all trials share, with the harness kept off the target's cores meanwhile.

    Raises:
        LimitUnavailable: the host cannot enforce a limit.
        UpstreamUnusable: the fake upstream did not start.
        UsageError: the target's interpreter or its commands cannot be used.
    """
    backend = cgroup.detect()
    python = _resolved(wanted.target.python)
    commands = _commands(wanted, str(python))
    with ExitStack() as stack:
        cores = stack.enter_context(_kept_apart())
        upstreams = _upstreams(wanted, stack, work, cores)
        yield Bench(
            run_id=wanted.run_id,
            seed=wanted.seed,
            target=wanted.target,
            python=str(python),
            commands=commands,
            settings=wanted.settings,
            environment=wanted.environment,
            backend=backend,
            host=host_facts(python, backend.version, REPOSITORY),
            limit_bytes=wanted.limit_bytes,
            accounts=_accounts(wanted, upstreams.get(PREPARING_PROFILE), commands, work),
            upstreams=upstreams or dict.fromkeys(wanted.upstream_profiles, NoUpstream(wanted.seed)),
            folder=work,
            target_cores=cores.target,
        )


@contextmanager
def _kept_apart() -> Iterator[Split]:
    """Move the harness to its own cores, and back at the end."""
    before = os.sched_getaffinity(0)
    cores = choose_cores()
    if cores.harness is not None:
        os.sched_setaffinity(0, cores.harness)
    try:
        yield cores
    finally:
        os.sched_setaffinity(0, before)


def _upstreams(wanted: Wanted, stack: ExitStack, work: Path, cores: Split) -> dict[str, RunningUpstream]:
    """Start an upstream for each mode; none for a target that imports nothing."""
    if wanted.target.scenario == "hold":
        return {}
    games = wanted.games_per_user + wanted.stored_games_per_user
    return {
        profile: stack.enter_context(
            upstream(UpstreamPlan(profile, wanted.seed, games, wanted.replay), work, cores.harness)
        )
        for profile in sorted({PREPARING_PROFILE, *wanted.upstream_profiles})
    }


def _accounts(wanted: Wanted, source: RunningUpstream | None, commands: Commands | None, work: Path) -> Accounts:
    users = tuple(f"player{number}" for number in range(1, wanted.users + 1))
    if source is None:
        return Accounts(users, 0, 0, None, {})
    template = work / "accounts"
    template.mkdir()
    accounts = Accounts(users, wanted.games_per_user, wanted.stored_games_per_user, template, {})
    return prepare(source, commands, accounts, work)


def _commands(wanted: Wanted, python: str) -> Commands | None:
    if wanted.target.store is None:
        return None
    return Commands(wanted.target, wanted.target.store, python, wanted.environment)


def _resolved(python: str) -> Path:
    path = REPOSITORY / python
    if not path.exists():
        raise UsageError(
            f"the target's interpreter {path} does not exist. Run `make setup`, or correct the target file."
        )
    return path
