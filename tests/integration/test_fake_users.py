"""Users, tokens, single games and filters of a running fake Lichess, as real clients meet them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
NDJSON = {"Accept": "application/x-ndjson"}
GAMES = 150
USER_KEYS = ["id", "username", "perfs", "createdAt", "seenAt", "playTime", "url", "count"]
COUNT_KEYS = ["all", "rated", "draw", "loss", "win", "bookmark", "playing", "import", "me"]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file."""
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]) as url,
        httpx.Client(base_url=url, headers=ME) as client,
    ):
        assert client.put("/_control/tokens/lip_one", json={"user": "player1"}).status_code == 200
        assert client.put("/_control/tokens/lip_lost", json={"user": "nobody"}).status_code == 200
        yield client


def exported(client: httpx.Client, **parameters: str | int) -> list[dict[str, Any]]:
    answer = client.get("/api/games/user/player1", params=parameters, headers=NDJSON).raise_for_status()
    return [httpx.Response(200, text=line).json() for line in answer.text.splitlines()]


def test_a_user_s_counts_are_those_of_his_games(client: httpx.Client) -> None:
    """Keys in Lichess's order, and counts that agree with the export."""
    user, games = client.get("/api/user/PLAYER1").json(), exported(client)
    assert list(user) == USER_KEYS
    assert list(user["count"]) == COUNT_KEYS
    assert (user["id"], user["count"]["all"]) == ("player1", len(games))
    assert user["count"]["import"] == sum(game["source"] == "import" for game in games)
    assert user["count"]["rated"] == sum(game["rated"] is True for game in games)
    played = sum(user["count"][name] for name in ("win", "loss", "draw", "import"))
    assert played == user["count"]["all"]
    assert {"bullet", "blitz", "rapid", "classical", "correspondence"} <= set(user["perfs"])


def test_unknown_users_and_games_are_not_found_in_json(client: httpx.Client) -> None:
    """The user route never answers with a page; the others go by the Accept header."""
    assert client.get("/api/user/nobody").json() == {"error": "Not found"}
    assert client.get("/game/export/zzzzzzzz", headers=NDJSON).json() == {"error": "Not found"}
    assert "Page not found" in client.get("/game/export/zzzzzzzz.pgn").text
    assert client.get("/api/user/nobody/current-game").status_code == 404


def test_a_user_without_games_has_a_page_and_no_current_game(client: httpx.Client) -> None:
    """An empty account is an account."""
    client.put("/_control/users/Empty", json={"games": 0})
    assert client.get("/api/user/empty").json()["count"]["all"] == 0
    assert client.get("/api/user/empty/current-game").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 401, {"error": "Missing authorization header"}),
        ({"Authorization": "Bearer wrong"}, 401, {"error": "No such token"}),
        ({"Authorization": "Bearer lip_lost"}, 401, {"error": "No such user"}),
        (
            {"Authorization": "Bearer lip_one", "User-Agent": "bot/1 (as: somebody)"},
            401,
            {"error": "The user in the user-agent doesn't match the token bearer"},
        ),
    ],
)
def test_an_account_needs_a_good_token(
    client: httpx.Client, headers: dict[str, str], status: int, body: dict[str, str]
) -> None:
    """Without one, or with a wrong one, the answer says which."""
    answer = client.get("/api/account", headers=headers)
    assert (answer.status_code, answer.json()) == (status, body)


