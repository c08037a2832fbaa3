"""Tiers by hand: what they hold, what stops them, what they cost."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reports.errors import TiersUnusable
from reports.texts import MIB_BYTES
from reports.tiers import Ceiling, Demand, Service, Tier, fits, offers, read_tiers

SHIPPED = Path(__file__).resolve().parents[3] / "reports" / "tiers.toml"
FLAT = """
[[tier]]
provider = "P"
name = "{name}"
memory_mib = {mib}
vcpus = {vcpus}
on_exceed = "killed"
as_of = 2026-01-01
source = "s"
confidence = "documented"
price = {price}
"""
USAGE = (
    '{ kind = "usage", monthly_usd = 5, included_usd = 5, memory_usd_per_gib_month = 10, cpu_usd_per_vcpu_month = 20 }'
)
# 150 MiB and 90 more an import: the published case. An import of 500 games takes 20 s of a stream, 1 s of a processor.
SERVICE = Service(
    bound_bytes=lambda users: (150 + 90 * users) * MIB_BYTES,
    measured_to=5,
    idle_bytes=150 * MIB_BYTES,
    need_bytes=90 * MIB_BYTES,
    cpu_s=1.0,
    processes=1,
    games=500,
    games_per_s=25.0,
    streams=2,
    reserve_ratio=0.1,
)
DEMAND = Demand(imports_per_month=73_000, busiest_hour_ratio=0.1, wait_s=60.0)


def tier(mib: float = 512, vcpus: float = 1, price: str = '{ kind = "flat", monthly_usd = 7 }') -> Tier:
    return read_tiers(FLAT.format(name="T", mib=mib, vcpus=vcpus, price=price), "t.toml")[0]


def test_what_fits_is_the_inverse_of_the_bound() -> None:
    """As many imports fit as keep the reserve free, one more does not, and a machine below the base holds none."""
    assert fits(SERVICE, 512 * MIB_BYTES) == 3  # 420 of 460.8
    assert fits(SERVICE, 566.6 * MIB_BYTES) == 3
    assert fits(SERVICE, 566.7 * MIB_BYTES) == 4
    assert fits(SERVICE, 200 * MIB_BYTES) == 0


def test_the_ceiling_met_first_binds() -> None:
    """Streams bind a big machine, memory a small one, and a slow processor before both."""
    by_memory, by_streams = tier(300), tier(8192)
    by_processor = tier(8192, vcpus=0.05)
    found = {offer.tier: offer for offer in offers([by_memory, by_streams, by_processor], SERVICE, DEMAND)}
    assert found[by_memory].binding is Ceiling.MEMORY
    assert found[by_memory].most_per_hour == pytest.approx(3600 / 20)
    assert found[by_streams].binding is Ceiling.UPSTREAM
    assert found[by_streams].most_per_hour == pytest.approx(2 * 3600 / 20)
    assert found[by_processor].binding is Ceiling.CPU
    assert found[by_processor].most_per_hour == pytest.approx(0.05 * 3600)


def test_more_than_was_measured_is_marked() -> None:
    """A tier whose capacity lies beyond the trials says so."""
    small, large = offers([tier(512), tier(8192)], SERVICE, DEMAND)
    assert (small.fits, small.beyond_measured) == (3, False)
    assert large.beyond_measured


def test_a_big_machine_has_no_more_streams() -> None:
    """Where the upstream binds, sixteen times the memory needs as many machines as the small one."""
    small, large = offers([tier(512), tier(8192)], SERVICE, replace(DEMAND, imports_per_month=1_000_000))
    assert small.machines == large.machines
    assert small.machines is not None
    assert small.machines > 1


def test_a_tier_that_holds_nothing_comes_last() -> None:
    """A machine smaller than the server's base has no price and stands below those that do."""
    found = offers([tier(128), tier(512)], SERVICE, DEMAND)
    assert [offer.machines for offer in found] == [1, None]
    assert found[1].usd_per_thousand(DEMAND.imports_per_month) is None
    assert found[1].within_wait_per_hour == 0


def test_flat_and_usage_prices_differ() -> None:
    """A flat price stays; a usage price is the average memory and processor time beyond what is included."""
    flat, usage = tier(), tier(price=USAGE)
    found = {offer.tier: offer for offer in offers([flat, usage], SERVICE, DEMAND)}
    assert found[flat].monthly_usd == 7
    assert found[flat].usd_per_thousand(73_000) == pytest.approx(7 / 73)
    # 100 imports an hour of 20 s: 0.556 in flight, 200 MiB on average, 0.0278 processors.
    expected = (150 + 90 * 20 / 36) / 1024 * 10 + 20 / 36
    assert found[usage].monthly_usd == pytest.approx(5 + max(0.0, expected - 5))
    busy = replace(DEMAND, imports_per_month=730_000)
    [much] = offers([usage], SERVICE, busy)
    assert much.machines is not None
    used = (150 * much.machines + 90 * 200 / 36) / 1024 * 10 + 200 / 36
    assert much.monthly_usd == pytest.approx(5 + used - 5)


def test_a_rejected_tier_says_why() -> None:
    """Credit that this load uses up, a plan no longer sold and too little memory are reasons, and stand last."""
    free = tier(price=USAGE.replace("included_usd = 5", "included_usd = 1, stops_when_used_up = true"))
    old = tier().model_copy(update={"unfit_because": "no longer sold"})
    found = offers([free, old, tier(128), tier()], SERVICE, DEMAND)
    assert found[0].rejected is None
    assert {offer.rejected for offer in found[1:]} == {
        "stops when its $1 are used up; this load uses $2.51",
        "no longer sold",
        "not even one import leaves the reserve free",
    }
    light = replace(DEMAND, imports_per_month=10)
    assert offers([free], replace(SERVICE, idle_bytes=MIB_BYTES), light)[0].rejected is None


def test_prices_age() -> None:
    """Half a year after it was read, a price is stale; one of unknown age always is."""
    known = tier()
    assert known.age_days(date(2026, 1, 31)) == 30
    assert not known.is_stale(date(2026, 6, 30))
    assert known.is_stale(date(2026, 7, 1))
    unknown = known.model_copy(update={"as_of": None})
    assert unknown.age_days(date(2026, 1, 1)) is None
    assert unknown.is_stale(date(2026, 1, 1))


def test_the_shipped_tiers_can_be_read() -> None:
    """Every shipped tier has a source, and the sizes that the published claim is about are among them."""
    shipped = read_tiers(SHIPPED.read_text(), "tiers.toml")
    assert {512, 1024, 2048, 4096} <= {one.memory_mib for one in shipped}
    assert all(one.source for one in shipped)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[[tier]", "not TOML"),
        ("", "tier: Field required"),
        (FLAT.format(name="T", mib=-1, vcpus=1, price='{ kind = "flat", monthly_usd = 7 }'), "memory_mib"),
        (FLAT.format(name="T", mib=1, vcpus=1, price='{ kind = "free" }'), "price"),
        (FLAT.format(name="T", mib=1, vcpus=1, price='{ kind = "flat", monthly_usd = 7 }') + "colour = 1", "colour"),
    ],
    ids=["no TOML", "empty", "negative", "unknown price", "unknown key"],
)
def test_a_bad_file_names_file_and_key(text: str, found: str) -> None:
    """What is wrong in the file is said with the file's name and the key."""
    with pytest.raises(TiersUnusable, match=r"in mine\.toml") as error:
        read_tiers(text, "mine.toml")
    assert found in str(error.value)
    assert error.value.exit_code == 2
