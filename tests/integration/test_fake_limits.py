"""The places of addresses on a running fake Lichess: who is told apart, what leaks, and for how long."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import httpx

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
EXPORT = "/api/games/user/player1"
REFUSED = '{"error":"Please only run 1 request(s) at a time"}'
# Long enough for a busy machine; nothing waits this long when all is well.
PATIENCE_S = 10.0


@contextmanager
def server(*arguments: str) -> Iterator[httpx.Client]:
    """Run a server and yield a client that knows it."""
    with running(["fake_lichess", *arguments]) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def places(client: httpx.Client) -> dict[str, int]:
    """Ask for the places now taken."""
    found: dict[str, int] = client.get("/_control/stats").json()["places"]
    return found


def status(client: httpx.Client, address: str = "") -> int:
    """Ask for one game, as if from this address."""
    headers = {"X-Forwarded-For": address} if address else {}
    return client.get(EXPORT, params={"max": 1}, headers=headers).status_code


def until_status(client: httpx.Client, wanted: int) -> None:
    """Ask again until the answer is the one wanted."""
    deadline = monotonic() + PATIENCE_S
    while status(client) != wanted:
        assert monotonic() < deadline


def test_of_three_exports_two_stream_and_the_third_waits_for_an_end() -> None:
    """The third is refused at once in the exact words; when a stream has come to its own end, the next begins."""
    with (
        server("--profile", "lichess") as client,
        client.stream("GET", EXPORT) as first,
        client.stream("GET", EXPORT, params={"max": 20}) as second,
    ):
        assert (first.status_code, second.status_code) == (200, 200)
        asked = monotonic()
        third = client.get(EXPORT)
        assert (third.status_code, third.text) == (429, REFUSED)
        assert monotonic() - asked < 0.5
        assert second.read().count(b"[Event ") == 20
        with client.stream("GET", EXPORT) as fourth:
            assert fourth.status_code == 200
            assert client.get(EXPORT).text == REFUSED


def test_a_named_address_has_places_of_its_own_only_when_headers_are_trusted() -> None:
    """All load comes from loopback: with the switch it counts as many addresses, without it as one."""
    for switch, of_others in ((("--trust-client-header",), 200), ((), 429)):
        with server("--profile", "documented", *switch) as client, client.stream("GET", EXPORT):
            assert status(client) == 429
            assert status(client, "10.0.0.7") == of_others


def test_readers_who_go_away_cost_their_address_its_places_when_told_to() -> None:
    """With `--leaks abandoned` two vanished readers lock the address out, and nothing is in flight."""
    with server("--leaks", "abandoned") as client:
        for _ in range(2):
            with client.stream("GET", EXPORT) as stream:
                next(stream.iter_raw())
        until_status(client, 429)
        deadline = monotonic() + PATIENCE_S
        while client.get("/_control/stats").json()["streams_in_flight"]:
            assert monotonic() < deadline
        assert places(client) == {"api.ip.download:127.0.0.1": 2}


def test_leaked_places_are_forgotten_after_their_memory_and_refusals_do_not_renew_it() -> None:
    """Leaked on demand, an address is refused however often it asks, until the memory, 1 s here, is over."""
    with server("--slot-memory-s", "3600", "--speed", "3600") as client:
        answer = client.put("/_control/addresses/127.0.0.1/leaked", json={"streams": 2})
        assert answer.json() == {"places": {"api.ip.download:127.0.0.1": 2}}
        assert client.get(EXPORT).text == REFUSED
        until_status(client, 200)
        assert places(client) == {}


def bearer(client: httpx.Client, user: str) -> dict[str, str]:
    """Make a token of this user, and the user if need be, and return the header that shows it."""
    if not user.startswith("player"):
        client.put(f"/_control/users/{user}", json={"games": 1}).raise_for_status()
    client.put(f"/_control/tokens/of_{user}", json={"user": user}).raise_for_status()
    return {"Authorization": f"Bearer of_{user}"}


def took_s(client: httpx.Client, user: str, headers: dict[str, str]) -> float:
    """Export forty games and say how long that took."""
    began = monotonic()
    answer = client.get(f"/api/games/user/{user}", params={"max": 40}, headers=headers)
    assert (answer.status_code, answer.text.count("[Event ")) == (200, 40)
    return monotonic() - began


def test_owners_are_served_faster_than_tokens_and_tokens_faster_than_strangers() -> None:
    """60, 30 and 25 games a second, of which the first 6, 3 and 2 go at once."""
    with server("--profile", "lichess") as client:
        mine = bearer(client, "player1")
        own, token, stranger = (
            took_s(client, user, headers) for user, headers in (("player1", mine), ("player2", mine), ("player2", {}))
        )
    assert 34 / 60 - 0.05 < own < 37 / 30 - 0.05 < token
    assert token < stranger
    assert stranger > 38 / 25 - 0.05


def test_owners_have_places_of_their_own_and_each_token_two() -> None:
    """With both places of the address taken, an owner still begins two streams of his own games, and no third."""
    with (
        server("--profile", "lichess") as client,
        client.stream("GET", EXPORT) as first,
        client.stream("GET", EXPORT) as second,
    ):
        mine = bearer(client, "player1")
        assert (first.status_code, second.status_code) == (200, 200)
        assert client.get(EXPORT).text == REFUSED
        with client.stream("GET", EXPORT, headers=mine) as third, client.stream("GET", EXPORT, headers=mine) as fourth:
            assert (third.status_code, fourth.status_code) == (200, 200)
            assert client.get(EXPORT, headers=mine).text == REFUSED
        assert client.get("/api/games/user/player2", headers=mine).text == REFUSED


def test_refusals_of_a_busy_token_lock_their_address_out() -> None:
    """Each takes a place of the address that nothing gives back; an uninvolved caller from there pays for it."""
    with server("--trust-client-header") as client:
        mine = bearer(client, "someone")
        path = "/api/games/user/player2"
        with (
            client.stream("GET", path, headers=mine | {"X-Forwarded-For": "10.0.0.1"}),
            client.stream("GET", path, headers=mine | {"X-Forwarded-For": "10.0.0.2"}),
        ):
            for _ in range(2):
                assert client.get(path, headers=mine | {"X-Forwarded-For": "10.0.0.3"}).text == REFUSED
            assert status(client, "10.0.0.3") == 429
            assert status(client, "10.0.0.4") == 200
