"""Starts the target of a trial, its command filled in, inside a cgroup; and tries once whether it starts at all.

Drives no load and records nothing: what a start that fails looks like to the person who described the target is all.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.accounts import Accounts, Commands
from loadtests.cgroup import Backend, MemoryCgroup
from loadtests.errors import LimitTooLow, LoadTestError, TargetUnusable
from loadtests.process import Child, Cores, Ready, free_port, start_child
from loadtests.record import Host
from loadtests.settings import REPOSITORY, Settings
from loadtests.target import Target, filled, filled_environment
from loadtests.upstream import NoUpstream, RunningUpstream

Setting = tuple[tuple[str, str], ...]
# A choice: one setting may be one that the server refuses; when so many different ones fail alike, it is the target.
SETTINGS_TRIED = 3
TRIAL_NAME = "start"


@dataclass(frozen=True, slots=True)
class Bench:
    """What stays the same from trial to trial."""

    run_id: str
    seed: int
    target: Target
    target_file: str  # as it was named, for messages
    python: str
    commands: Commands | None
    settings: Settings
    environment: Mapping[str, str]  # what every process of the target starts from
    backend: Backend
    host: Host
    limit_bytes: int
    accounts: Accounts
    upstreams: Mapping[str, RunningUpstream | NoUpstream]
    folder: Path  # on a real file system: files on tmpfs would be charged to the cgroup as shared memory
    target_cores: Cores | None


@dataclass(frozen=True, slots=True)
class Launch:
    """Where and how one process of the target starts."""

    cgroup: MemoryCgroup
    port: int
    folder: Path
    upstream_url: str
    setting: Setting


def start_target(bench: Bench, launch: Launch) -> Child:
    """Start the target inside its cgroup, on its own cores.

    Raises:
        LimitUnavailable: it could not enter the cgroup.
    """
    values = {
        "python": bench.python,
        "port": str(launch.port),
        "folder": str(launch.folder),
        "upstream": launch.upstream_url,
    }
    return start_child(
        filled(bench.target.command, values),
        env={
            **bench.environment,
            **filled_environment(bench.target.environment, values),
            **dict(launch.setting),
        },
        cwd=REPOSITORY,
        entry_file=launch.cgroup.entry_file,
        log=launch.folder / "target.log",
        cores=bench.target_cores,
    )


def require_start(bench: Bench, settings: Iterable[Setting]) -> None:
    """Start the target once under the limit and end it again; a few different *settings* are tried until one starts.

    It costs a second, and saves whoever mistyped a command from a run in which every trial crashed.

    Raises:
        LimitTooLow: the server was killed for want of memory before it was ready.
        TargetUnusable: it ended by itself before that, or never was.
    """
    fault: LoadTestError | None = None
    for setting in list(dict.fromkeys(settings))[:SETTINGS_TRIED]:
        fault = _fault(bench, setting)
        if fault is None:
            return
    if fault is not None:
        raise fault


def _fault(bench: Bench, setting: Setting) -> LoadTestError | None:
    """Start the target with *setting* and say what went wrong; None when it got ready."""
    folder = bench.folder / TRIAL_NAME
    folder.mkdir(parents=True)
    upstream_url = next((upstream.url for upstream in bench.upstreams.values()), "")
    try:
        with bench.backend.create(TRIAL_NAME, bench.limit_bytes) as cgroup:
            launch = Launch(cgroup, free_port(), folder, upstream_url, setting)
            with start_target(bench, launch) as child:
                url = f"http://127.0.0.1:{launch.port}{bench.target.ready_path}"
                ready = child.wait_ready(url, bench.settings.ready_within_s)
                return _named(bench, child, ready, cgroup.oom_kills())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _named(bench: Bench, child: Child, ready: Ready, oom_kills: int) -> LoadTestError | None:
    """Say in a sentence why the target did not start; None when it did."""
    if oom_kills:
        return LimitTooLow(bench.limit_bytes, bench.target_file)
    if ready is Ready.READY:
        return None
    said = child.log_tail(1).strip() or "it printed nothing"
    if ready is Ready.DIED:
        code = child.poll() or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return TargetUnusable(
            f"target {bench.target_file}, key 'command': the server ended with {how} before it was ready; "
            f"its last words: {said}. Try the command by hand."
        )
    return TargetUnusable(
        f"target {bench.target_file}, key 'ready_path': {bench.target.ready_path} on port {{port}} did not answer 2xx "
        f"within {bench.settings.ready_within_s:g} s; its last words: {said}. Correct ready_path or command, or give "
        "it longer with LOADTEST_READY_WITHIN_S."
    )
