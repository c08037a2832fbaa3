"""The Chess.com side of a running fake, as clients of its Published-Data API meet it."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import chess.pgn
import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
PLAYER = "/pub/player/player1"
# The order in which the published answers have them.
KEYS = "url,pgn,time_control,end_time,rated,tcn,uuid,initial_setup,fen,time_class,rules,white,black,eco"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one server for all tests of this file."""
    with (
        running(["fake_lichess", "--profile", "lichess", "--games", "400"]) as url,
        httpx.Client(base_url=url, headers=ME) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def months(client: httpx.Client) -> list[str]:
    """List the addresses of the months played in."""
    found: list[str] = client.get(f"{PLAYER}/games/archives").raise_for_status().json()["archives"]
    return found


def games(client: httpx.Client, month: str) -> list[dict[str, Any]]:
    """Return a month's games."""
    found: list[dict[str, Any]] = client.get(month).raise_for_status().json()["games"]
    return found


def test_archives_list_the_months_oldest_first_on_this_server(client: httpx.Client, months: list[str]) -> None:
    """Every month of the truth, ascending, as addresses that lead back here."""
    created = client.get("/_control/users/player1/truth").json()["games"]
    expected = sorted({f"{datetime.fromtimestamp(game['created_at_ms'] / 1000, UTC):%Y/%m}" for game in created})
    assert months == [f"{client.base_url}{PLAYER}/games/{month}" for month in expected]


def test_a_month_s_games_have_the_api_s_keys_in_order(client: httpx.Client, months: list[str]) -> None:
    """Oldest first, each with the published keys, a result code a side, and this server's addresses."""
    found = games(client, months[-1])
    assert found
    starts = [chess.pgn.read_headers(io.StringIO(game["pgn"])) for game in found]
    times = [(start["UTCDate"], start["UTCTime"]) for start in starts if start is not None]
    assert times == sorted(times)
    for game in found:
        assert ",".join(name for name in game if name != "accuracies") == KEYS
        assert list(game["white"]) == ["rating", "result", "@id", "username", "uuid"]
        assert (
            "win" in {game["white"]["result"], game["black"]["result"]}
            or game["white"]["result"] == (game["black"]["result"])
        )
        assert game["white"]["@id"].startswith(f"{client.base_url}/pub/player/")
        assert game["time_class"] in ("bullet", "blitz", "rapid", "daily")


def test_every_game_parses_and_ends_where_it_says(client: httpx.Client, months: list[str]) -> None:
    """A strict reader finds no error, reaches the position told, and every move took two characters."""
    for month in months:
        for game in games(client, month):
            read = chess.pgn.read_game(io.StringIO(game["pgn"]))
            assert read is not None
            assert read.errors == []
            board = read.end().board()
            assert board.fen() == game["fen"] == read.headers["CurrentPosition"]
            assert len(game["tcn"]) == 2 * read.end().ply()
            assert read.headers["Link"] == game["url"]


def test_the_pgn_of_a_month_holds_the_same_games(client: httpx.Client, months: list[str]) -> None:
    """The file is named after player and month, and its type names the charset twice."""
    answer = client.get(f"{months[-1]}/pgn")
    year, month = months[-1].split("/")[-2:]
    assert answer.headers["content-type"] == "application/vnd.chess-pgn; charset=utf-8; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="ChessCom_player1_{year}{month}.pgn"'
    assert answer.text == "\n\n".join(game["pgn"] for game in games(client, months[-1]))


@pytest.mark.parametrize("path", [PLAYER, f"{PLAYER}/games/archives", f"{PLAYER}/games/2026/06"])
def test_what_a_client_has_already_is_not_sent_again(client: httpx.Client, path: str) -> None:
    """The tag is a weak MD5 of the body; it, or the date in the API's own form, gets 304 without a body."""
    answer = client.get(path)
    tag, date = answer.headers["etag"], answer.headers["last-modified"]
    assert tag == f'W/"{md5(answer.content, usedforsecurity=False).hexdigest()}"'
    assert datetime.strptime(date, "%A, %d-%b-%Y %H:%M:%S GMT+0000").replace(tzinfo=UTC) < datetime.now(UTC)
    for headers in ({"If-None-Match": tag}, {"If-Modified-Since": date}):
        again = client.get(path, headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": 'W/"old"', "If-Modified-Since": date}).status_code == 200


@pytest.mark.parametrize(("user_agent", "status"), [("my-importer/1.0", 403), ("x (https://example.org)", 200)])
def test_a_user_agent_must_name_a_contact(client: httpx.Client, user_agent: str, status: int) -> None:
    """Without an address or a site in it the answer is a page and 403."""
    assert client.get(PLAYER, headers={"User-Agent": user_agent}).status_code == status


def test_mixed_case_names_are_redirected(client: httpx.Client, months: list[str]) -> None:
    """301 to the lower-case address on this server, whose answer is the same."""
    moved = client.get("/pub/player/Player1/games/archives")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{PLAYER}/games/archives")
    assert client.get("/pub/player/PLAYER1/games/archives", follow_redirects=True).json()["archives"] == months


@pytest.mark.parametrize("path", ["", "/games/archives", "/games/2026/01", "/games/2026/01/pgn"])
def test_unknown_players_are_named(client: httpx.Client, path: str) -> None:
    """404 with the API's sentence."""
    answer = client.get(f"/pub/player/nobody{path}")
    assert (answer.status_code, answer.json()) == (404, {"message": 'User "nobody" not found.'})


def test_what_is_no_month_is_an_internal_error(client: httpx.Client) -> None:
    """404 with the sentence that existing players' addresses get too."""
    answer = client.get(f"{PLAYER}/games/2026/13")
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("An internal error has occurred")


def test_serial_access_is_unlimited_and_parallel_access_is_not(client: httpx.Client, months: list[str]) -> None:
    """Sixteen at once are too many for one address; one after the other all are answered."""
    client.put("/_control/users/busy", json={"games": 30_000}).raise_for_status()

    def ask(_: int) -> int:
        return client.get("/pub/player/busy/games/archives").status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(ask, range(16)))
    assert set(statuses) == {200, 429}
    assert {client.get(months[0]).status_code for _ in range(20)} == {200}


def test_faults_that_come_in_place_of_an_answer_work_here_too(client: httpx.Client) -> None:
    """The same user's 502 strikes whichever side is asked."""
    fault = {"faults": [{"kind": "status-502"}]}
    client.put("/_control/users/player5/faults", json=fault).raise_for_status()
    path = "/pub/player/player5/games/archives"
    assert [client.get(path).status_code for _ in range(2)] == [502, 200]


@pytest.mark.parametrize("kind", ["cut-after-game", "cut-inside-game", "stall", "drip"])
def test_faults_of_the_connection_strike_months_in_pgn(client: httpx.Client, months: list[str], kind: str) -> None:
    """A cut month is shorter than it said, a slow one comes whole in the end, and the next is as it should be."""
    whole = client.get(f"{months[-1]}/pgn").content
    told = {"cut": {}, "sta": {"seconds": 0.001}, "dri": {"seconds": 0.001, "size_bytes": 1024}}[kind[:3]]
    client.put(
        "/_control/users/player1/faults", json={"faults": [{"kind": kind, "game": 1, **told}]}
    ).raise_for_status()
    if kind.startswith("cut"):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{months[-1]}/pgn")
    else:
        assert client.get(f"{months[-1]}/pgn").content == whole
    assert client.get(f"{months[-1]}/pgn").content == whole


@pytest.mark.parametrize(
    ("kind", "mark", "times"),
    [
        ("truncated-tag", rb'\[Link "[^"\n]*\n', 1),
        ("illegal-move", rb"\n1\. Ke5 ", 1),
        ("unknown-variant", rb'\[Variant "Quantum"\]', 1),
        ("nul-byte", rb'\[White "\0', 1),
        ("invalid-utf8", rb'\[White "\xff', 1),
        ("crlf", rb'"\]\r\n\r\n1\. ', 1),
        ("missing-elo", rb"\[WhiteElo ", 0),
        ("duplicate", rb"\[White ", 8),
    ],
)
def test_faults_of_the_games_strike_months_in_pgn(client: httpx.Client, kind: str, mark: bytes, times: int) -> None:
    """Every game is marked as told, the tag is that of what is sent, and months in JSON are as they were."""
    month = client.get("/pub/player/player6/games/archives").json()["archives"][-1]
    whole = games(client, month)
    faults = {"faults": [{"kind": kind, "game": 1, "every": 1}]}
    client.put("/_control/users/player6/faults", json=faults).raise_for_status()
    answer = client.get(f"{month}/pgn")
    assert len(re.findall(mark, answer.content)) == times * len(whole)
    assert answer.headers["etag"] == f'W/"{md5(answer.content, usedforsecurity=False).hexdigest()}"'
    assert games(client, month) == whole
