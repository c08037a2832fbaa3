"""Each ending, produced on purpose: real servers in real cgroups, through the trials that importers go through."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench import Wanted, bench
from loadtests.cgroup import Backend
from loadtests.inputs import read_target
from loadtests.launch import Bench
from loadtests.plan import PlannedTrial
from loadtests.record import Ending, Trial
from loadtests.settings import Settings
from loadtests.target import Target
from loadtests.trial import run_trial

pytestmark = pytest.mark.kernel
MIB = 2**20
# Short, because nothing here needs longer, and long enough for a machine that runs other tests as well.
SETTINGS = Settings.model_validate({"idle_s": 0.2, "drain_s": 0.1, "ready_within_s": 10.0, "imports_within_s": 5.0})
ROOMY, NARROW = 256, 64
STAND_IN = ("{python}", "-m", "tests.stand_in_importer", "--port", "{port}")

Run = Callable[..., Trial]


@pytest.fixture
def standards(backend: Backend, disk: Path) -> Iterator[Bench]:
    """Set up trials of the standards."""
    wanted = Wanted(
        run_id="endings",
        seed=1,
        target=read_target("standard"),
        settings=SETTINGS,
        environment={"PATH": "/usr/bin:/bin"},
        limit_bytes=ROOMY * MIB,
        users=5,
        games_per_user=0,
        stored_games_per_user=0,
        upstream_profiles=frozenset({"none"}),
        replay=None,
    )
    with bench(wanted, disk) as shared:
        yield shared
    assert [name for name in backend.in_use() if f"-{os.getpid()}-" in name] == []
    assert list(disk.iterdir()) == []


def tried(shared: Bench, setting: Mapping[str, object], users: int = 1, **changes: Any) -> Trial:
    """Run one trial of a server with this setting, on a bench changed like this."""
    planned = PlannedTrial(
        trial_id="t0",
        series="endings",
        profile=None,
        setting=tuple(sorted((name, str(value)) for name, value in setting.items())),
        users=users,
        start="aligned",
        upstream_profile="none",
        repeat=0,
        priming=False,
    )
    return run_trial(planned, 0, dataclasses.replace(shared, **changes))


def target(*command: str, **changes: Any) -> Target:
    """Describe a server of the tests."""
    made = {"name": "test", "python": ".venv/bin/python", "command": command, "ready_path": "/api/v1/config"}
    return Target.model_validate({**made, **changes})


def impatient(**changes: float) -> Settings:
    """Wait less long."""
    return SETTINGS.model_copy(update=changes)


def test_completed(standards: Bench) -> None:
    """Five requests that fit are all answered: completed, and nothing of the server's output is kept."""
    trial = tried(standards, {"STANDARD": "exact", "PER_REQUEST_MIB": 20}, users=5)
    assert (trial.ending, trial.reason) == (Ending.COMPLETED, "5 of 5 requests completed")
    assert trial.scenario == "hold"
    assert [row.state for row in trial.imports] == ["completed"] * 5
    assert max(trial.samples.unreclaimable_bytes()) == pytest.approx(116.2 * MIB, rel=0.01)


def test_thrashed(standards: Bench) -> None:
    """A mapped file twice as large as the limit: nothing is killed, and nothing gets done but reading it again."""
    setting = {"STANDARD": "thrasher", "PER_REQUEST_MIB": 2 * NARROW}
    trial = tried(standards, setting, limit_bytes=NARROW * MIB)
    assert trial.ending is Ending.THRASHED, trial.reason
    assert "major faults a second" in trial.reason
    assert trial.kernel is not None
    assert trial.kernel.oom_kills == 0
    assert max(trial.samples.unreclaimable_bytes()) < 32 * MIB, "the peak alone would have called this safe"


def test_oom_killed(standards: Bench) -> None:
    """Requests that do not fit: the kernel kills the server, and the trial ends at once."""
    trial = tried(standards, {"STANDARD": "exact", "PER_REQUEST_MIB": 40}, users=3, limit_bytes=NARROW * MIB)
    assert (trial.ending, trial.reason) == (Ending.OOM_KILLED, "the cgroup's oom_kill counter rose by 1")
    assert (trial.exit.signal, trial.exit.by_harness) == (9, False)
    assert trial.phases.load_started_s is not None
    assert trial.phases.stopped_s - trial.phases.load_started_s < SETTINGS.imports_within_s