def test_a_polled_account_is_refused(client: httpx.Client) -> None:
    """Thirty requests in five minutes pass, the next one is told not to poll."""
    client.put("/_control/tokens/lip_poller", json={"user": "player9", "scopes": ["email:read"]})
    headers = {"Authorization": "Bearer lip_poller"}
    answers = [client.get("/api/account", headers=headers) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[0].headers["x-oauth-scopes"] == "email:read"
    assert answers[-1].json()["error"].startswith("Please don't poll this endpoint.")


def test_a_wrong_token_stops_an_export(client: httpx.Client) -> None:
    """Exports need no token, but a wrong one is refused."""
    for answer in (
        client.get("/api/games/user/player1", headers={"Authorization": "Bearer wrong"}),
        client.post("/api/games/export/_ids", content="a", headers={"Authorization": "Bearer wrong"}),
    ):
        assert (answer.status_code, answer.json()) == (401, {"error": "No such token"})
    good = client.get("/api/games/user/player1", params={"max": 1}, headers={"Authorization": "Bearer lip_one"})
    assert good.headers["x-oauth-scopes"] == ""


def test_a_filter_changes_dates_and_drops_imports(client: httpx.Client) -> None:
    """Unfiltered exports go by creation and hold imports; any filter goes by last move and does not."""
    everything = exported(client)
    assert [game["createdAt"] for game in everything] == sorted(
        (game["createdAt"] for game in everything), reverse=True
    )
    every_perf = "ultraBullet,bullet,blitz,rapid,classical,correspondence"
    found = exported(client, perfType=every_perf)
    assert [game["lastMoveAt"] for game in found] == sorted((game["lastMoveAt"] for game in found), reverse=True)
    assert {game["id"] for game in found} == {
        game["id"] for game in everything if game["source"] != "import" and game["perf"] in every_perf.split(",")
    }


@pytest.mark.parametrize(
    "parameters",
    [{"perfType": "nonsense"}, {"color": "green"}, {"vs": "nobody-at-all"}, {"rated": ""}, {"ongoing": "1"}],
)
def test_filters_that_mean_nothing_are_none(client: httpx.Client, parameters: dict[str, str]) -> None:
    """Unknown kinds, colours and opponents leave the export as it is."""
    assert [game["id"] for game in exported(client, **parameters)] == [game["id"] for game in exported(client)]


def test_unfinished_games_alone_are_none(client: httpx.Client) -> None:
    """Nobody here is playing."""
    assert exported(client, finished="false") == []


@pytest.mark.parametrize("name", ["wonBy", "lostBy"])
def test_a_stranger_as_winner_is_the_one_error(client: httpx.Client, name: str) -> None:
    """The only parameters that can be refused: they must name the opponent asked for or the owner of the token."""
    own = {"Authorization": "Bearer lip_one"}
    path = "/api/games/user/player1"
    for player, headers in (("magnus", own), ("magnus", {}), ("player1", {})):
        answer = client.get(path, params={name: player}, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": f"Invalid {name}"})
    lines = client.get(path, params={name: "player1"}, headers=NDJSON | own).text.splitlines()
    assert lines
    assert all('"winner":' in line for line in lines)
    assert lines != client.get(path, headers=NDJSON | own).text.splitlines()
    assert client.get(path, params={name: "nobody", "vs": "Nobody"}, headers=NDJSON).text == ""


def test_single_games_come_with_everything(client: httpx.Client) -> None:
    """Clocks, opening and division by default; JSON has its own content type and the file a telling name."""
    game_id = str(exported(client, rated="true", perfType="blitz", max=1)[0]["id"])
    answer = client.get(f"/game/export/{game_id}", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert {"clocks", "clock"} <= set(answer.json())
    pgn = client.get(f"/game/export/{game_id}.pgn")
    assert pgn.headers["content-type"] == "application/x-chess-pgn"
    assert f".{game_id}.pgn" in pgn.headers["content-disposition"]
    assert "[%clk" in pgn.text
    assert "[%clk" not in client.get(f"/game/export/{game_id}", params={"clocks": "false"}).text


def test_games_by_id_are_newest_first_and_at_most_300(client: httpx.Client) -> None:
    """Unknown ids are skipped, doubles are one, and what is over the most is dropped without a word."""
    ids = [str(game["id"]) for game in exported(client, max=5)]
    asked = ",".join([*ids[::-1], ids[0], "unknown1"])
    answer = client.post("/api/games/export/_ids", content=asked, headers=NDJSON)
    assert [line[7:15] for line in answer.text.splitlines()] == ids
    assert "content-disposition" not in answer.headers
    late = client.post("/api/games/export/_ids", content=",".join(["unknown1"] * 300 + ids))
    assert late.text == ""
