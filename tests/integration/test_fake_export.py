"""The export route of a running fake Lichess, as real clients meet it."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import chess.pgn
import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
EXPORT = "/api/games/user/player1"
ID = re.compile(r'\[GameId "(\w{8})"\]')


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file."""
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", "300"]) as url,
        httpx.Client(base_url=url, headers=ME) as client,
    ):
        client.put("/_control/tokens/lip_one", json={"user": "player1"}).raise_for_status()
        yield client


def ids(client: httpx.Client, **parameters: str | int) -> list[str]:
    """Export and return the ids in the order they came."""
    return ID.findall(client.get(EXPORT, params=parameters).raise_for_status().text)


def truth(client: httpx.Client, **parameters: str | int) -> list[str]:
    """Return the ids an import must end up with."""
    answer = client.get("/_control/users/player1/truth", params=parameters).raise_for_status().json()
    assert answer["count"] == len(answer["games"])
    return [game["id"] for game in answer["games"]]


def test_the_headers_are_lichess_s(client: httpx.Client) -> None:
    """PGN without charset, chunked, an unquoted file name, CORS, and no length, tag or rate-limit header."""
    answer = client.get(EXPORT, params={"max": 1})
    today = datetime.now(UTC).date()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-chess-pgn"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["content-disposition"] == f"attachment; filename=lichess_player1_{today}.pgn"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (answer.headers["server"], answer.headers["vary"]) == ("nginx", "Origin")
    assert not {"content-length", "etag", "cache-control", "retry-after"} & set(answer.headers)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/x-chess-pgn"),
        ("application/x-chess-pgn", "application/x-chess-pgn"),
        ("text/html", "application/x-chess-pgn"),
        ("application/x-ndjson, */*", "application/x-chess-pgn"),
        ("application/x-ndjson;q=0.9", "application/x-chess-pgn"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/json", "application/x-ndjson"),
        ("application/json, text/plain", "application/x-ndjson"),
        ("application/vnd.lichess.v3+json", "application/x-ndjson"),
        ("application/web.lichess+json", "application/x-ndjson"),
    ],
)
def test_the_accept_header_decides_by_its_exact_text(client: httpx.Client, accept: str, kind: str) -> None:
    """JSON only for exactly NDJSON or a text that begins like JSON; anything else gets PGN."""
    answer = client.get(EXPORT, params={"max": 1}, headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    is_json = kind.endswith("ndjson")
    assert answer.headers["content-disposition"].endswith(".json" if is_json else ".pgn")
    assert answer.text.startswith('{"id":' if is_json else "[Event ")


def test_what_is_streamed_is_the_truth(client: httpx.Client) -> None:
    """The whole account comes exactly once, newest first, as the truth says."""
    streamed = ids(client)
    assert streamed == truth(client)
    assert len(set(streamed)) == 300


def test_windows_of_export_and_truth_agree(client: httpx.Client) -> None:
    """`since`, `until` and `max` mean the same to both, and two windows that meet are the whole."""
    games = client.get("/_control/users/player1/truth").json()["games"]
    cut = games[120]["created_at_ms"]
    assert ids(client, since=cut) == truth(client, since=cut) == [game["id"] for game in games[:121]]
    assert ids(client, until=cut) == truth(client, until=cut) == [game["id"] for game in games[121:]]
    assert ids(client, until=cut, max=7) == truth(client, until=cut, max=7)


def test_oldest_first_on_request(client: httpx.Client) -> None:
    """`sort=dateAsc` turns the order around; anything else does not."""
    assert ids(client, sort="dateAsc", max=3) == ids(client)[::-1][:3]
    assert ids(client, sort="nonsense", max=3) == ids(client)[:3]


@pytest.mark.parametrize(
    ("parameters", "games"),
    [
        ({"max": "0"}, 1),
        ({"max": "-5"}, 1),
        ({"max": "many"}, 300),
        ({"max": "1.5"}, 300),
        ({"max": ""}, 300),
        ({"since": "yesterday", "until": "now"}, 300),
        ({"unknown": "x", "players": "y", "max": "2"}, 2),
        ({"since": "2", "until": "1"}, 0),
    ],
)
def test_bad_parameters_are_never_an_error(client: httpx.Client, parameters: dict[str, str], games: int) -> None:
    """What does not parse counts as absent; an empty answer is still 200."""
    answer = client.get(EXPORT, params=parameters)
    assert answer.status_code == 200
    assert len(ID.findall(answer.text)) == games


@pytest.mark.parametrize(
    ("value", "shown"), [("true", True), ("1", True), ("on", True), ("True", True), ("foo", False), ("", False)]
)
def test_switches_know_five_ways_to_say_yes(client: httpx.Client, value: str, *, shown: bool) -> None:
    """Any other value means no; an empty one means the default."""
    text = client.get(EXPORT, params={"max": 1, "opening": value}).text
    assert ("[Opening " in text) == shown


def test_a_full_export_parses(client: httpx.Client) -> None:
    """All options at once still give games a strict reader accepts."""
    text = client.get(EXPORT, params={"clocks": "true", "evals": "true", "opening": "true"}).text
    handle, games = io.StringIO(text), 0
    while game := chess.pgn.read_game(handle):
        assert game.errors == []
        games += 1
    assert games == 300
    assert text.count("[%clk") > text.count("[%eval") > 0


@pytest.mark.parametrize("user_agent", ["python-httpx/0.28.1", "curl/8.0", ""])
def test_crawlers_are_told_that_existing_users_do_not_exist(client: httpx.Client, user_agent: str) -> None:
    """A generic User-Agent, or none, gets the page for unknown users."""
    answer = client.get(EXPORT, headers={"User-Agent": user_agent})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("headers", "kind", "text"),
    [
        ({"Accept": "application/json"}, "application/json", '{"error":"Not found"}'),
        ({"Accept": "application/x-ndjson"}, "application/json", '{"error":"Not found"}'),
        ({"Authorization": "Bearer lip_one", "Accept": "*/*"}, "application/json", '{"error":"Not found"}'),
        ({"X-Requested-With": "XMLHttpRequest"}, "text/plain; charset=utf-8", "Not found"),
    ],
)
def test_unknown_users_are_not_found_in_the_caller_s_form(
    client: httpx.Client, headers: dict[str, str], kind: str, text: str
) -> None:
    """JSON for programs, plain text for pages, HTML for the rest; CORS headers on errors too."""
    answer = client.get("/api/games/user/somebody", headers=headers)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (404, kind, text)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/games/user/a", "/api/games/user/pl%20ayer", "/nowhere"])
