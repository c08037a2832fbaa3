"""Reasons to doubt: each appears when it should, with its figure and a remedy, and not otherwise."""

from dataclasses import replace
from typing import Any

import pytest

from loadtests.record import Ending
from reports.checks import doubts
from reports.model import capacity
from reports.observation import Observation
from tests.synthetic_evidence import evidence, flat, paced, seen, straight
from tests.synthetic_plan import HOST, MIB, PROFILES, RECOMMENDED, TRUE_PACE

QUIET_HOST = HOST.model_copy(update={"cgroup_version": "v2"})
# Enough trials of a straight line, one of them at the true pace: nothing to doubt.
QUIET = [*straight(repeats=60), paced()]


def findings(trials: list[Observation], priming: tuple[Observation, ...] = (), **run: Any) -> list[str]:
    measured = evidence(trials, priming, **{"host": QUIET_HOST} | run)
    found = doubts(measured, capacity(measured))
    assert all(doubt.finding.endswith(".") and doubt.remedy.endswith(".") for doubt in found)
    return [doubt.finding for doubt in found]


def only(found: list[str]) -> str:
    [one] = found
    return one


def test_a_quiet_run_gives_no_reason_to_doubt() -> None:
    """Checks that always find something would be read by nobody."""
    assert findings(QUIET) == []


def test_an_interrupted_run_is_told() -> None:
    """Fewer trials than planned, and a last line cut off, are told with both counts."""
    assert "301 of 400 planned trials" in only(findings(QUIET, trials_planned=400))
    measured = replace(evidence(QUIET, host=QUIET_HOST), cut_short=True)
    assert "cut off" in doubts(measured, capacity(measured))[0].finding


def test_a_failed_priming_trial_is_told() -> None:
    """A priming trial is not counted, but its failure is not hidden; a passed one is no matter."""
    failed, passed = seen(3, ending=Ending.OOM_KILLED), seen(3)
    assert f"priming trial {failed.trial_id} ended oom_killed" in only(findings(QUIET, (failed, passed)))


def test_void_trials_are_told() -> None:
    """Trials left out of every figure are named."""
    void = seen(3, ending=Ending.INVALID)
    assert f"1 of 302 trials could not be trusted and are left out of every figure ({void.trial_id})" in only(
        findings([*QUIET, void])
    )


def test_a_setting_that_was_not_taken_is_told() -> None:
    """What the target says it runs with is compared with what was asked; silence is no contradiction."""
    ignored = seen(3, setting=RECOMMENDED, effective_setting=RECOMMENDED | {"IMPORT_BATCH_SIZE": "7"})
    silent = seen(3, setting=RECOMMENDED, effective_setting={})
    assert "asked for IMPORT_BATCH_SIZE=50, and the target says it ran with 7" in only(
        findings([*QUIET, ignored, silent])
    )


def test_staggered_starts_are_told() -> None:
    """A verdict from the typical case is not passed off as one from the worst."""
    staggered = [seen(s.trial.users, 60 + 2 * s.trial.users, start="staggered") for s in QUIET[:300]]
    assert any("staggered" in finding for finding in findings(staggered))


def test_memory_that_still_grows_is_told_with_the_time_it_would_take() -> None:
    """A slope whose interval excludes zero is told, with when the reserve would be reached."""
    growing = [replace(one, tail_slope_bytes_per_s=float(MIB + number * 100)) for number, one in enumerate(QUIET)]
    finding = only(findings(growing))
    assert "grew by 1.01 MiB/s" in finding
    assert "reserve is reached after" in finding


def test_growth_beyond_the_reserve_has_no_time_left() -> None:
    """Where the reserve is used up already, no time is made up."""
    growing = [replace(one, tail_slope_bytes_per_s=float(MIB)) for one in QUIET]
    assert not any("is reached after" in finding for finding in findings(growing, limit_bytes=60 * MIB))


def test_memory_that_does_not_grow_is_not_told() -> None:
    """Slopes around zero are a plateau."""
    level = [
        replace(one, tail_slope_bytes_per_s=float(MIB if number % 2 else -MIB)) for number, one in enumerate(QUIET)
    ]
    assert findings(level) == []


def test_a_peak_above_the_bound_is_told() -> None:
    """A trial of the level above its own bound is named with how far above it lies."""
    above = paced(67)
    assert any(f"at most ({above.trial_id})" in finding for finding in findings([*QUIET, above]))