def test_oom_killed_child_under_a_living_server(standards: Bench) -> None:
    """A child is killed and the server lives on and answers: still a kill."""
    setting = {"STANDARD": "child_hog", "PER_REQUEST_MIB": 2 * NARROW}
    trial = tried(standards, setting, limit_bytes=NARROW * MIB)
    assert trial.ending is Ending.OOM_KILLED, trial.reason
    assert "main process lived on" in trial.reason


def test_global_oom(standards: Bench, backend: Backend) -> None:
    """The server is killed and only the machine's counter rose: the kill was not for want of the trial's memory.

    The machine's counter is made to rise by a kill in a cgroup beside the trial's, since a test may not exhaust the
    machine; what the harness sees is the same.
    """
    with backend.create("elsewhere", NARROW // 2 * MIB) as elsewhere:
        victim = (str(Path(__file__).with_name("victim.py")), "{port}", str(elsewhere.entry_file))
        killed = target("{python}", "-I", "-S", *victim, ready_path="/ready", scenario="hold")
        trial = tried(standards, {}, target=killed)
        assert elsewhere.oom_kills() == 1
    assert trial.ending is Ending.GLOBAL_OOM, trial.reason
    assert trial.kernel is not None
    assert (trial.kernel.oom_kills, trial.exit.signal) == (0, 9)


def test_crashed(standards: Bench) -> None:
    """Exit code 137 looks like a kill; no counter rose, so it is a crash."""
    trial = tried(standards, {"STANDARD": "crasher"})
    assert (trial.ending, trial.reason) == (Ending.CRASHED, "the target ended by itself with exit code 137")


def test_crashed_before_it_was_ready(standards: Bench) -> None:
    """A server that cannot start is a crash too, and its last words are kept."""
    trial = tried(standards, {"STANDARD": "exact", "BASE_MIB": 1})
    assert trial.ending is Ending.CRASHED
    assert "Ask for a larger base" in trial.log_tail


def test_timed_out_while_starting(standards: Bench) -> None:
    """A server that listens and is not ready in time."""
    late = {"STANDARD": "slow_start", "READY_AFTER_S": 60}
    trial = tried(standards, late, settings=impatient(ready_within_s=1.0))
    assert (trial.ending, trial.reason) == (Ending.TIMED_OUT, "the target never became ready")


def test_timed_out_while_working(standards: Bench) -> None:
    """Requests that are not answered in time, without a fault of memory."""
    trial = tried(standards, {"STANDARD": "exact", "HOLD_S": 60}, users=2, settings=impatient(imports_within_s=1.0))
    assert trial.ending is Ending.TIMED_OUT, trial.reason
    assert trial.reason == "2 of 2 requests unfinished when the time was up"
    assert trial.imports[0].error == "not done within the 1 s of the load"


def test_generator_saturated(standards: Bench) -> None:
    """A server whose answers take the load generator all its time to read: nothing is said about the server."""
    rambling = target(*STAND_IN, "--script", "rambles", "--at-once", "5")
    trial = tried(standards, {}, users=5, target=rambling, settings=impatient(imports_within_s=2.5))
    assert trial.ending is Ending.GENERATOR_SATURATED, trial.reason
    assert trial.harness.generator_cpu_s is not None
    assert trial.harness.generator_cpu_s > 0.5


def test_invalid_because_requests_took_turns(standards: Bench) -> None:
    """Three imports that run one after the other do not show what three at once need."""
    alone = target(*STAND_IN, "--at-once", "1", "--polls", "3")
    trial = tried(standards, {}, users=3, target=alone)
    assert trial.ending is Ending.INVALID, trial.reason
    assert "of 3 imports overlapped" in trial.reason


def test_invalid_because_of_a_lower_limit_around(standards: Bench, backend: Backend) -> None:
    """A trial inside a smaller limit than was asked for measures another limit than it says."""
    outer = backend.make("outer", NARROW * MIB)
    try:
        backend.set_limit(outer, NARROW * MIB)
        if backend.version == "v2":
            (outer / "cgroup.subtree_control").write_text("+memory")
        within = type(backend)(outer, backend.mount, backend.proc)
        trial = tried(standards, {"STANDARD": "exact"}, backend=within)
        assert trial.ending is Ending.INVALID
        assert "limit read back is" in trial.reason
    finally:
        outer.rmdir()
