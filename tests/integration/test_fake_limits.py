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
