"""From a run's trials to ceilings, waits and tiers, and the words they are told in."""

from dataclasses import replace
from datetime import date

import pytest

from loadtests.record import Ending
from reports import planning
from reports.findings import USUAL_DEMAND, Findings, find
from reports.observation import Observation, observe
from reports.service import Upstream, service_of
from reports.texts import MIB_BYTES
from reports.tiers import Ceiling, Tier, read_tiers
from reports.waiting import check_rule
from tests.synthetic_evidence import SCENARIO, evidence, seen, straight
from tests.synthetic_plan import RECOMMENDED, TRUE_PACE, Planned, following
from tests.synthetic_records import trial

TIERS = """
[[tier]]
provider = "Small"
name = "one"
memory_mib = 256
on_exceed = "killed"
as_of = 2025-12-01
source = "s"
confidence = "documented"
price = { kind = "flat", monthly_usd = 2 }

[[tier]]
provider = "Big"
name = "two"
memory_mib = 2048
on_exceed = "swaps"
killed_at_ratio = 2
source = "s"
confidence = "unverified"
price = { kind = "flat", monthly_usd = 20 }

[[tier]]
provider = "Tiny"
name = "three"
memory_mib = 64
on_exceed = "killed"
as_of = 2025-12-01
source = "s"
confidence = "documented"
price = { kind = "flat", monthly_usd = 1 }
"""


def tiers() -> tuple[Tier, ...]:
    return read_tiers(TIERS, "t.toml")


def whole(*planned: Planned) -> list[Observation]:
    """Trials with a course of their own: start-up, base, load and imports."""
    return [observe(trial(SCENARIO, one, position)) for position, one in enumerate(planned, start=1)]


def measured() -> list[Observation]:
    users = [Planned("users", users, following(users)) for users in (1, 2, 3, 4, 5) * 2]
    return whole(*users, Planned("queue", 5, RECOMMENDED), Planned("pace", 3, following(3), upstream=TRUE_PACE))


@pytest.fixture(scope="module")
def planned() -> Findings:
    return find(evidence(measured()), tiers())


def test_a_service_is_described_by_its_trials(planned: Findings) -> None:
    """Idle memory, need and work of an import are those of the trials; pace and streams those given."""
    assert planned.plan is not None
    service = planned.plan.service
    assert service.idle_bytes == pytest.approx(61 * MIB_BYTES, rel=0.01)
    assert service.need_bytes == pytest.approx(1.86 * MIB_BYTES, rel=0.25)
    assert service.cpu_s == pytest.approx(0.6, rel=0.3)  # 500 games at 800 a second, nine tenths of it at work
    assert (service.processes, service.streams, service.games_per_s) == (1, 2, 25.0)
    assert service.measured_to == 5
    other = service_of(planned.evidence, planned.capacity, Upstream(games_per_s=60, streams=20))
    assert other is not None
    assert (other.games_per_s, other.streams) == (60, 20)


def test_without_a_need_there_is_no_plan() -> None:
    """One level, bare requests, or trials without a load's processor time tell nothing of tiers, and it is said."""
    for trials in (straight(levels=(3,)), [seen(n, games_per_user=0) for n in (1, 2, 3)], straight()):
        found = find(evidence(trials), tiers())
        assert found.plan is None
        assert planning.ceilings(found) is None
        assert planning.tiers(found) is None
        assert planning.waits(found) == []
        assert planning.choice(found) == [
            "This run does not tell what an import needs, so nothing can be said of tiers."
        ]
    assert find(evidence(measured())).plan is None


