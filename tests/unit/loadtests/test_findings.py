"""Known answers, and what calibration says about a harness that is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from loadtests.findings import Finding, Pair, findings, right_endings, squeezed
from loadtests.known import Known, Weights, known_trials, to_squeeze
from loadtests.record import NO_SAMPLES, Ending, Phases
from loadtests.standards.weights import MIB
from tests.known_trials import held, readings, trial, true_trial

WEIGHTS = Weights(16, (1, 90), (1, 3, 5))
ALL = known_trials(WEIGHTS, 1)


def wrong(pairs: list[Pair]) -> list[str]:
    """Name the quantities that are found wrong."""
    return [found.quantity for found in findings(pairs) if not found.right]


def of(answer: str) -> list[Known]:
    """Return the trials of one answer."""
    chosen = [known for known in ALL if known.answer == answer]
    assert chosen
    return chosen


def changed(answer: str, **changes: Any) -> list[str]:
    """Say what is wrong when every trial of an answer is true but for *changes*."""
    return wrong([(known, true_trial(known).model_copy(update=changes)) for known in of(answer)])


def test_a_true_harness_is_found_right() -> None:
    """Records as a harness without fault would write them pass every comparison."""
    pairs = [(known, true_trial(known)) for known in ALL]
    assert wrong(pairs) == []
    assert right_endings(pairs) == len(pairs)
    assert len({found.answer for found in findings(pairs)}) == 16


def test_every_standard_and_the_published_case_are_weighed() -> None:
    """All nine standards are run, and the published case at its own limit, twice for a spread."""
    assert {known.standard for known in ALL} == {
        "exact", "shared", "spiky", "leaker", "cache_writer", "thrasher", "child_hog", "crasher", "slow_start",
    }  # fmt: skip
    published = [known for known in ALL if known.answer.startswith("published")]
    assert {(known.users, known.value("PER_REQUEST_MIB")) for known in published} == {(3, 140), (3, 90), (4, 90)}
    assert {known.limit_bytes for known in published} == {512 * MIB}
    assert len(published) == 6
    assert len(known_trials(WEIGHTS, 3)) == 3 * len(ALL)


@pytest.mark.parametrize("known", ALL, ids=lambda known: f"{known.answer} {known.users}")
def test_a_wrong_ending_is_found(known: Known) -> None:
    """Whatever a trial is known to end as, any other ending is found wrong."""
    pair = (known, true_trial(known).model_copy(update={"ending": Ending.INVALID}))
    assert "ending" in wrong([pair])
    assert right_endings([pair]) == 0


@pytest.mark.parametrize(
    ("size", "off", "expected"),
    [("90", 0.008, []), ("90", 0.012, ["need_bytes"]), ("1", 0.08, []), ("1", 0.15, ["need_bytes"])],
)
def test_a_slope_one_percent_off_is_found(size: str, off: float, expected: list[str]) -> None:
    """1 % of the need of a request is the most that is right, or 0.1 MiB where that is more."""
    pairs = []
    for known in of(f"exact, {size} MiB a request"):
        peak = known.base_bytes() + known.users * known.need_bytes() * (1 + off)
        pairs.append((known, trial(known, known.base_bytes(), peak)))
    assert wrong(pairs) == expected


def test_one_number_of_users_is_weighed_against_the_idle_base() -> None:
    """With a single level the need is what the peak has above the base."""
    [known] = [known for known in known_trials(Weights(16, (90,), (2,)), 1) if known.answer.startswith("exact")]
    [_, _, need] = findings([(known, true_trial(known))])
    assert need.measured == pytest.approx(known.need_bytes())


def test_a_base_two_percent_off_is_found() -> None:
    """The farthest base counts, and a base that was not read is no base."""
    [known] = of("published, 3 x 90 MiB")[:1]
    good, high = true_trial(known), trial(known, known.base_bytes() * 1.03, known.peak_bytes())
    assert "base_bytes" in wrong([(known, good), (known, high)])
    never = Phases(process_started_s=0.0, ready_s=None, load_started_s=None, load_ended_s=None, stopped_s=1.0)
    assert set(wrong([(known, good.model_copy(update={"phases": never}))])) == {"base_bytes", "need_bytes", "verdict"}


def test_a_wrong_verdict_is_found() -> None:
    """Four times 90 MiB that leave the reserve would be called safe, which is known to be wrong."""
    pairs = [(known, trial(known, known.base_bytes(), 400 * MIB)) for known in of("published, 4 x 90 MiB")]
    assert wrong(pairs) == ["verdict"]
    pairs = [(known, true_trial(known).model_copy(update={"samples": NO_SAMPLES})) for known, _ in pairs]
    assert wrong(pairs) == ["verdict"]


@pytest.mark.parametrize(
    ("answer", "changes", "expected"),
    [
        ("shared", {"samples": readings([(2.5, 16 * MIB)])}, ["peak_bytes"]),
        ("shared", {"samples": NO_SAMPLES}, ["peak_bytes"]),
        ("child_hog, room for its children", {"samples": readings([(2.5, 16 * MIB)])}, ["peak_bytes"]),
        ("cache_writer", {"samples": readings([(2.5, 60 * MIB)])}, ["peak_bytes"]),
        ("cache_writer", {"kernel": None}, []),
        ("thrasher, room for its file", {"samples": readings([(1.5, 140 * MIB)])}, ["base_bytes"]),
        ("leaker", {"samples": readings([(2.1, MIB), (2.9, MIB)])}, ["rise_bytes_per_s"]),
        ("leaker", {"imports": (held(None, None),)}, ["rise_bytes_per_s"]),
        ("spiky", {"samples": readings([(2.5, 30 * MIB)])}, ["highest_reading_bytes, at most"]),
        ("spiky", {"samples": readings([(2.5, 16 * MIB)])}, []),
        ("spiky", {"samples": NO_SAMPLES}, ["highest_reading_bytes, at most"]),
        ("spiky", {"kernel": None}, ["highest_resident_bytes, at least"]),
        (
            "slow_start, in time",
            {"phases": Phases(process_started_s=0, ready_s=0.9, load_started_s=1, load_ended_s=2, stopped_s=3)},
            ["ready_s, at least"],
        ),
        (
            "slow_start, in time",
            {"phases": Phases(process_started_s=0, ready_s=None, load_started_s=1, load_ended_s=2, stopped_s=3)},
            ["ready_s, at least"],
        ),
    ],
)
def test_each_standard_catches_its_own_mistake(answer: str, changes: dict[str, Any], expected: list[str]) -> None:
    """What a careless harness would record of a standard is found wrong; what it may miss is not."""
    assert changed(answer, **changes) == expected


def test_a_finding_tells_what_was_not_measured() -> None:
    """A figure that was not measured is None, and never right."""
    known = replace(of("shared")[0], users=2)
    found = [each for each in findings([(known, trial(known, 0, 0, samples=NO_SAMPLES))]) if each.quantity != "ending"]
    assert [(each.measured, each.right) for each in found] == [(None, False)]
    assert isinstance(found[0], Finding)


def test_a_squeeze_may_be_two_percent_off() -> None:
    """The middling request at its most users is squeezed; 2 % from its need is right, more or no limit is not."""
    known = to_squeeze(Weights(16, (140, 1, 10, 90), (1, 5)))
    assert (known.value("PER_REQUEST_MIB"), known.users) == (10, 5)
    limits = [round(known.peak_bytes() * ratio) for ratio in (0.981, 1.019, 0.979, 1.021)]
    assert [squeezed(known, limit).right for limit in limits] == [True, True, False, False]
    assert not squeezed(known, None).right
