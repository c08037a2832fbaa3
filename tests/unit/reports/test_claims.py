"""Published claims beside what was measured."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.record import Ending
from reports.claims import Claim, Compared, Holds, compare_claims, read_claims
from reports.grid import grid
from reports.model import capacity
from reports.observation import Observation
from tests.synthetic_evidence import evidence, seen, straight
from tests.synthetic_plan import MIB, PROFILES, TRUE_PACE, knobs

SHIPPED = read_claims((Path(__file__).resolve().parents[3] / "reports" / "claims.toml").read_text())


def all_compared(trials: list[Observation], **run: Any) -> dict[str, Compared]:
    measured = evidence(trials, **run)
    found = compare_claims(SHIPPED, measured, capacity(measured), grid(measured))
    return {f"{one.claim.measured_as} {one.claim.says}": one for one in found}


def compared(trials: list[Observation], **run: Any) -> tuple[Compared, ...]:
    found = all_compared(trials, **run)
    names = ("need_before equals", "need equals", "total_of_three equals", "four_do_not_fit equals")
    return tuple(found[name] for name in names)


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
    assert need.measured is not None
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
    assert old.measured is None  # readings that never move have no idle phase, and so no base
    assert old.holds is Holds.CANNOT_TELL


def test_growth_is_counted_from_the_idle_server() -> None:
    """Two at once that grow by 8 MiB over the base need 4 MiB an import, with the spread of the line's trials."""
    grown = replace(before(70), base_bytes=62.0 * MIB)
    old, *_ = compared([*straight(), grown])
    assert old.measured is not None
    assert old.measured.value == 4 * MIB
    assert old.measured.low < 4 * MIB < old.measured.high
    assert old.holds is Holds.DOES_NOT_HOLD


def test_every_shipped_claim_is_compared_with_something() -> None:
    """Each claim of the file names a measurement that exists, and an import-bound run leaves those of time open."""
    found = all_compared(straight())
    assert len(found) == len(SHIPPED)
    open_ = {one.claim.unit for one in found.values() if one.holds is Holds.CANNOT_TELL}
    assert "s" in open_
    assert found["base equals"].holds is Holds.DOES_NOT_HOLD
    assert found["total_of_three at most"].holds is Holds.HOLDS
    assert found["shown_safe at least"].holds is Holds.HOLDS
    assert all_compared(straight(levels=(1, 2, 3)))["shown_safe at least"].holds is Holds.HOLDS
    assert all_compared(straight(), limit_bytes=1024 * MIB)["shown_safe at least"].holds is Holds.CANNOT_TELL


def test_the_total_before_adds_three_needs_to_the_base() -> None:
    """Two at once that grow by 8 MiB make 60 and three times 4 MiB for three."""
    grown = replace(before(70), base_bytes=62.0 * MIB)
    total = all_compared([*straight(), grown])["total_of_three_before equals"]
    assert total.measured is not None
    assert round(total.measured.value / MIB, 6) == 72
    assert all_compared(straight())["total_of_three_before equals"].measured is None


def paced_thousand(users: int, elapsed_s: float, **changes: Any) -> Observation:
    one = seen(users, games_per_user=1000, upstream=TRUE_PACE, series=("pace",), **changes)
    rows = tuple(row.model_copy(update={"elapsed_s": elapsed_s, "queue_wait_s": 58.0}) for row in one.trial.imports)
    return replace(one, trial=one.trial.model_copy(update={"imports": rows}), wall_s=elapsed_s + 1)


def test_durations_are_judged_at_the_true_pace_with_a_thousand_games() -> None:
    """What imports of 1,000 games took at the true pace stands beside what was claimed of just these."""
    trials = [
        paced_thousand(1, 40.5),
        paced_thousand(3, 61.0),
        paced_thousand(4, 61.0, setting=PROFILES["recommended"]),
        paced_thousand(1, 45.0, profile="before"),
    ]
    found = all_compared([*straight(), *trials])
    assert found["thousand_games equals"].holds is Holds.DOES_NOT_HOLD
    assert found["thousand_games equals"].trial_ids == (trials[0].trial_id,)
    assert found["thousand_games_before equals"].holds is Holds.HOLDS
    assert found["three_of_thousand equals"].holds is Holds.HOLDS
    wait = found["wait_of_fourth equals"].measured
    assert wait is not None
    assert wait.value == 58.0


def test_savings_are_those_of_the_grid() -> None:
    """Batch and page claims are judged on the grid's effects, and left open without a grid."""
    cells = [
        seen(
            3, 60 + 3 * (batch / 100 + page / 10_000) + off, series=("grid",), setting=knobs(3, batch, page, 200, 15, 3)
        )
        for batch in (50, 100)
        for page in (2000, 10_000)
        for off in (-0.1, 0.1)
    ]
    found = all_compared([*straight(), *cells])
    assert found["batch_saving equals"].holds is Holds.DOES_NOT_HOLD
    assert found["batch_saving equals"].trial_ids
    assert all_compared(straight())["page_saving equals"].holds is Holds.CANNOT_TELL


def test_at_least_is_judged_by_the_lower_end() -> None:
    """A claim of at least so much holds only when the whole interval lies there."""
    claim = Claim(text="t", claimed=(1,), unit="MB", says="at least", measured_as="base")
    measured = evidence(straight())
    [low] = compare_claims([claim], measured, capacity(measured), None)
    assert low.holds is Holds.HOLDS
    [high] = compare_claims([claim.model_copy(update={"claimed": (500,)})], measured, capacity(measured), None)
    assert high.holds is Holds.DOES_NOT_HOLD
