"""The gate: what passes, what is red, and what a re-run decides."""

from xml.etree import ElementTree as ET

import pytest

from loadtests.record import Ending
from reports.baseline import Baseline, MachineClass, accept, growths, mean_peaks_bytes, read_baseline
from reports.errors import BaselineUnusable
from reports.gate import Answer, Gate, gate, judge
from reports.junit import junit, step_summary
from reports.machine import gate_summary
from reports.observation import Observation
from reports.thresholds import parse
from reports.trials import Evidence
from tests.synthetic_evidence import evidence, seen
from tests.synthetic_plan import HOST, MIB

LIMITS = [parse("unreclaimable_peak_mib p(max) < 430"), parse("oom_kills count == 0")]


def trials(peak_mib: float) -> list[Observation]:
    return [seen(1, peak_mib - 2), seen(3, peak_mib - 0.1), seen(3, peak_mib + 0.1)]


def accepted(*peaks_mib: float) -> Baseline:
    runs = [evidence(trials(peak)) for peak in peaks_mib or (66.0, 66.1, 66.05, 65.95)]
    return accept(Baseline(), runs, "the first", "2026-01-01")


def answered(*runs: Evidence, baseline: Baseline | None = None) -> Gate:
    return gate([judge(run, LIMITS, baseline) for run in runs])


def test_a_run_like_the_accepted_ones_passes() -> None:
    """Held limits and peaks within the spread of accepted runs are green, and the sentence says what was compared."""
    found = answered(evidence(trials(66.1)), baseline=accepted())
    assert found.answer is Answer.PASS
    assert found.reason == "2 limits held, 2 settings compared with the baseline, none grew"
    assert answered(evidence(trials(66.1))).answer is Answer.PASS


def test_a_broken_limit_is_red_at_once() -> None:
    """A peak above the hard limit needs no re-run and no baseline, and names its trial."""
    high = seen(3, 431)
    found = answered(evidence([*trials(66), high]), baseline=accepted())
    assert found.answer is Answer.THRESHOLD
    assert not found.wants_rerun
    assert f"found 431 in run synthetic, worst in trial {high.trial_id}" in found.reason


def test_growth_is_red_only_when_a_fresh_run_agrees() -> None:
    """One grown run asks for another; two are a regression; a second that did not grow is green and says so."""
    grown, normal = evidence(trials(70)), evidence(trials(66))
    once = answered(grown, baseline=accepted())
    assert (once.answer, once.wants_rerun) == (Answer.REGRESSION, True)
    twice = answered(grown, evidence(trials(70.3)), baseline=accepted())
    assert (twice.answer, twice.wants_rerun) == (Answer.REGRESSION, False)
    assert "memory grew in both runs: 68.3 MiB, where accepted runs have 64.0 MiB" in twice.reason
    chance = answered(grown, normal, baseline=accepted())
    assert chance.answer is Answer.PASS
    assert chance.reason.endswith("none grew in both runs (the first alone did)")


def test_shrinking_is_never_red() -> None:
    """Less memory than accepted passes."""
    assert answered(evidence(trials(50)), baseline=accepted()).answer is Answer.PASS


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (evidence([seen(3, ending=Ending.INVALID)]), "nothing was measured for"),
        (evidence(trials(66), host=HOST.model_copy(update={"cpu_model": "other"})), "this machine class"),
        (evidence([seen(3, 66)]), "the baseline's setting was not measured"),
        (evidence([*trials(66), seen(2, 64)]), "the baseline knows no such setting"),
    ],
    ids=["all void", "another machine", "a setting missing", "a setting more"],
)
def test_what_was_not_measured_is_red(run: Evidence, reason: str) -> None:
    """A gate that measured nothing, or cannot compare, is invalid rather than green."""
    found = answered(run, baseline=accepted())
    assert found.answer is Answer.INVALID
    assert reason in found.reason


