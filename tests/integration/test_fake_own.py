"""What belongs to an account besides its history: games in progress, bookmarks, imported files, being closed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
NDJSON = {"Accept": "application/x-ndjson"}
GAMES = 150
EXPORT = "/api/games/user/"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file; each has users of its own."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def stand(client: httpx.Client, user: str, **standing: object) -> dict[str, Any]:
    """Change what is true of an account."""
    told: dict[str, Any] = client.put(f"/_control/users/{user}/standing", json=standing).raise_for_status().json()
    return told


def bearer(client: httpx.Client, user: str, *scopes: str) -> dict[str, str]:
    """Make a token of this user and return the header that shows it."""
    client.put(f"/_control/tokens/of_{user}", json={"user": user, "scopes": scopes}).raise_for_status()
    return {"Authorization": f"Bearer of_{user}"}


def lines(client: httpx.Client, path: str, headers: dict[str, str] | None = None, **query: Any) -> list[dict[str, Any]]:
    """Export games as objects."""
    answer = client.get(path, params=query, headers=NDJSON | (headers or {})).raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def ids(games: list[dict[str, Any]]) -> list[str]:
    return [game["id"] for game in games]


def test_games_in_progress_are_shown_on_request_and_late(client: httpx.Client) -> None:
    """They come first, undecided, three plies short of their position; plain exports and the truth leave them out."""
    history = ids(lines(client, f"{EXPORT}player1"))
    playing = stand(client, "player1", playing=2)["playing"]
    assert ids(lines(client, f"{EXPORT}player1")) == history
    assert ids(lines(client, f"{EXPORT}player1", ongoing="true")) == [*playing, *history]
    assert ids(lines(client, f"{EXPORT}player1", ongoing="true", max=3)) == [*playing, history[0]]
    assert ids(lines(client, f"{EXPORT}player1", ongoing="1", sort="dateAsc")) == [*history[::-1], *playing[::-1]]
    assert ids(lines(client, f"{EXPORT}player1", finished="false", max=1)) == playing[:1]
    assert ids(lines(client, f"{EXPORT}player1", finished="false", sort="dateAsc")) == playing[::-1]
    truth = client.get("/_control/users/player1/truth", params={"ongoing": "true"}).json()
    assert ids(truth["games"]) == history
    [game, _] = lines(client, f"{EXPORT}player1", finished="false", lastFen="true", clocks="true")
    assert game["status"] == "started"
    assert {"winner", "analysis"}.isdisjoint(game)
    # The position is after the moves shown and three more.
    shown = len(game["moves"].split())
    turn, number = (game["lastFen"].split()[place] for place in (1, 5))
    assert 2 * (int(number) - 1) + (turn == "b") == shown + 3
    pgn = client.get(f"{EXPORT}player1", params={"finished": "false", "max": 1, "clocks": "true"}).text
    assert ('[Result "*"]' in pgn, '[Termination "Unterminated"]' in pgn, pgn.endswith(" *\n\n\n")) == (True,) * 3


def test_a_search_knows_no_games_in_progress(client: httpx.Client) -> None:
    """With a filter of the search engine, `ongoing` and `finished` mean nothing, as on the real server."""
    stand(client, "player2", playing=1)
    rated = ids(lines(client, f"{EXPORT}player2", rated="true"))
    assert ids(lines(client, f"{EXPORT}player2", rated="true", finished="false")) == rated
    assert ids(lines(client, f"{EXPORT}player2", rated="true", ongoing="true")) == rated


def test_the_game_a_user_plays_is_his_current_one(client: httpx.Client) -> None:
    """By itself, by id, and on his page; once it is over, the latest game is the current one again."""
    [game_id] = stand(client, "player3", playing=1)["playing"]
    assert client.get("/api/user/player3/current-game", headers=NDJSON).json()["id"] == game_id
    assert client.get(f"/game/export/{game_id}", headers=NDJSON).json()["status"] == "started"
    assert client.post("/api/games/export/_ids", content=game_id).text.count("[GameId") == 1
    user = client.get("/api/user/player3").json()
    assert user["playing"] in {f"https://lichess.org/{game_id}/{color}" for color in ("white", "black")}
    assert list(user)[-2:] == ["playing", "count"]
    assert user["count"]["playing"] == 1
    stand(client, "player3")
    assert client.get("/api/user/player3/current-game", headers=NDJSON).json()["status"] != "started"
    assert client.get(f"/game/export/{game_id}").status_code == 404


def test_opponents_and_windows_concern_games_in_progress_too(client: httpx.Client) -> None:
    """They are found like any other game in the database."""
    stand(client, "player4", playing=3)
    games = lines(client, f"{EXPORT}player4", finished="false")
    players = games[1]["players"]
    [opponent] = {player["user"]["id"] for player in players.values()} - {"player4"}
    assert games[1]["id"] in ids(lines(client, f"{EXPORT}player4", finished="false", vs=opponent))
    at_ms = games[1]["createdAt"]
    assert ids(lines(client, f"{EXPORT}player4", finished="false", since=at_ms)) == ids(games[:2])
    assert ids(lines(client, f"{EXPORT}player4", finished="false", until=at_ms)) == ids(games[2:])


def test_bookmarks_are_exported_by_when_they_were_made(client: httpx.Client) -> None:
    """Anybody's games, newest bookmark first, with windows and options; the owner's page counts them."""
    games = lines(client, f"{EXPORT}player5")
    headers = bearer(client, "player6")
    marked = sorted((games[7], games[3], games[90]), key=lambda game: -int(game["lastMoveAt"]))
    stand(client, "player6", bookmarks=[game["id"] for game in (games[7], games[3], games[90])] + ["nosuchid"])
    path = "/api/games/export/bookmarks"
    assert ids(lines(client, path, headers)) == ids(marked)
    assert ids(lines(client, path, headers, sort="dateAsc", max=2)) == ids(marked[::-1][:2])
    middle = marked[1]["lastMoveAt"]
    assert ids(lines(client, path, headers, since=middle)) == ids(marked[:2])
    assert ids(lines(client, path, headers, until=middle)) == ids(marked[2:])
    answer = client.get(path, headers=headers)
    assert answer.headers["content-disposition"].endswith(".bookmarks.pgn")
    assert answer.headers["content-type"] == "application/x-chess-pgn"
    assert client.get("/api/user/player6").json()["count"]["bookmark"] == 4
    seen = lines(client, f"{EXPORT}player5", headers, withBookmarked="true")
    assert [game["id"] for game in seen if game.get("bookmarked")] == [games[place]["id"] for place in (3, 7, 90)]
    assert not any("bookmarked" in game for game in lines(client, f"{EXPORT}player5", withBookmarked="true"))


def test_the_owner_of_a_token_is_told_the_way_to_his_own_games(client: httpx.Client) -> None:
    """`fullId` stands behind the players of his games, and nowhere in other people's or without a token."""
    headers = bearer(client, "player7")
    own = lines(client, f"{EXPORT}me", headers, max=5)
    assert all(list(game).index("fullId") == list(game).index("players") + 1 for game in own)
    assert all(game["fullId"].startswith(game["id"]) and len(game["fullId"]) == 12 for game in own)
    assert not any("fullId" in game for game in lines(client, f"{EXPORT}player8", headers, max=5))
    assert not any("fullId" in game for game in lines(client, f"{EXPORT}player7", max=5))


