"""The gate's command: files in, an exit code and three forms of the answer out."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports.__main__ import main
from tests.synthetic_plan import Scenario
from tests.synthetic_records import lines

SHIPPED_LIMITS = Path(__file__).resolve().parents[2] / "gate" / "thresholds.txt"


def run(*arguments: object) -> tuple[object, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code, out.getvalue(), err.getvalue()


def records(folder: Path, name: str, scenario: Scenario) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(lines(scenario)))
    return path


def test_accept_then_pass_then_grow(tmp_path: Path) -> None:
    """Accepted runs make a baseline that like runs pass, and that a run of a hungrier server does not."""
    baseline = tmp_path / "gate" / "baseline.json"
    normal = [records(tmp_path, f"n{seed}", Scenario(seed=seed)) for seed in range(5)]
    code, out, _ = run("accept", *normal[:4], "--reason", "the first", "--baseline", baseline)
    assert code == 0
    assert "accepted 4 runs as the baseline of 2 x synthetic" in out
    gate = ("gate", "--baseline", baseline, "--thresholds", SHIPPED_LIMITS)
    assert run(*gate, normal[4])[:2][0] == 0
    grown = [records(tmp_path, f"g{seed}", Scenario(seed=seed, need_mib=4)) for seed in range(2)]
    code, out, _ = run(*gate, grown[0])
    assert code == 11
    assert "a fresh run decides" in out
    xml, markdown = tmp_path / "ci" / "gate.xml", tmp_path / "ci" / "summary.md"
    code, out, err = run(*gate, *grown, "--json", "--junit-xml", xml, "--step-markdown", markdown)
    assert code == 11
    assert json.loads(out)["answer"] == "regression"
    assert err.startswith("gate: regression: memory grew in both runs")
    assert ET.parse(xml).getroot().tag == "testsuites"  # noqa: S314 - our own words
    assert markdown.read_text().startswith("## Memory gate: FAILED")


def test_a_killed_trial_breaks_a_hard_limit(tmp_path: Path) -> None:
    """Without any baseline, a kill alone is red with the code of a broken limit."""
    killed = records(tmp_path, "killed", Scenario(limit_mib=64))
    code, out, _ = run("gate", killed, "--no-baseline", "--thresholds", SHIPPED_LIMITS)
    assert code == 10
    assert "oom_kills count == 0" in out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot read the thresholds"), ("# nothing\n", "holds no threshold"), ("peak < 3\n", "cannot be used")],
    ids=["missing", "empty", "unreadable"],
)
def test_bad_limits_end_with_a_sentence(content: str | None, sentence: str, tmp_path: Path) -> None:
    """A file of limits that is missing, empty or unreadable is a usage error, never a pass."""
    limits = tmp_path / "limits.txt"
    if content is not None:
        limits.write_text(content)
    quiet = records(tmp_path, "quiet", Scenario())
    code, _, err = run("gate", quiet, "--no-baseline", "--thresholds", limits)
    assert code == 2
    assert err.startswith("error: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_missing_baseline_is_an_error(tmp_path: Path) -> None:
    """Asked to compare, the gate does not pass for want of something to compare with."""
    quiet = records(tmp_path, "quiet", Scenario())
    code, _, err = run("gate", quiet, "--baseline", tmp_path / "none.json", "--thresholds", SHIPPED_LIMITS)
    assert code == 2
    assert "cannot read the baseline" in err