def test_the_bound_widens_with_fewer_and_more_varied_runs() -> None:
    """Accepted runs that differ more, or are fewer, let a new one grow further before it is red."""
    found = mean_peaks_bytes(trials(67))
    few, many = accepted(66, 66.1, 65.9), accepted(*[66, 66.1, 65.9] * 4)
    varied = accepted(64, 66, 68)
    bounds = [growths(base.classes[0], found)[0].bound_bytes for base in (many, few, varied)]
    assert bounds == sorted(bounds)
    assert len(set(bounds)) == 3


def test_a_baseline_survives_its_file_and_keeps_other_machines() -> None:
    """What is written is read back, and accepting for one machine class leaves the others alone."""
    first = accepted()
    assert read_baseline(first.model_dump_json(), "b.json") == first
    other = HOST.model_copy(update={"cpu_count": 64})
    both = accept(first, [evidence(trials(80), host=other)] * 3, "a bigger machine", "2026-02-01")
    assert len(both.classes) == 2
    assert both.of(HOST) == first.classes[0]
    again = accept(both, [evidence(trials(70), host=other)] * 3, "less", "2026-03-01")
    assert [one.reason for one in again.classes] == ["the first", "less"]
    assert str(MachineClass.of(other)) == "64 x synthetic, cgroup v1, Python 3.11.2"


@pytest.mark.parametrize(
    ("runs", "reason", "found"),
    [
        ([evidence(trials(66))] * 2, "r", "2 runs make no baseline"),
        ([evidence(trials(66))] * 3, " ", "say why"),
        (
            [evidence(trials(66)), *[evidence(trials(66), host=HOST.model_copy(update={"python": "3.13"}))] * 2],
            "r",
            "2 machine classes",
        ),
        ([evidence([seen(3, ending=Ending.OOM_KILLED)])] * 3, "r", "ended oom_killed"),
    ],
    ids=["too few", "no reason", "two machines", "a failed trial"],
)
def test_what_makes_no_baseline_is_refused(runs: list[Evidence], reason: str, found: str) -> None:
    """A baseline needs enough runs, one machine class, no failures and a reason."""
    with pytest.raises(BaselineUnusable, match=found):
        accept(Baseline(), runs, reason, "2026-01-01")


def test_a_file_that_is_no_baseline_is_named() -> None:
    """A broken baseline file is refused with its name and the way to a new one."""
    with pytest.raises(BaselineUnusable, match=r"b\.json is not a version 1 baseline"):
        read_baseline("[]", "b.json")
    with pytest.raises(BaselineUnusable, match="accept"):
        read_baseline('{"version": 2}', "b.json")


def test_ci_servers_are_told_in_their_own_words() -> None:
    """JUnit's XML counts what failed, and the step summary opens with the answer."""
    refused = evidence(trials(66), host=HOST.model_copy(update={"cpu_count": 1}))
    for found, failures, errors, word in (
        (answered(evidence(trials(66)), baseline=accepted()), "0", "0", "passed"),
        (answered(evidence([seen(3, 500)])), "1", "0", "FAILED"),
        (answered(evidence(trials(70)), evidence(trials(70)), baseline=accepted()), "2", "0", "FAILED"),
        (answered(refused, baseline=accepted()), "0", "1", "INVALID"),
        (answered(evidence([seen(3, ending=Ending.INVALID)])), "0", "2", "INVALID"),
    ):
        [suite] = ET.fromstring(junit(found))  # noqa: S314 - our own words
        assert (suite.get("failures"), suite.get("errors")) == (failures, errors)
        assert suite.get("tests") == str(len(suite))
        assert step_summary(found).startswith(f"## Memory gate: {word}\n")
        assert gate_summary(found)["exit_code"] == found.answer.value


def test_bytes_are_told_in_the_summary() -> None:
    """The machine's summary has the compared figures unrounded."""
    summary = gate_summary(answered(evidence(trials(70)), baseline=accepted()))
    assert summary["wants_rerun"]
    assert summary["runs"][0]["growths"][0]["found_bytes"] == 68 * MIB
