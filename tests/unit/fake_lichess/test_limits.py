"""Who may stream: the User-Agent rule, the places of addresses and tokens, the pace of each caller."""

from dataclasses import replace

import pytest

from fake_lichess.limits import Caller, Counts, Kind, Limits, Refused, Slot, address_of, is_crawler, pace_for
from fake_lichess.settings import PROFILES, Leaks, ProfileName, Settings


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


LICHESS = Settings(PROFILES[ProfileName.LICHESS], max_streams=2)
ANNA = Caller("a", user="anna")


def limits(settings: Settings = LICHESS, now_s: tuple[float, ...] = (0.0,)) -> tuple[Limits, Counts, list[float]]:
    """Make limits whose clock shows whatever stands in the list."""
    counts, clock = Counts(), list(now_s)
    return Limits(settings, counts, lambda: clock[0]), counts, clock


def taken(found: Slot | Refused) -> Slot:
    """Insist that a stream may begin."""
    assert isinstance(found, Slot)
    return found


def test_an_address_holds_only_so_many_streams() -> None:
    """The third of two is refused with the exact words and counted; another address is not concerned."""
    found, counts, _ = limits()
    for _ in range(2):
        taken(found.admit(Caller("a"), Kind.BY_USER))
    assert found.admit(Caller("a"), Kind.BY_USER) == Refused({"error": "Please only run 1 request(s) at a time"})
    taken(found.admit(Caller("b"), Kind.BY_USER))
    assert (counts.too_many_requests, counts.streams_in_flight) == (1, 3)


def test_a_place_given_back_is_free_at_once_and_only_once() -> None:
    """Giving back twice frees one place, not two."""
    found, counts, _ = limits(replace(LICHESS, max_streams=1))
    slot = taken(found.admit(Caller("a"), Kind.BY_USER))
    slot.release()
    slot.release()
    taken(found.admit(Caller("a"), Kind.BY_USER))
    assert isinstance(found.admit(Caller("a"), Kind.BY_USER), Refused)
    assert (counts.streams_in_flight, counts.streams_in_flight_most) == (1, 1)


def test_without_a_limit_every_stream_begins() -> None:
    """The unlimited profile refuses nothing, to tokens and own games neither."""
    found, _, _ = limits(Settings(PROFILES[ProfileName.UNLIMITED]))
    for caller in (Caller("a"), ANNA, replace(ANNA, own_games=True)) * 100:
        taken(found.admit(caller, Kind.BY_USER))


def test_exports_by_ids_share_the_address_s_places_and_say_two() -> None:
    """One limit for both routes, each with its own words."""
    found, _, _ = limits()
    taken(found.admit(Caller("a"), Kind.BY_USER))
    taken(found.admit(Caller("a"), Kind.BY_IDS))
    assert found.admit(Caller("a"), Kind.BY_IDS) == Refused({"error": "Please only run 2 request(s) at a time"})


def test_a_token_holds_two_streams_wherever_they_come_from() -> None:
    """The third stream of a token is refused from a third address too."""
    found, _, _ = limits()
    taken(found.admit(ANNA, Kind.BY_USER))
    taken(found.admit(replace(ANNA, address="b"), Kind.BY_USER))
    assert isinstance(found.admit(replace(ANNA, address="c"), Kind.BY_USER), Refused)


def test_own_games_have_twenty_places_an_address_and_leave_the_others_alone() -> None:
    """Ten owners with two streams each fill an address; anonymous streams from it still begin."""
    found, _, _ = limits()
    for owner in range(10):
        for _ in range(2):
            taken(found.admit(Caller("a", f"user{owner}", own_games=True), Kind.BY_USER))
    assert isinstance(found.admit(Caller("a", "one-more", own_games=True), Kind.BY_USER), Refused)
    taken(found.admit(Caller("a"), Kind.BY_USER))


def test_a_stream_that_its_token_s_limit_refuses_leaks_a_place_of_the_address() -> None:
    """After two such refusals the address is locked out for an hour, although nothing streams from it."""
    found, _, clock = limits()
    for address in ("b", "c"):
        taken(found.admit(replace(ANNA, address=address), Kind.BY_USER))
    for _ in range(2):
        found.admit(ANNA, Kind.BY_USER)
    assert found.places.snapshot()["api.ip.download:a"] == 2
    clock[0] = 3599.9
    assert isinstance(found.admit(Caller("a"), Kind.BY_USER), Refused)
    clock[0] = 3600.0
    taken(found.admit(Caller("a"), Kind.BY_USER))


def test_leaking_can_be_switched_off() -> None:
    """Then a refusal by the token's limit leaves the address its places."""
    found, _, _ = limits(replace(LICHESS, leaks=Leaks.NONE))
    for address in ("b", "c", "a", "a", "a"):
        found.admit(replace(ANNA, address=address), Kind.BY_USER)
    assert "api.ip.download:a" not in found.places.snapshot()


def test_a_stream_longer_than_the_memory_stops_being_counted() -> None:
    """An hour after the last start a third stream begins, and the forgotten one's end frees nothing."""
    found, counts, clock = limits(replace(LICHESS, speed_ratio=60.0, max_streams=1))
    long_one = taken(found.admit(Caller("a"), Kind.BY_USER))
    clock[0] = 60.0
    assert found.places.snapshot() == {}
    long_one.release()
    taken(found.admit(Caller("a"), Kind.BY_USER))
    assert isinstance(found.admit(Caller("a"), Kind.BY_USER), Refused)
    assert counts.streams_in_flight == 1


@pytest.mark.parametrize(
    ("profile", "paces"),
    [
        (ProfileName.LICHESS, [25.0, 30.0, 60.0]),
        (ProfileName.DOCUMENTED, [20.0, 30.0, 60.0]),
        (ProfileName.UNLIMITED, [None, None, None]),
    ],
)
def test_the_pace_depends_on_who_asks(profile: ProfileName, paces: list[float | None]) -> None:
    """Anonymous callers, tokens and owners of the games; exports by ids flow alike for all."""
    settings = Settings(PROFILES[profile])
    callers = Caller("a"), ANNA, replace(ANNA, own_games=True)
    found = [pace_for(settings, caller, Kind.BY_USER) for caller in callers]
    assert [pace and pace.games_per_s for pace in found] == paces
    by_ids = {pace and pace.games_per_s for pace in (pace_for(settings, caller, Kind.BY_IDS) for caller in callers)}
    assert by_ids == ({None} if paces[0] is None else {30.0})


def test_the_header_names_the_address_only_when_it_is_to_be_believed() -> None:
    """All load here comes from one address; who does not ask for the header cannot be fooled by it."""
    headers = {"x-forwarded-for": "10.0.0.7, 10.0.0.1"}
    trusting = replace(LICHESS, trust_client_header=True)
    assert address_of("127.0.0.1", headers, LICHESS) == "127.0.0.1"
    assert address_of("127.0.0.1", headers, trusting) == "10.0.0.7"
    assert address_of("127.0.0.1", {}, trusting) == "127.0.0.1"
