"""A sweep that was killed outright: nothing of it runs on, and it goes on where it was."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from loadtests import cgroup
from loadtests.record import Ending
from tests.runs import ROOT, command, harness, left_behind, run_folder, small_plan, trials

pytestmark = pytest.mark.kernel
TIMES = {"IDLE_S": 0.1, "DRAIN_S": 0.1}
# Each request has a child of its own: a grandchild of the harness, which no parent-death signal would reach.
SERIES = """
[[series]]
name = "users"
users = [1, 2]
repeats = 2
vary = { STANDARD = ["child_hog"], PER_REQUEST_MIB = [5], HOLD_S = ["0.5"] }
"""
PLANNED = 5  # two numbers of users twice, and the priming trial
CLEARED_WITHIN_S = 30.0  # a choice: only a test that fails waits so long


def sweep(plan: Path, folder: Path) -> list[str]:
    """Return the arguments of a sweep of the small plan."""
    return ["sweep", "--plan", str(plan), "--target", "standard", "--out", str(folder)]


def eventually(holds: Callable[[], bool]) -> bool:
    """Look again and again until something holds; False when it never did."""
    deadline_s = time.monotonic() + CLEARED_WITHIN_S
    while not holds():
        if time.monotonic() > deadline_s:
            return False
    return True


@contextmanager
def killed_sweep() -> Iterator[tuple[Path, Path, int, list[psutil.Process]]]:
    """Kill a sweep in the middle of its second trial; give its plan, folder, number, and what it had started."""
    with run_folder() as folder:
        plan = small_plan(folder, SERIES)
        with subprocess.Popen(
            ["env", *(f"LOADTEST_{name}={value}" for name, value in TIMES.items()), *command(sweep(plan, folder))],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert any(line.lstrip().startswith("1/") for line in iter(process.stderr.readline, "")), "no trial ended"
            groups = cgroup.detect()
            assert eventually(lambda: len(members(groups, process.pid)) > 1), "no request had its child"
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
        yield plan, folder, process.pid, family


def members(groups: cgroup.Backend, pid: int) -> list[str]:
    """List the processes in the control groups of process *pid*."""
    names = [name for name in (*groups.in_use(), *groups.leftovers()) if f"-{pid}-" in name]
    files = [groups.parent / name / "cgroup.procs" for name in names]
    return [line for file in files if file.exists() for line in file.read_text().split()]


def test_a_killed_sweep_leaves_nothing_and_goes_on_without_repeating() -> None:
    """SIGKILL: server, its children, Locust, control group and work folder are gone; the run ends as it was planned."""
    with killed_sweep() as (plan, folder, pid, family):
        assert len(family) >= 4, "Locust, the server, its child and the guard were running"
        assert eventually(lambda: not any(map(alive, family)))
        assert eventually(lambda: left_behind(folder, pid) == [])
        before = trials(folder)
        with (folder / "records.jsonl").open("a") as records:
            records.write('{"kind":"trial","torn')
        done = harness("sweep", "--resume", str(folder), "--json", **TIMES)
        assert done.returncode == 0, done.stderr
        assert (
            f"{len(before)} of {PLANNED} trials were finished; a last line that was cut off is dropped" in done.stderr
        )
        after = trials(folder)
        assert after[: len(before)] == before
        assert [trial.trial_id for trial in after] == [f"t{number}" for number in range(PLANNED)]
        assert json.loads(done.stdout)["endings"] == {Ending.COMPLETED.value: PLANNED}
        refused = harness("sweep", "--resume", str(folder), "--plan", str(plan), "--seed", "7", **TIMES)
        assert (refused.returncode, "run seed was 20261123 and is 7" in refused.stderr) == (2, True), refused.stderr


def alive(process: psutil.Process) -> bool:
    """Say whether a process still runs; one that waits to be reaped does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def finished() -> Iterator[tuple[Path, Path]]:
    """Run a sweep of two trials to its end; give its plan and its folder."""
    with run_folder() as folder:
        plan = small_plan(folder, SERIES.replace("[1, 2]", "[1]").replace("repeats = 2", ""))
        done = harness(*sweep(plan, folder), **TIMES)
        assert done.returncode == 0, done.stderr
        yield plan, folder


def resumed(folder: Path, *arguments: str, **times: float) -> str:
    """Try to go on with a run in vain, and return what was said; its records stay as they are."""
    before = (folder / "records.jsonl").read_bytes()
    done = harness("sweep", "--resume", str(folder), *arguments, **{**TIMES, **times})
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "records.jsonl").read_bytes() == before
    return done.stderr


def test_a_finished_run_has_nothing_left_to_do(finished: tuple[Path, Path]) -> None:
    """Going on with a run that is done runs no trial and keeps its records byte for byte."""
    _, folder = finished
    before = (folder / "records.jsonl").read_bytes()
    done = harness("sweep", "--resume", str(folder), **TIMES)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 trials were finished" in done.stderr
    assert (folder / "records.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--limit-mib", "300"), "limit_bytes was 536870912 and is 314572800"),
        (("--target", "importer"), "target.name was 'standard' and is 'importer'"),
        (("--plan", "quick"), "plan.games_per_user was 100 and is 200"),
        (("--out", "elsewhere"), "exclude each other"),
    ],
)
def test_another_order_is_refused_by_name(finished: tuple[Path, Path], arguments: tuple[str, ...], named: str) -> None:
    """Another limit, target or plan cannot go on with the run, and the first difference is named."""
    _, folder = finished
    assert named in resumed(folder, *arguments)


def test_a_changed_plan_file_is_refused(finished: tuple[Path, Path]) -> None:
    """A plan file that was edited since describes other trials: refused, with the key and both values."""
    plan, folder = finished
    text = plan.read_text()
    try:
        plan.write_text(text.replace("games_per_user = 100", "games_per_user = 101"))
        assert "run plan.games_per_user was 100 and is 101" in resumed(folder)
    finally:
        plan.write_text(text)


def test_another_host_is_refused(finished: tuple[Path, Path]) -> None:
    """Trials of another machine could not be pooled with the finished ones: refused, with the fact that differs."""
    _, folder = finished
    text = (folder / "records.jsonl").read_text()
    run, _, rest = text.partition("\n")
    facts = json.loads(run)
    facts["host"]["cpu_model"] = "another"
    try:
        (folder / "records.jsonl").write_text(json.dumps(facts) + "\n" + rest)
        assert "host cpu_model was 'another' and is" in resumed(folder)
    finally:
        (folder / "records.jsonl").write_text(text)


def test_other_times_are_refused(finished: tuple[Path, Path]) -> None:
    """Trials that idle longer are other trials."""
    _, folder = finished
    assert "run settings.idle_s was 0.1 and is 0.2" in resumed(folder, IDLE_S=0.2)


def test_a_dry_run_tells_the_trials_and_their_cost_and_starts_nothing() -> None:
    """The trials, the time and the disk space are told for people and machines; no folder is made."""
    with run_folder() as folder:
        done = harness(*sweep(small_plan(folder, SERIES), folder), "--dry-run", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert [trial["trial_id"] for trial in told["trials"]] == [f"t{number}" for number in range(PLANNED)]
        assert min(told["expected_s"], told["records_bytes"], told["scratch_bytes"]) > 0
        assert "5 trials" in done.stderr
        assert not folder.exists()