def test_imported_games_come_as_the_files_they_were(client: httpx.Client) -> None:
    """Without address or ratings; annotated on request; a single one with `imported=true`, whatever is accepted."""
    client.put("/_control/users/Importer", json={"games": 1000}).raise_for_status()
    headers = bearer(client, "Importer")
    imports = [game for game in lines(client, f"{EXPORT}importer") if game["source"] == "import"]
    answer = client.get("/api/games/export/imports", headers=headers)
    assert answer.text.count("[Event ") == len(imports) > 0
    assert "lichess.org" not in answer.text
    assert answer.headers["content-disposition"].endswith(".imported.pgn")
    annotated = client.get("/api/games/export/imports", params={"annotated": "true"}, headers=headers).text
    assert annotated.count('[Annotator "lichess.org"]') == len(imports)
    path = f"/game/export/{imports[0]['id']}"
    single = client.get(path, params={"imported": "true"})
    assert f"{single.text}\n\n\n" == answer.text[: len(single.text) + 3]
    as_json = client.get(path, params={"imported": "true"}, headers={"Accept": "application/json"})
    assert (as_json.text, as_json.headers["content-type"]) == (single.text, "application/json")
    ordinary = next(game for game in lines(client, f"{EXPORT}importer", max=50) if game["source"] != "import")
    assert "[Site " in client.get(f"/game/export/{ordinary['id']}", params={"imported": "true"}).text


def test_closed_accounts_are_gone_but_for_their_name(client: httpx.Client) -> None:
    """Their games cannot be exported, their page says so, their tokens are worth nothing; opened again, all is back."""
    headers = bearer(client, "player10")
    stand(client, "player10", closed=True)
    assert client.get(f"{EXPORT}player10").status_code == 404
    disabled = {"id": "player10", "username": "player10", "disabled": True}
    assert client.get("/api/user/player10").json() == disabled
    assert client.get("/api/user/player10", headers=bearer(client, "player11")).json() == disabled
    assert client.post("/api/users", content="player10").json() == [disabled]
    for path in (f"{EXPORT}player10", "/api/account"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "No such user"})
    stand(client, "player10")
    assert len(lines(client, f"{EXPORT}player10")) == GAMES


def test_phases_alone_are_a_tiny_answer(client: httpx.Client) -> None:
    """`divisionOnly` answers with what the game's `division` is; an unknown game is not found in JSON."""
    for game in lines(client, f"{EXPORT}player12", division="true", max=10):
        assert client.get(f"/game/export/{game['id']}", params={"divisionOnly": "1"}).json() == game["division"]
    answer = client.get("/game/export/zzzzzzzz", params={"divisionOnly": "1"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
