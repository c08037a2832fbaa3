"""A sweep under real limits: it survives kills, and leaves nothing behind on any exit."""

import json
import signal
import subprocess

import psutil
import pytest

from loadtests.record import Ending
from tests.runs import ROOT, command, harness, left_behind, run_folder, small_plan, trials

pytestmark = pytest.mark.kernel

THREE_USERS = '[[series]]\nname = "users"\nprofile = "recommended"\nusers = [1, 3]\n'
LONG_SERIES = THREE_USERS + "repeats = 50\n"
HUNGRY = """
[[series]]
name = "users"
users = [1, 3]
vary = { STANDARD = ["exact"], PER_REQUEST_MIB = [40] }
"""
GONE_WITHIN_S = 30


def test_kills_are_results_and_the_sweep_goes_on() -> None:
    """Under a limit with room for the idle server alone every trial is killed, recorded as such, and nothing stays."""
    with run_folder() as folder:
        plan = small_plan(folder, HUNGRY)
        arguments = ("--target", "standard", "--plan", str(plan), "--limit-mib", "40", "--out", str(folder))
        done = harness("sweep", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["endings"] == {"oom_killed": 3}
        assert [trial.ending for trial in trials(folder)] == [Ending.OOM_KILLED] * 3
        assert list(folder.glob("work-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_keeps_its_records_and_leaves_nothing(number: signal.Signals) -> None:
    """Ctrl-C or a request to end, in the middle of a trial: no process, no cgroup and no work folder remains."""
    with run_folder() as folder:
        plan = small_plan(folder, LONG_SERIES)
        arguments = ["sweep", "--plan", str(plan), "--out", str(folder)]
        with subprocess.Popen(command(arguments), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert any(line.lstrip().startswith("2/") for line in lines), "the second trial never finished"
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(number)
            process.communicate(timeout=GONE_WITHIN_S)
        assert process.returncode == 130
        assert family, "nothing was running when the signal came"
        assert [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE] == []
        assert left_behind(folder, process.pid) == []
        assert len(trials(folder)) >= 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sweep", "--plan", "nosuch"), "quick"),
        (("sweep", "--target", "nosuch"), "importer"),
        (("sweep", "--replay", "nosuch.pgn"), "nosuch.pgn"),
        (("run", "--profile", "nosuch"), "recommended"),
        (("run", "--set", "nonsense"), "nonsense"),
        (("run", "--upstream", "nosuch"), "unlimited"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: tuple[str, ...], named: str) -> None:
    """A name that does not exist ends with exit code 2, names the remedy, and shows no traceback."""
    with run_folder() as folder:
        done = harness(*arguments, "--out", str(folder))
        assert done.returncode == 2, done.stderr
        assert named in done.stderr
        assert "Traceback" not in done.stderr
        assert not folder.exists()


def test_a_folder_that_holds_a_run_is_never_overwritten() -> None:
    """A second run into the same folder is refused and the first one's records stay."""
    with run_folder() as folder:
        folder.mkdir()
        (folder / "records.jsonl").write_text("precious")
        done = harness("sweep", "--plan", "quick", "--out", str(folder))
        assert done.returncode == 2
        assert "already holds a run" in done.stderr
        assert (folder / "records.jsonl").read_text() == "precious"


def test_the_doctor_finds_this_host_able() -> None:
    """Where the suite runs, the doctor's every step succeeds."""
    done = harness("doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert '"can_enforce": true' in done.stdout
