"""The searches on servers whose need is known, from the command line: the answer, its evidence, and the exit code."""

import json

import pytest

from loadtests.record import Ending
from tests.runs import harness, run_folder, trials

pytestmark = pytest.mark.kernel
MIB = 2**20
# Short phases: what stands still needs few readings.
TIMES = {"IDLE_S": 0.1, "DRAIN_S": 0.1}


def exact(base_mib: float, request_mib: float) -> tuple[str, ...]:
    """Name the standard that needs exactly this."""
    values = {"STANDARD": "exact", "BASE_MIB": base_mib, "PER_REQUEST_MIB": request_mib, "HOLD_S": 0.2}
    return ("--target", "standard", *(word for name, value in values.items() for word in ("--set", f"{name}={value}")))


def test_find_answers_the_most_users_that_fit() -> None:
    """16 MiB and 30 a request under 128, of which 12.8 stay free: three users, shown by four trials, and never four."""
    with run_folder() as folder:
        options = ("--limit-mib", "128", "--max-users", "20", "--out", str(folder), "--json")
        done = harness("find", *exact(16, 30), *options, **TIMES)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["most_users"], told["ruled_out"], told["exhausted"]) == (3, 4, False)
        assert told["bound_bytes"] == pytest.approx((16 + 3 * 30) * MIB, rel=0.02)
        assert "3 users of standard at once are SAFE under 128.0 MiB" in told["answer"]
        assert "4 users are not: trial" in told["answer"]
        recorded = trials(folder)
        assert len(recorded) == told["trials"] + 1, "the priming trial is recorded too"
        at_three = [trial for trial in recorded if trial.users == 3]
        assert [trial.ending for trial in at_three] == [Ending.COMPLETED] * 4
        assert [len(trial.requests) for trial in at_three] == [3, 3, 3, 9], (
            "the confirming trial is three times as long"
        )
        assert sum(trial.users == 4 for trial in recorded) == 1, "one failure is enough"
        assert list(folder.glob("work-*")) == []


def test_find_where_nothing_fits_says_so_with_its_own_exit_code() -> None:
    """When not even one user is safe the answer is none, with the trial that shows it, and the exit code is 10."""
    with run_folder() as folder:
        done = harness("find", *exact(16, 60), "--limit-mib", "64", "--out", str(folder), **TIMES)
        assert done.returncode == 10, done.stderr
        assert "Not even one user of standard is shown safe under 64.0 MiB" in done.stdout
        assert "oom_killed" in done.stdout


def test_find_that_could_not_measure_says_so() -> None:
    """When trials cannot be trusted nothing is said of the server: exit code 12, after each was made again once."""
    with run_folder() as folder:
        done = harness("find", *exact(16, 1), "--out", str(folder), INTERVAL_S=1.0, **TIMES)
        assert done.returncode == 12, done.stderr
        assert "memory" in done.stdout
        assert [trial.ending for trial in trials(folder)] == [Ending.INVALID] * 3


def test_find_stops_at_the_trials_allowed() -> None:
    """A search that may make two trials makes two, and says that it was cut short."""
    with run_folder() as folder:
        done = harness("find", *exact(16, 1), "--max-trials", "2", "--out", str(folder), "--json", **TIMES)
        told = json.loads(done.stdout)
        assert (told["trials"], told["most_users"], told["exhausted"]) == (2, 0, True)
        assert "--max-trials" in told["answer"]


def test_squeeze_finds_the_need_within_two_percent() -> None:
    """The smallest limit that the exact standard survives lies within 2 % of its true need, beside the gauge."""
    with run_folder() as folder:
        done = harness("squeeze", *exact(36.6, 25), "--users", "2", "--out", str(folder), "--json", **TIMES)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        truth_bytes = (36.6 + 2 * 25 * 513 / 512) * MIB
        assert told["need_bytes"] == pytest.approx(truth_bytes, rel=0.02)
        assert told["not_survived_bytes"] < told["need_bytes"]
        assert told["gauge_bytes"] == pytest.approx(truth_bytes, rel=0.02)
        assert "need a limit of" in told["answer"]
        assert "The gauge reads" in told["answer"]
        limits = {trial.limit_bytes for trial in trials(folder) if trial.ending is Ending.OOM_KILLED}
        assert max(limits) == told["not_survived_bytes"]


def test_squeeze_that_cannot_begin_says_so() -> None:
    """A setting that does not survive the highest limit allowed has no smallest one: exit code 10, and why."""
    with run_folder() as folder:
        options = ("--users", "2", "--limit-mib", "64", "--out", str(folder))
        done = harness("squeeze", *exact(16, 40), *options, **TIMES)
        assert done.returncode == 10, done.stderr
        assert "2 users of standard did not survive 64.0 MiB" in done.stdout
        assert "oom_killed" in done.stdout