def test_no_trial_at_the_true_pace_is_told() -> None:
    """Compressed time needs one trial that is not; a run at the true pace needs none."""
    assert "No trial ran at the upstream's true pace: 0 of 300 trials" in only(findings(QUIET[:-1]))
    slow = [seen(s.trial.users, (s.peak_bytes or 0) / MIB, upstream=TRUE_PACE) for s in QUIET[:300]]
    assert findings(slow) == []


def test_another_pace_that_peaks_higher_is_told_and_a_lower_one_is_not() -> None:
    """Only a higher peak than expected speaks against the verdict."""
    assert any("expect at most" in finding for finding in findings([*QUIET, paced(70)]))
    assert findings([*QUIET, paced(50)]) == []


def test_a_bend_is_told() -> None:
    """Peaks that do not lie on a straight line are told with where and how far they lie off."""
    bent = [*QUIET[:120], *(seen(3, 70 + 0.1 * (-1) ** n) for n in range(60)), *QUIET[180:300], paced(68)]
    assert any(
        "do not lie on a straight line" in finding and "above it on average" in finding for finding in findings(bent)
    )
    sagging = [*QUIET[:120], *(seen(3, 62 + 0.1 * (-1) ** n) for n in range(60)), *QUIET[180:300], paced(64)]
    assert any("below it on average" in finding for finding in findings(sagging))


def test_few_trials_are_told_with_what_they_allow() -> None:
    """Until 59 trials, the counted bound is a reason to doubt; after a failure it is beside the point."""
    finding = only(findings([*straight(repeats=10), paced()]))
    assert "no failure in 11 trials" in finding
    assert "24 %" in finding
    assert "rests on the bound" in finding
    lone = findings([seen(3), paced()])
    assert any("Counting alone" in finding and "rests on" not in finding for finding in lone)
    failed = findings([*straight(repeats=10), paced(), seen(3, ending=Ending.OOM_KILLED)])
    assert not any("Counting alone" in finding for finding in failed)


def test_a_late_reading_is_told() -> None:
    """A reading later than the interval can hide a peak; the trial and the lateness are named."""
    harness = QUIET[0].trial.harness
    late = seen(3, harness=harness.model_copy(update={"sampler_late_max_s": 0.3}))
    assert f"300 ms late in trial {late.trial_id}" in only(findings([*QUIET, late]))
    silent = harness.model_copy(update={"sampler_late_max_s": None})
    unread = [seen(1, harness=silent), paced(harness=silent)]
    assert not any("late" in finding for finding in findings(unread))


def test_failures_of_other_settings_are_told_beside_the_verdict() -> None:
    """The verdict speaks of one setting; that another failed is told with its trials."""
    other = seen(3, ending=Ending.OOM_KILLED, setting=PROFILES["before"], effective_setting={})
    assert f"1 trial with other settings failed ({other.trial_id})" in only(findings([*QUIET, other]))


def test_killed_trials_in_the_line_are_told() -> None:
    """Where trials ran out of memory, it is told that the bounds below are approximate."""
    trials = [*straight(), seen(5, 500, Ending.OOM_KILLED)]
    assert any("1 trial of the line's" in text for text in findings(trials))


def test_failed_requests_of_completed_trials_are_told() -> None:
    """Requests that failed although the trial completed are counted."""
    assert "2 requests failed" in only(findings([*QUIET, replace(seen(3), failed_requests=2)]))


def test_coarse_kernel_memory_is_told_on_version_1() -> None:
    """On version 1 the kernel's share of the peak is told as what the figure may be too high by."""
    columns = flat(60).model_dump() | {"kernel_bytes": (MIB, 3 * MIB, MIB)}
    [*_, finding] = findings([*QUIET, seen(3, samples=columns_as(columns))], host=HOST)
    assert "up to 3.00 MiB" in finding
    assert not any(
        "version 1" in text for text in findings([seen(3, samples=flat(0, 0)), paced(samples=flat(0, 0))], host=HOST)
    )


def columns_as(columns: dict[str, Any]) -> Any:
    return type(flat(1)).model_validate(columns)


@pytest.mark.parametrize("revision", ["unknown", "abc+dirty"])
def test_an_unknown_revision_is_told(revision: str) -> None:
    """A run of code that no commit holds cannot be repeated."""
    host = QUIET_HOST.model_copy(update={"revision": revision})
    assert revision in only(findings(QUIET, host=host))
