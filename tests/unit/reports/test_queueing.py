"""Waiting times against theory and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.queueing import DAY_S, HOUR_S, Queue, erlang_c, fleet, waits_s

# Enough imports that chance stays below the 2 % that is asked of the mean wait.
MANY = 500_000


def crommelin_mean_wait_s(slots: int, arrivals_per_s: float, service_s: float) -> float:
    """Mean wait of M/D/c, from the chain of how many are there every *service_s*: who was served then has left.

    Source: Crommelin 1932; the chain is cut where its probability is below any digit shown.
    """
    states, load = 400, arrivals_per_s * service_s
    arriving = [math.exp(-load)]
    for number in range(1, states):
        arriving.append(arriving[-1] * load / number)
    moves = np.zeros((states, states))
    for here in range(states):
        left = max(0, here - slots)
        moves[here, left:] = arriving[: states - left]
    moves[:, -1] += 1 - moves.sum(axis=1)
    system = moves.T - np.eye(states)
    system[-1] = 1.0
    there = np.linalg.solve(system, np.eye(states)[-1])
    waiting = sum((number - slots) * there[number] for number in range(slots, states))
    return float(waiting / arrivals_per_s)


def test_waits_by_hand() -> None:
    """Four at once on two slots: two run, the third gets the slot that is free first, the fourth the next."""
    assert waits_s([0, 0, 0, 0], [5, 3, 4, 1], 2).tolist() == [0, 0, 3, 5]
    assert waits_s([0, 1, 9], [5, 5, 5], 1).tolist() == [0, 4, 1]


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 10)), min_size=1, max_size=30),
    st.integers(1, 5),
)
def test_more_slots_never_lengthen_a_wait(jobs: list[tuple[float, float]], slots: int) -> None:
    """One more slot makes nobody wait longer, and as many slots as imports make nobody wait."""
    arrivals, services = np.cumsum([gap for gap, _ in jobs]), [service for _, service in jobs]
    fewer, more = waits_s(arrivals, services, slots), waits_s(arrivals, services, slots + 1)
    assert (more <= fewer + 1e-9).all()
    assert waits_s(arrivals, services, len(jobs)).max() == 0


@pytest.mark.parametrize(("slots", "busy"), [(1, 0.5), (3, 0.7), (5, 0.8)])
def test_exponential_service_meets_erlang(slots: int, busy: float) -> None:
    """With exponential service times the mean wait and the share that waits are Erlang's within 2 %."""
    services = np.random.default_rng(1).exponential(size=200_000)
    queue = Queue(services.tolist(), slots, seed=2, imports=MANY)
    found, waits = queue.waits(busy * queue.full_per_s), erlang_c(slots, busy * slots)
    mean_s = waits / (queue.full_per_s * (1 - busy))
    assert found.waited_ratio == pytest.approx(waits, rel=0.02)
    assert found.mean_s == pytest.approx(mean_s, rel=0.02)
    assert found.p95_s == pytest.approx(math.log(waits / 0.05) / (queue.full_per_s * (1 - busy)), rel=0.03)


@pytest.mark.parametrize(("slots", "busy"), [(1, 0.5), (3, 0.7), (5, 0.8)])
def test_constant_service_meets_crommelin(slots: int, busy: float) -> None:
    """With constant service times the mean wait is Crommelin's within 2 %; on one slot, Pollaczek and Khinchine's."""
    queue = Queue([2.0], slots, seed=3, imports=MANY)
    expected_s = crommelin_mean_wait_s(slots, busy * queue.full_per_s, 2.0)
    assert queue.waits(busy * queue.full_per_s).mean_s == pytest.approx(expected_s, rel=0.02)
    if slots == 1:
        assert expected_s == pytest.approx(busy * 2.0 / (2 * (1 - busy)))


def test_erlang_known_values() -> None:
    """One slot waits as often as it is busy; three slots at two erlangs wait in 4 of 9 cases."""
    assert erlang_c(1, 0.3) == pytest.approx(0.3)
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9)


def test_the_pace_for_a_wait_is_the_highest_that_keeps_it() -> None:
    """At the answered pace the 95th percentile is within the wait; a little above it is not."""
    queue = Queue([40.0, 50.0, 60.0], 3, imports=20_000)
    most = queue.most_per_s(30.0)
    assert queue.waits(most).p95_s <= 30.0 < queue.waits(most * 1.01).p95_s
    assert queue.waits(most).busy_ratio < 1
    assert queue.most_per_s(1e9) == pytest.approx(0.99 * queue.full_per_s)


def test_a_fleet_grows_with_its_users() -> None:
    """A million users a day need about a thousand times the machines that a thousand need, and each keeps the wait."""
    queue = Queue([45.0, 55.0], 3, imports=20_000)
    evenly = HOUR_S / DAY_S
    few = fleet(queue, 1000, busiest_hour_ratio=evenly, wait_s=60.0)
    many = fleet(queue, 1_000_000, busiest_hour_ratio=evenly, wait_s=60.0)
    assert few.machines == 1
    assert 200 <= many.machines <= 1000
    assert many.p95_wait_s <= 60.0


def test_no_slots_make_no_queue() -> None:
    """A queue without slots or service times is refused rather than answered."""
    with pytest.raises(ValueError, match="0 slots"):
        Queue([1.0], 0)
    with pytest.raises(ValueError, match="0 service times"):
        Queue([], 3)