def test_what_is_no_address_is_a_page_not_found(client: httpx.Client, path: str) -> None:
    """Impossible user names and unknown paths get the page people see."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_users_can_be_created(client: httpx.Client) -> None:
    """A created user has exactly the games asked for, under his own spelling."""
    assert client.put("/_control/users/SomeOne", json={"games": 3}).json() == {"user": "SomeOne", "games": 3}
    text = client.get("/api/games/user/someone").text
    assert len(ID.findall(text)) == 3
    assert text.count('"SomeOne"') == 3
    assert client.put("/_control/users/someone", json={"games": 0}).status_code == 200
    assert client.get("/api/games/user/SomeOne").text == ""


@pytest.mark.parametrize(
    ("name", "body"), [("x", {"games": 1}), ("fine", {"games": -1}), ("fine", {"games": 500_001}), ("fine", {})]
)
def test_impossible_users_cannot_be_created(client: httpx.Client, name: str, body: dict[str, int]) -> None:
    """A bad name or size is refused with the reason."""
    assert client.put(f"/_control/users/{name}", json=body).status_code == 422


def test_the_harness_learns_the_configuration(client: httpx.Client) -> None:
    """What a record needs to say about the upstream is one request away."""
    assert client.get("/_control/config").json() == {
        "profile": "unlimited",
        "games_per_s": None,
        "speed_ratio": 1.0,
        "max_streams": None,
        "seed": 0,
        "games": 300,
        "leaks": "rejected",
        "slot_memory_s": 3600.0,
        "reader_patience_s": None,
        "trust_client_header": False,
        "evals_share_ratio": 0.147,
        "replay": None,
    }
    assert client.get("/healthz").json() == {"status": "ok"}


def test_an_unknown_user_has_no_truth(client: httpx.Client) -> None:
    """The harness's own 404 says what to do."""
    answer = client.get("/_control/users/nobody/truth")
    assert answer.status_code == 404
    assert "PUT /_control/users/nobody" in json.loads(answer.text)["detail"]


def test_sent_games_and_bytes_are_counted(client: httpx.Client) -> None:
    """The counts grow by exactly what was received."""
    before = client.get("/_control/stats").json()
    text = client.get(EXPORT, params={"max": 50}).content
    after = client.get("/_control/stats").json()
    grown = {name: after[name] - before[name] for name in ("requests", "games_sent", "bytes_sent")}
    assert grown == {"requests": 1, "games_sent": 50, "bytes_sent": len(text)}
    assert after["streams_in_flight"] == 0
