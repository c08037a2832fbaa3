"""Two runs side by side: what differs beyond chance, and what may not be compared."""

from typing import Any

import pytest

from loadtests.record import Ending
from reports.compare import compare
from reports.errors import UnlikeRuns
from reports.html import comparison_page
from reports.machine import comparison_summary
from tests.synthetic_evidence import evidence, seen, straight
from tests.synthetic_plan import HOST, MIB


def test_growth_is_told_with_its_interval() -> None:
    """Three MiB more at each level are found as such, and lie within the interval."""
    more = [seen(users, 63 + 2 * users + off) for users in (1, 2, 3) for off in (-0.1, 0.1)]
    found = compare(evidence(straight(levels=(1, 2, 3))), evidence(more))
    peaks = [one for one in found.differences if one.figure == "unreclaimable_peak_bytes"]
    assert len(peaks) == 3
    for one in peaks:
        assert one.is_told
        assert one.difference is not None
        assert one.difference.low < 3 * MIB < one.difference.high
        assert one.values == (2, 2)
    assert found.shown_safe == (3, 3)


def test_a_run_beside_itself_differs_in_nothing() -> None:
    """The same trials show no difference, and the page puts them under chance."""
    run = evidence(straight())
    found = compare(run, run)
    assert not any(one.is_told for one in found.differences)
    page = comparison_page(found)
    assert "No difference that could be told from chance" in page
    assert "Differences beyond chance" not in page


def test_single_values_have_no_interval() -> None:
    """One trial against one is shown as it is, without a claim."""
    found = compare(evidence([seen(3, 66)]), evidence([seen(3, 80)]))
    peak = found.differences[0]
    assert (peak.first, peak.second) == (66 * MIB, 80 * MIB)
    assert peak.difference is None
    assert not peak.is_told


def test_values_without_any_spread_differ_by_just_that() -> None:
    """Where nothing varies, the interval is the difference."""
    found = compare(evidence([seen(3, 66), seen(3, 66)]), evidence([seen(3, 67), seen(3, 67)]))
    assert found.differences[0].difference is not None
    assert found.differences[0].difference.low == found.differences[0].difference.high == MIB


def test_settings_of_one_run_alone_are_named() -> None:
    """What only one run completed is said, and failed trials are counted rather than compared."""
    found = compare(evidence([seen(1), seen(2)]), evidence([seen(2), seen(3), seen(4, ending=Ending.OOM_KILLED)]))
    assert [one[:8] for one in found.only_first] == ["01 users"]
    assert [one[:8] for one in found.only_second] == ["03 users"]
    assert found.failed == (0, 1)
    page = comparison_page(found)
    assert "Completed in the first run alone, and not compared: 1 setting, such as 01 users" in page
    assert comparison_summary(found)["failed_trials"] == [0, 1]


def test_runs_without_anything_in_common_say_so() -> None:
    """Runs that share no setting are not silently equal."""
    page = comparison_page(compare(evidence([seen(1)]), evidence([seen(2)])))
    assert "share no setting" in page


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"host": HOST.model_copy(update={"kernel": "6.9"})}, "kernel is '6.1.0' in the first and '6.9'"),
        ({"limit_bytes": 1024 * MIB}, "limit_bytes"),
    ],
)
def test_unlike_machines_are_refused(changes: dict[str, Any], fact: str) -> None:
    """A difference that could be the machine's is refused with the fact that differs."""
    with pytest.raises(UnlikeRuns, match=fact):
        compare(evidence([seen(3)]), evidence([seen(3)], **changes))


def test_other_code_may_be_compared() -> None:
    """Another revision and other packages are what runs are compared for."""
    other = HOST.model_copy(update={"revision": "f" * 12, "packages_digest": "1" * 12})
    assert compare(evidence([seen(3)]), evidence([seen(3)], host=other)).differences
