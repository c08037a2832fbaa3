"""The harness against servers whose need is known, from its command line."""

import json
import subprocess
import sys

import pytest

from tests.runs import ROOT, RUN_WITHIN_S, harness, run_folder, trials

pytestmark = [pytest.mark.acceptance, pytest.mark.kernel]
MIB = 2**20


def test_every_known_answer_is_found_right() -> None:
    """Every standard ends as it must and weighs what it does, with weights of one's own; the records stay."""
    with run_folder() as folder:
        weights = ["--base-mib", "36.6", "--per-request-mib", "25", "--users", "2", "--users", "4"]
        done = harness("calibrate", *weights, "--json", "--out", str(folder))
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        found = {(each["answer"], each["quantity"]): each for each in told["findings"]}
        need = found["exact, 25 MiB a request", "need_bytes"]
        assert told["right"]
        weighed = [trial for trial in trials(folder) if trial.series == ("calibrate",)]
        assert told["right_endings"] == told["trials"] == len(weighed) - 1
        squeezed = found["exact, 25 MiB a request", "squeezed_bytes"]
        assert abs(squeezed["measured"] - squeezed["known"]) < 0.02 * squeezed["known"]
        assert abs(need["measured"] - need["known"]) < 0.01 * 25 * MIB
        assert found["published, 3 x 140 MiB", "verdict"]["measured"] == "not safe"
        assert found["published, 3 x 90 MiB", "verdict"]["measured"] == "safe"
        assert found["published, 4 x 90 MiB", "verdict"]["measured"] == "not safe"
        assert list(folder.glob("work-*")) == []


def test_a_harness_out_of_order_is_told_so() -> None:
    """A harness that waits too short a time for any server gets wrong answers, says which, and exits with 12."""
    with run_folder() as folder:
        command = [sys.executable, "-m", "loadtests", "calibrate", "--per-request-mib", "5", "--users", "1"]
        done = subprocess.run(
            ["env", "LOADTEST_READY_WITHIN_S=0.001", *command, "--out", str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_WITHIN_S,
        )
        assert done.returncode == 12, done.stderr
        assert "WRONG" in done.stderr
        assert "never became ready" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", [("--base-mib", "2"), ("--users", "0"), ("--per-request-mib", "0")])
def test_weights_that_cannot_be_are_refused(option: tuple[str, str]) -> None:
    """A weight outside its range ends with exit code 2 before anything runs."""
    done = harness("calibrate", *option)
    assert done.returncode == 2
    assert option[0] in done.stderr
