"""Promises of the orders that reach Locust through its environment."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.errors import UsageError
from loadtests.orders import Orders, Start, from_environment, to_environment

SECONDS = st.floats(min_value=0.001, max_value=1e6)
ORDERS = st.builds(
    Orders,
    users=st.lists(st.from_regex(r"[A-Za-z0-9_-]{2,30}", fullmatch=True), unique=True).map(tuple),
    games=st.integers(1, 100_000),
    start=st.sampled_from(["aligned", "staggered", "poisson"]),
    offsets_s=st.lists(st.floats(0, 1e6), max_size=5).map(tuple),
    locust_file=st.none() | st.just("/a folder/mine.py"),
    work_s=st.none() | SECONDS,
    failures_allowed=st.integers(0, 100),
    stagger_s=SECONDS,
    time_limit_s=SECONDS,
    poll_interval_s=SECONDS,
    rows_file=st.none() | st.sampled_from(["rows.jsonl", "/a folder/rows.jsonl"]),
    scenario=st.sampled_from(["import", "hold", "locustfile"]),
    hold_path=st.sampled_from(["/hold", "/work?size=1"]),
    held=st.booleans(),
)


@given(orders=ORDERS)
def test_orders_survive_the_environment(orders: Orders) -> None:
    """What the harness orders is what Locust's process reads, to the last digit."""
    assert from_environment(to_environment(orders)) == orders


def test_every_start_has_its_schedule() -> None:
    """Aligned users begin at once, staggered ones at fixed distances, open arrivals when their schedule says so."""
    users: dict[str, Any] = {"stagger_s": 0.5, "offsets_s": (0.0, 0.3, 0.4)}
    begun = [[Orders(start=start, **users).offset_s(place) for place in range(3)] for start in get_args(Start)]
    assert begun == [[0.0, 0.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.3, 0.4]]


def test_by_hand_nothing_needs_to_be_set() -> None:
    """Without any variable Locust's users do not wait, and import what the published checks import."""
    orders = from_environment({"PATH": "/bin", "LOADTEST_INTERVAL_S": "0.05"})
    assert orders == Orders()
    assert (orders.held, orders.games, orders.users) == (False, 500, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOAD_GAMES", "0"),
        ("LOAD_GAMES", "many"),
        ("LOAD_START", "together"),
        ("LOAD_POLL_INTERVAL_S", "0"),
        ("LOAD_TIME_LIMIT_S", "inf"),
        ("LOAD_TIME_LIMIT_S", "nan"),
        ("LOAD_STAGGER_S", "-1"),
        ("LOAD_USERS", "ann,bob,ann"),
        ("LOAD_HELD", "perhaps"),
        ("LOAD_SCENARIO", "export"),
        ("LOAD_HOLD_PATH", "hold"),
        ("LOAD_OFFSETS_S", "1,-1"),
        ("LOAD_WORK_S", "0"),
        ("LOAD_FAILURES_ALLOWED", "-1"),
    ],
)
def test_an_unusable_value_is_named(name: str, value: str) -> None:
    """A value that cannot be used is refused in a sentence with the variable, the value and what is allowed."""
    with pytest.raises(UsageError, match=f"{name}='{value}' cannot be used: give .*, or unset it"):
        from_environment({name: value})
