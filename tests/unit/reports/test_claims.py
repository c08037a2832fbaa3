"""Published claims beside what was measured."""

from dataclasses import replace
from typing import Any

from loadtests.record import Ending
from reports.claims import Compared, Holds, compare_claims
from reports.model import capacity
from reports.observation import Observation
from tests.synthetic_evidence import evidence, seen, straight
from tests.synthetic_plan import MIB, PROFILES


def compared(trials: list[Observation], **run: Any) -> tuple[Compared, ...]:
    measured = evidence(trials, **run)
    return compare_claims(measured, capacity(measured))


def before(peak_mib: float, ending: Ending = Ending.COMPLETED) -> Observation:
    return seen(4, peak_mib, ending, series=("profile",), profile="before", setting=PROFILES["before"])


def heavy(users: int, off: float) -> Observation:
    return seen(users, 150 + 90 * users + off)


def test_claims_hold_where_the_measurement_says_so() -> None:
    """A server that needs 90 MiB an import over 150 bears the published figures out, four not fitting included."""
    trials = [heavy(users, off) for users in (1, 2, 3) for off in (-1, 1)] + [seen(4, 510, Ending.OOM_KILLED)]
    _, need, total, four = compared(trials)
    assert need.holds is Holds.HOLDS
    assert total.holds is Holds.HOLDS
    assert four.holds is Holds.HOLDS


def test_claims_fail_where_the_measurement_says_so() -> None:
    """A server that needs 2 MiB an import contradicts them, with the measured figure beside each."""
    _, need, total, four = compared(straight())
    assert need.measured_bytes is not None
    assert need.holds is total.holds is four.holds is Holds.DOES_NOT_HOLD
    assert len(need.trial_ids) == 10


def test_without_a_line_nothing_can_be_told() -> None:
    """One trial says nothing about a need per import, and nothing about four."""
    assert {claim.holds for claim in compared([seen(3), before(70)])} == {Holds.CANNOT_TELL}


def test_four_are_only_spoken_of_at_the_published_limit() -> None:
    """That four do not fit was said of 512 MiB and is not judged at another limit."""
    *_, four = compared(straight(), limit_bytes=1024 * MIB, reserve_bytes=100 * MIB)
    assert four.holds is Holds.CANNOT_TELL


def test_the_old_settings_are_measured_on_their_own_trials() -> None:
    """The growth of the profile before the optimisations is divided by the imports that ran, killed ones left out."""
    phased = before(70)
    old, *_ = compared([*straight(), phased, before(99, Ending.OOM_KILLED)])
    assert old.trial_ids[0] == phased.trial_id
    assert old.measured_bytes is None  # readings that never move have no idle phase, and so no base
    assert old.holds is Holds.CANNOT_TELL


def test_growth_is_counted_from_the_idle_server() -> None:
    """Two at once that grow by 8 MiB over the base need 4 MiB an import, with the spread of the line's trials."""
    grown = replace(before(70), base_bytes=62.0 * MIB)
    old, *_ = compared([*straight(), grown])
    assert old.measured_bytes is not None
    assert old.measured_bytes.value == 4 * MIB
    assert old.measured_bytes.low < 4 * MIB < old.measured_bytes.high
    assert old.holds is Holds.DOES_NOT_HOLD
