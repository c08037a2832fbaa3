"""Who may stream: the User-Agent rule and the places of an address."""

import pytest

from fake_lichess.limits import Counts, Slots, is_crawler


@pytest.mark.parametrize(
    "user_agent",
    ["python-httpx/0.28.1", "curl/8.5.0", "python-requests/2.32", "Mozilla/5.0 HeadlessChrome/120", "", None],
)
def test_generic_clients_are_taken_for_crawlers(user_agent: str | None) -> None:
    """A library's default name, or none, is refused."""
    assert is_crawler(user_agent)


@pytest.mark.parametrize(
    "user_agent", ["my-importer/1.0 (me@example.org)", "Python-urllib/3.12", "Curl/8", "Mozilla/5.0 Firefox/140.0"]
)
def test_identifying_clients_are_let_through(user_agent: str) -> None:
    """The rule is case-sensitive and knows only the names it knows."""
    assert not is_crawler(user_agent)


def test_an_address_holds_only_so_many_streams() -> None:
    """The third of two is refused and counted; another address is not concerned."""
    counts = Counts()
    slots = Slots(2, counts)
    assert all(slots.take("a") for _ in range(2))
    assert slots.take("a") is None
    assert slots.take("b") is not None
    assert (counts.too_many_requests, counts.streams_in_flight) == (1, 3)


def test_a_place_given_back_is_free_at_once_and_only_once() -> None:
    """Giving back twice frees one place, not two."""
    counts = Counts()
    slots = Slots(1, counts)
    slot = slots.take("a")
    assert slot is not None
    slot.release()
    slot.release()
    assert slots.take("a") is not None
    assert slots.take("a") is None
    assert (counts.streams_in_flight, counts.streams_in_flight_most) == (1, 1)


def test_without_a_limit_every_stream_begins() -> None:
    """The unlimited profile refuses nothing."""
    slots = Slots(None, Counts())
    assert all(slots.take("a") for _ in range(1000))
