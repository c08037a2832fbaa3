"""Thresholds: how a line is read, and what keeps or breaks it."""

import pytest

from loadtests.record import Ending, TruthCheck
from reports.errors import ThresholdUnusable
from reports.observation import observe
from reports.thresholds import METRICS, Kept, check, parse
from tests.synthetic_evidence import SCENARIO, flat, seen
from tests.synthetic_plan import Planned, following
from tests.synthetic_records import trial

LOST = TruthCheck(expected=10, stored=9, missing=1, unexpected=0, doubled=0)


@pytest.mark.parametrize(
    ("text", "found", "kept"),
    [
        ("unreclaimable_peak_mib p(max) < 430", 64.0, Kept.KEPT),
        ("unreclaimable_peak_mib p(max) < 64", 64.0, Kept.BROKEN),
        ("unreclaimable_peak_mib p(max) <= 64", 64.0, Kept.KEPT),
        ("unreclaimable_peak_mib p(min) >= 62", 62.0, Kept.KEPT),
        ("unreclaimable_peak_mib mean > 63", 63.0, Kept.BROKEN),
        ("unreclaimable_peak_mib p(50) == 63", 63.0, Kept.KEPT),
        ("  unreclaimable_peak_mib   p(97.5)<430 ", 63.95, Kept.KEPT),
        ("failed_trials count == 0", 0.0, Kept.KEPT),
    ],
)
def test_a_line_is_checked_against_every_trial(text: str, found: float, kept: Kept) -> None:
    """Peaks of 62 and 64 MiB keep or break a line as its words say."""
    checked = check(parse(text), [seen(1, 62), seen(2, 64)])
    assert checked.found == pytest.approx(found)
    assert checked.kept is kept


def test_counts_add_up_over_trials_and_name_the_worst() -> None:
    """Two lost games in two trials are two, and the trial to look at is named."""
    trials = [seen(1), seen(2, truth=LOST), seen(3, truth=LOST)]
    checked = check(parse("lost_games count == 0"), trials)
    assert (checked.found, checked.kept) == (2.0, Kept.BROKEN)
    assert checked.worst_trial == max(trials[1].trial_id, trials[2].trial_id)
    low = check(parse("unreclaimable_peak_mib p(min) > 100"), [seen(1, 62), low_trial := seen(2, 60)])
    assert low.worst_trial == low_trial.trial_id


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_metric_that_was_not_measured_passes_nothing(metric: str) -> None:
    """Without trials, or with none that could be trusted, no metric has a figure and none is kept."""
    threshold = parse(f"{metric} p(max) < 1000000")
    assert check(threshold, []).kept is Kept.NOT_MEASURED
    assert check(threshold, [seen(1, ending=Ending.INVALID)]).kept is Kept.NOT_MEASURED


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_metric_is_taken_from_a_whole_trial(metric: str) -> None:
    """A completed import trial has a figure for each metric, and one without any reading has none made up."""
    whole = [observe(trial(SCENARIO, Planned("users", 3, following(3))))]
    assert check(parse(f"{metric} p(max) >= 0"), whole).kept is Kept.KEPT
    bare = seen(3, samples=flat(0, 0), kernel=None, truth=None, imports=())
    kept = check(parse(f"{metric} p(max) >= 0"), [bare]).kept
    assert kept is (Kept.KEPT if metric == "failed_trials" else Kept.NOT_MEASURED)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("memory p(max) < 430", "memory is not one of unreclaimable_peak_mib"),
        ("unreclaimable_peak_mib < 430", "write a metric"),
        ("unreclaimable_peak_mib p(max) < 430 MiB", "write a metric"),
        ("unreclaimable_peak_mib p(max) != 430", "write a metric"),
        ("", "write a metric"),
    ],
)
def test_a_bad_line_is_refused_with_an_example(text: str, remedy: str) -> None:
    """What cannot be read is said with what to write instead."""
    with pytest.raises(ThresholdUnusable) as error:
        parse(text)
    assert remedy in str(error.value)
    assert "Example: unreclaimable_peak_mib p(max) < 430" in str(error.value)
