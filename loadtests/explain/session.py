"""One load on a server that memray watches, from its start to the flame graph; no limit, no sampler, no record."""

import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from loadtests.accounts import Accounts, Commands, prepare
from loadtests.bench import folders, resolved
from loadtests.errors import TargetUnusable
from loadtests.explain.capture import held_at_peak, require_memray, tracked, write_graph
from loadtests.explain.sites import Site, largest, while_loading
from loadtests.generator import RunningGenerator, start_generator
from loadtests.load import Load
from loadtests.plan import PlannedTrial
from loadtests.process import Child, Ready, free_port, start_child
from loadtests.settings import REPOSITORY, Settings
from loadtests.target import Target, filled, filled_environment
from loadtests.upstream import RunningUpstream, UpstreamPlan, upstream

GRAPH = "flamegraph.html"
SITES = 10
# A choice: a tracked server takes several times as long for everything; ten times is no reason to give up.
SLOWER_RATIO = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wanted."""

    target: Target
    planned: PlannedTrial
    games_per_user: int
    stored_games_per_user: int
    seed: int
    replay: Path | None
    out: Path
    settings: Settings
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Explained:
    """What was found."""

    sites: tuple[Site, ...]  # of everything
    work_sites: tuple[Site, ...]  # without what loading modules holds
    held_bytes: int  # at the peak, as memray counts: the heap, without what the interpreter and the kernel add
    work_bytes: int  # of that, without what loading modules holds
    states: tuple[str, ...]  # how each user's import ended
    graph: Path


def explain(wanted: Explanation) -> Explained:
    """Run the load once under memray and say which lines held most at the peak.

    Raises:
        UsageError: memray is missing, or the target is no Python program.
        LoadTestError: the server, the upstream or Locust could not be used.
    """
    require_memray()
    with folders(wanted.out) as scratch:
        recording = scratch / "memray.bin"
        command = tracked(wanted.target.command, recording)
        with ExitStack() as stack:
            source = _upstream(wanted, scratch, stack)
            users = _accounts(wanted, source, scratch)
            states = _load(wanted, command, scratch, users, "" if source is None else source.url)
        held = tuple(held_at_peak(recording))
        graph = wanted.out / GRAPH
        write_graph(recording, graph)
    work = tuple(one for one in held if not while_loading(one))
    return Explained(
        sites=largest(held, SITES),
        work_sites=largest(work, SITES),
        held_bytes=sum(one.size_bytes for one in held),
        work_bytes=sum(one.size_bytes for one in work),
        states=states,
        graph=graph,
    )


def _upstream(wanted: Explanation, work: Path, stack: ExitStack) -> RunningUpstream | None:
    if wanted.target.scenario != "import":
        return None
    games = wanted.games_per_user + wanted.stored_games_per_user
    plan = UpstreamPlan(wanted.planned.upstream_profile, wanted.seed, games, wanted.replay)
    return stack.enter_context(upstream(plan, work, cores=None))


def _accounts(wanted: Explanation, source: RunningUpstream | None, work: Path) -> Accounts:
    """Give the users what they already have, by the target's own commands and in its own interpreter."""
    names = tuple(f"player{number}" for number in range(1, wanted.planned.users + 1))
    target = wanted.target
    if source is None or target.store is None:
        return Accounts(names, wanted.games_per_user, 0, None, {})
    template = work / "accounts"
    template.mkdir()
    commands = Commands(target, target.store, str(resolved(target.python)), wanted.environment)
    asked = Accounts(names, wanted.games_per_user, wanted.stored_games_per_user, template, {})
    return prepare(source, commands, asked, work)


def _load(wanted: Explanation, command: list[str], work: Path, users: Accounts, upstream_url: str) -> tuple[str, ...]:
    folder = work / "server"
    folder.mkdir()
    if users.folder is not None:
        shutil.copytree(users.folder, folder, dirs_exist_ok=True)
    port, target = free_port(), wanted.target
    url = f"http://127.0.0.1:{port}"
    values = {
        "python": command[0],
        "port": str(port),
        "folder": str(folder),
        "upstream": upstream_url,
    }
    environment = {
        **wanted.environment,
        **filled_environment(target.environment, values),
        **dict(wanted.planned.setting),
    }
    log = work / "server.log"
    within_s = wanted.settings.imports_within_s * SLOWER_RATIO
    with (
        start_generator(_orders(wanted, users, url, within_s), work) as generator,
        start_child(filled(command, values), env=environment, cwd=REPOSITORY, entry_file=None, log=log) as child,
    ):
        _drive(wanted, child, generator, url)
        made = generator.collect(0.0)
        # memray writes what it has gathered when the program ends in order. SIGTERM ends one that does not handle it at
        # once; of an interrupt Python makes an exception, which every program ends with in order.
        os.kill(child.pid, signal.SIGINT)
        child.wait(within_s)
        child.stop(within_s)
    return tuple(row.state for row in made.imports)


def _orders(wanted: Explanation, users: Accounts, url: str, within_s: float) -> Load:
    target = wanted.target
    return Load(
        url=url,
        users=users.users,
        games_per_user=users.new_games or 1,
        start=wanted.planned.start,
        time_limit_s=within_s,
        scenario=target.scenario,
        hold_path=target.hold_path,
        rounds=target.done.requests or 1,
        own_file=None if target.locustfile is None else REPOSITORY / target.locustfile,
        work_s=target.done.seconds,
        failures_allowed=target.done.failures_allowed,
    )


def _drive(wanted: Explanation, child: Child, generator: RunningGenerator, url: str) -> None:
    settings = wanted.settings
    ready = child.wait_ready(url + wanted.target.ready_path, settings.ready_within_s * SLOWER_RATIO)
    if ready is not Ready.READY:
        said = child.log_tail(1).strip() or "it printed nothing"
        raise TargetUnusable(
            f"target {wanted.target.name} did not get ready under memray ({ready}); its last words: {said}. It runs in "
            "the harness's interpreter here: install what it needs there."
        )
    generator.wait_ready(settings.ready_within_s)
    generator.release()
    generator.wait(settings.imports_within_s * SLOWER_RATIO)