def test_the_ceiling_met_first_is_told_for_three_four_and_five(planned: Findings) -> None:
    """The upstream stops them first; under a tight limit memory does, and where streams abound the processor."""
    table = planning.ceilings(planned)
    assert table is not None
    assert [row.cells[-1] for row in table.rows] == ["upstream"] * 3
    tight = replace(planned, evidence=evidence(measured(), limit_bytes=70 * MIB_BYTES))
    table = planning.ceilings(tight)
    assert table is not None
    assert table.rows[-1].cells[-1] == Ceiling.MEMORY.value
    fast = find(evidence(measured()), tiers(), upstream=Upstream(games_per_s=5000, streams=20))
    table = planning.ceilings(fast)
    assert table is not None
    assert table.rows[-1].cells[-1] == Ceiling.CPU.value
    assert "20 streams of 5000 games/s" in planning.assumptions(fast.plan) if fast.plan else False


def test_waits_are_told_at_once_over_the_day_and_checked(planned: Findings) -> None:
    """A burst, a steady pace, a fleet, and how well the rule reproduces the queue that was measured."""
    burst, steady, rule = planning.waits(planned)
    assert burst.startswith(
        "At the upstream's pace, with 2 imports streaming at once (measured service times): of four"
    )
    assert "two wait, the last 20." in burst
    assert "users a day need" in steady
    assert rule.startswith("The rule, first come first served, was checked on 1 trial with a queue: recomputed waits")
    unpaced = find(evidence(whole(*[Planned("users", n, following(n)) for n in (1, 2, 3) * 2])), tiers())
    burst, _, rule = planning.waits(unpaced)
    assert "service times from the pace alone" in burst
    assert rule.startswith("No trial with a queue completed")


def test_the_rule_is_checked_on_completed_queues_alone() -> None:
    """A queue whose trial failed, or in which nobody waited, checks nothing."""
    assert check_rule([seen(4, ending=Ending.OOM_KILLED, setting=RECOMMENDED)]) is None
    assert check_rule([seen(3)]) is None


def test_tiers_are_told_with_their_reasons(planned: Findings) -> None:
    """The cheapest that suffices comes first, a rejected one last with its reason; undated prices are marked."""
    table = planning.tiers(planned)
    assert table is not None
    assert [row.cells[0] for row in table.rows] == ["Small one", "Big two", "Tiny three"]
    assert table.rows[2].cells[-1] == "not even one import leaves the reserve free"
    assert table.rows[1].cells[-2] == "undated, unverified\N{DAGGER}"
    assert "swaps, killed at 2" in table.rows[1].cells[-3]
    first, bigger, stale = planning.choice(planned)
    assert first.startswith("Small one suffices for 100,000 imports a month at $4.00 (2 machines)")
    assert bigger == (
        "8 times the memory (Big two against Small one) brings 1 times the imports an hour: the upstream counts "
        "streams by address, so several small machines beat a big one."
    )
    assert stale.startswith("1 of 3 prices")
    assert planned.plan is not None
    fresh = replace(planned, plan=replace(planned.plan, offers=planned.plan.offers[:1]))
    assert len(planning.choice(fresh)) == 2


def test_nothing_that_suffices_is_said() -> None:
    """When every tier is too small, no tier is recommended."""
    found = find(evidence(measured()), tiers()[2:])
    assert planning.choice(found) == ["No tier suffices; the table says why."]


def test_a_bigger_machine_that_gains_says_how_much() -> None:
    """Where memory binds the small machine and the processor the big one, the gain is told without the advice."""
    few = [one.model_copy(update={"memory_mib": 75.0}) if one.provider == "Small" else one for one in tiers()]
    found = find(evidence(measured()), few, upstream=Upstream(games_per_s=2000, streams=50))
    assert found.plan is not None
    sentence = planning.choice(found)[1]
    assert sentence.endswith("times the imports an hour.")


def test_prices_age_to_the_day_of_the_run(planned: Findings) -> None:
    """The same records say the same of prices on any later day."""
    assert planned.plan is not None
    assert not planned.plan.offers[0].tier.is_stale(date(2026, 1, 1))
    assert USUAL_DEMAND.busiest_per_hour == pytest.approx(100_000 / (730 / 24) * 0.1)
