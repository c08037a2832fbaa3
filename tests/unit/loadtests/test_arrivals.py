"""Promises of open arrivals: their schedule, and what is said of a server that keeps up or does not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.arrivals import backlogs, kept_up, poisson_offsets_s
from loadtests.record import ImportRow


def row(scheduled_s: float, done_s: float | None) -> ImportRow:
    """An import of which only schedule and end matter."""
    blank = dict.fromkeys(ImportRow.model_fields)
    known = {"user": "ann", "state": "completed", "scheduled_s": scheduled_s, "done_s": done_s}
    return ImportRow.model_validate({**blank, **known})


@given(count=st.integers(1, 50), per_s=st.floats(0.01, 1000), seed=st.text(max_size=5))
def test_one_seed_is_one_schedule(count: int, per_s: float, seed: str) -> None:
    """The same seed gives the same times in order, one for each arrival; another rate only stretches them."""
    offsets = poisson_offsets_s(count, per_s, seed)
    assert offsets == poisson_offsets_s(count, per_s, seed)
    assert (len(offsets), offsets[0], list(offsets)) == (count, 0.0, sorted(offsets))
    assert [2 * at_s for at_s in poisson_offsets_s(count, 2 * per_s, seed)] == pytest.approx(list(offsets))


def test_arrivals_come_at_the_rate_asked_for() -> None:
    """Of many arrivals the gaps average one over the rate, and vary as much as they are long, as Poisson's do."""
    offsets = poisson_offsets_s(10_001, 4.0, "seed")
    gaps = [later - earlier for earlier, later in pairwise(offsets)]
    mean_s = sum(gaps) / len(gaps)
    spread_s = (sum((gap - mean_s) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean_s == pytest.approx(0.25, rel=0.05)
    assert spread_s == pytest.approx(mean_s, rel=0.05)


def test_a_server_that_keeps_up_has_no_backlog() -> None:
    """Where each import is done before the next one comes, nobody is found waiting and nothing grows."""
    found = kept_up([row(at_s, at_s + 0.5) for at_s in range(10)], 1.0)
    assert (found.per_s, found.backlog_growth_per_s, found.backlog_most) == (1.0, 0.0, 0)


def test_a_server_half_as_fast_falls_behind_by_half() -> None:
    """Two arrivals a second on a server that does one: the backlog grows by one a second, and the last finds most."""
    found = kept_up([row(number / 2, number + 1.0) for number in range(40)], 2.0)
    assert found.backlog_growth_per_s == pytest.approx(1.0, rel=0.05)
    assert found.backlog_most == 20


def test_what_never_ends_stays_in_the_backlog() -> None:
    """An import without an end is found by every later one."""
    assert backlogs([row(0.0, None), row(1.0, 1.5), row(2.0, 3.0)]) == ((0.0, 0), (1.0, 1), (2.0, 1))


@pytest.mark.parametrize("times", [(), (1.0,), (1.0, 2.0), (1.0, 1.0, 1.0)])
def test_too_few_arrivals_have_no_slope(times: tuple[float, ...]) -> None:
    """From two arrivals, or from many at one moment, no growth is told."""
    assert kept_up([row(at_s, None) for at_s in times], 1.0).backlog_growth_per_s is None
