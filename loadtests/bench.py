"""Sets up what trials share, once for all of them: folder, records, upstreams, accounts; takes it down again.

Runs no trial and knows no plan.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from loadtests import cgroup
from loadtests.accounts import Accounts, Commands, prepare
from loadtests.environment import filesystem_type, host_facts
from loadtests.errors import UsageError
from loadtests.guard import Guard, guarded
from loadtests.launch import Bench, Setting, require_start
from loadtests.load import require_locustfile
from loadtests.process import Split, choose_cores
from loadtests.record import Host, Run, Trial, to_line
from loadtests.settings import REPOSITORY, Settings
from loadtests.target import Target
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
    target_file: str = ""  # as it was named, for messages
    try_settings: tuple[Setting, ...] = ()  # settings of which one must let the target start; none: not tried
    folder: str = "."  # within the work folder: benches beside each other need one each


@contextmanager
def folders(out: Path, *, again: bool = False) -> Iterator[Path]:
    """Make the run's folder and a work folder that is gone afterwards; *again* for a run that goes on.

    Raises:
        UsageError: the folder holds a run, cannot be written to, or its files are memory.
    """
    if (out / "records.jsonl").exists() and not again:
        raise UsageError(
            f"{out} already holds a run. Go on with it (sweep --resume), name another folder with --out, or remove it."
        )
    fresh = not out.exists()
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
        if fresh and not any(out.iterdir()):
            out.rmdir()  # a run that could not begin leaves nothing


def append(records: TextIO, record: Run | Trial) -> None:
    """Write one record and force it to disk: what is finished survives whatever comes next."""
    records.write(to_line(record))
    records.flush()
    os.fsync(records.fileno())


class Workshop:
    """Sets up benches one after the other, all on the same cores and with the same facts of the host."""

    def __init__(self, work: Path, stack: ExitStack, guard: Guard) -> None:
        self.backend = cgroup.detect()
        # What a harness that was killed together with its guard has left. Here only: elsewhere may be the groups of a
        # harness in another process namespace, which looks dead from this one.
        self.backend.clean(lambda folder: folder.parent == self.backend.parent)
        self._work = work
        self._stack = stack
        self._guard = guard
        self._cores = stack.enter_context(_kept_apart())
        self._hosts: dict[Path, Host] = {}

    def bench(self, wanted: Wanted) -> Bench:
        """Start and prepare what the trials of one size share; it stays until the workshop closes.

        Raises:
            LimitTooLow: the target does not start under the limit.
            TargetUnusable: the target does not start at all.
            UpstreamUnusable: the fake upstream did not start.
            UsageError: the target's interpreter or its commands cannot be used.
        """
        python = resolved(wanted.target.python)
        if wanted.target.locustfile is not None and wanted.try_settings:
            require_locustfile(REPOSITORY / wanted.target.locustfile, wanted.target_file or wanted.target.name)
        folder = self._work / wanted.folder
        folder.mkdir(exist_ok=True)
        upstreams = _upstreams(wanted, self._stack, folder, self._cores)
        for running in upstreams.values():
            if running.process_group is not None:
                self._guard.watch(running.process_group)
        commands = _commands(wanted, str(python), self._cores)
        shared = Bench(
            run_id=wanted.run_id,
            seed=wanted.seed,
            target=wanted.target,
            target_file=wanted.target_file or wanted.target.name,
            python=str(python),
            commands=commands,
            settings=wanted.settings,
            environment=wanted.environment,
            backend=self.backend,
            host=self.host(python),
            limit_bytes=wanted.limit_bytes,
            accounts=_empty(wanted),
            upstreams=upstreams or dict.fromkeys(wanted.upstream_profiles, NoUpstream(wanted.seed)),
            folder=folder,
            target_cores=self._cores.target,
        )
        require_start(shared, wanted.try_settings)
        return replace(shared, accounts=_accounts(wanted, upstreams.get(PREPARING_PROFILE), commands, folder))

    def host(self, python: Path) -> Host:
        """Return the facts of this host, with a target that runs in *python*; asked once."""
        if python not in self._hosts:
            self._hosts[python] = host_facts(python, self.backend.version, REPOSITORY)
        return self._hosts[python]


@contextmanager
def workshop(work: Path) -> Iterator[Workshop]:
    """Open a workshop, with the harness kept off the target's cores and guarded meanwhile.

    Raises:
        LimitUnavailable: the host cannot enforce a limit.
    """
    with ExitStack() as stack:
        guard = stack.enter_context(guarded(work.parent, os.getpid()))
        yield Workshop(work, stack, guard)


@contextmanager
def bench(wanted: Wanted, work: Path) -> Iterator[Bench]:
    """Set up one bench until the block ends.

    Raises:
        LoadTestError: as ``workshop`` and ``Workshop.bench``.
    """
    with workshop(work) as shop:
        yield shop.bench(wanted)


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
    if wanted.target.scenario != "import":
        return {}
    games = wanted.games_per_user + wanted.stored_games_per_user
    return {
        profile: stack.enter_context(
            upstream(UpstreamPlan(profile, wanted.seed, games, wanted.replay), work, cores.harness)
        )
        for profile in sorted({PREPARING_PROFILE, *wanted.upstream_profiles})
    }


def _empty(wanted: Wanted) -> Accounts:
    return Accounts(tuple(f"player{number}" for number in range(1, wanted.users + 1)), 0, 0, None, {})


def _accounts(wanted: Wanted, source: RunningUpstream | None, commands: Commands | None, work: Path) -> Accounts:
    empty = _empty(wanted)
    if source is None:
        return empty
    template = work / "accounts"
    template.mkdir()
    accounts = Accounts(empty.users, wanted.games_per_user, wanted.stored_games_per_user, template, {})
    return prepare(source, commands, accounts, work)


def _commands(wanted: Wanted, python: str, cores: Split) -> Commands | None:
    if wanted.target.store is None:
        return None
    everywhere = None if cores.target is None or cores.harness is None else cores.target | cores.harness
    return Commands(wanted.target, wanted.target.store, python, wanted.environment, everywhere)


def resolved(python: str) -> Path:
    """Find the target's interpreter.

    Raises:
        UsageError: there is none.
    """
    path = REPOSITORY / python
    if not path.exists():
        raise UsageError(
            f"the target's interpreter {path} does not exist. Run `make setup`, or correct the target file."
        )
    return path
