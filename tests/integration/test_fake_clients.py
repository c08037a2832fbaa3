"""Real clients against the fake Lichess: berserk, curl and httpx, changed in nothing but the address."""

import io
import json
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any, cast

import berserk
import chess.pgn
import httpx
import pytest

from tests.servers import running

IDENTIFYING = "capacity-tests/1.0 (tests@example.org)"
GAMES = 60


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Run one unpaced server for all tests of this file, with a token for player1."""
    with running(["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]) as url:
        token = {"user": "player1", "scopes": ["email:read"]}
        assert httpx.put(f"{url}/_control/tokens/lip_one", json=token).json()["user"] == "player1"
        yield url


@pytest.fixture
def client(url: str) -> berserk.Client:
    """Make a berserk client with a token and a User-Agent of its own."""
    session = berserk.TokenSession("lip_one")
    session.headers["User-Agent"] = IDENTIFYING
    return berserk.Client(session, base_url=url)


def objects(games: object) -> list[dict[str, Any]]:
    """Collect games that berserk's types say may be texts."""
    return list(cast("Iterable[dict[str, Any]]", games))


def ids_of(url: str, user: str = "player1") -> list[str]:
    return [game["id"] for game in httpx.get(f"{url}/_control/users/{user}/truth").json()["games"]]


def test_berserk_exports_a_user_as_objects(client: berserk.Client, url: str) -> None:
    """Every game comes as an object, newest first, with the options asked for."""
    games = objects(client.games.export_by_player("player1", clocks=True, evals=True, opening=True))
    assert [game["id"] for game in games] == ids_of(url)
    assert all(game["createdAt"].year > 2000 for game in games)
    assert any("clocks" in game for game in games)


def test_berserk_exports_a_user_as_pgn(client: berserk.Client, url: str) -> None:
    """Every game comes as a text that a strict reader accepts."""
    texts = list(client.games.export_by_player("player1", as_pgn=True, max=20))
    read = [chess.pgn.read_game(io.StringIO(str(text))) for text in texts]
    assert [game.headers["GameId"] for game in read if game and not game.errors] == ids_of(url)[:20]


def test_berserk_filters_a_user_s_games(client: berserk.Client) -> None:
    """The filters it offers do what they say."""
    games = objects(
        client.games.export_by_player("player1", rated=True, perf_type="blitz", color="white", sort="dateAsc")
    )
    assert games
    assert {(game["rated"], game["perf"], game["players"]["white"]["user"]["id"]) for game in games} == {
        (True, "blitz", "player1")
    }


def test_berserk_exports_single_games_and_games_by_id(client: berserk.Client, url: str) -> None:
    """One game, several games and the latest game, as objects and as PGN."""
    first, second, *_ = ids_of(url)
    one = client.games.export(first)
    assert isinstance(one, dict)
    assert one["id"] == first
    assert f'[GameId "{first}"]' in client.games.export(first, as_pgn=True)
    assert [game["id"] for game in objects(client.games.export_multi(second, first, "nosuchid"))] == [first, second]
    assert len(list(client.games.export_multi(second, first, as_pgn=True))) == 2
    assert [game["id"] for game in objects(client.games.export_ongoing_by_player("player1"))] == [first]


def test_berserk_looks_up_users_and_itself(client: berserk.Client) -> None:
    """Public data, several users at once, and the token's owner."""
    user = client.users.get_public_data("Player2")
    assert (user["id"], user["count"]["all"]) == ("player2", GAMES)
    assert [user["id"] for user in client.users.get_by_id("player3", "nobody-here", "player1")] == [
        "player3",
        "player1",
    ]
    assert client.account.get()["id"] == "player1"


def test_berserk_reads_what_its_token_may_and_no_more(client: berserk.Client) -> None:
    """Mail with its scope, and the words of the refusal without."""
    assert client.account.get_email() == "player1@example.org"
    for ask in (client.account.get_preferences, client.account.get_kid_mode):
        with pytest.raises(berserk.exceptions.ResponseError) as refused:
            ask()
        assert refused.value.status_code == 403
        assert "Missing scope: preference:read" in str(refused.value)


def test_berserk_tests_tokens(client: berserk.Client) -> None:
    """It learns whose a token is and what it allows, and which one is none."""
    known = {"userId": "player1", "scopes": "email:read", "expires": None}
    assert client.oauth.test_tokens("lip_one", "lip_none") == {"lip_one": known, "lip_none": None}


def test_berserk_exports_games_in_progress_and_literate_ones(client: berserk.Client, url: str) -> None:
    """With the words it has for them; an unknown user and a closed one are alike."""
    [playing] = httpx.put(f"{url}/_control/users/player4/standing", json={"playing": 1}).json()["playing"]
    games = objects(client.games.export_by_player("player4", ongoing=True))
    assert [game["id"] for game in games] == [playing, *ids_of(url, "player4")]
    assert [game["id"] for game in objects(client.games.export_by_player("player4", finished=False))] == [playing]
    assert [game["id"] for game in objects(client.games.export_ongoing_by_player("player4"))] == [playing]
    literate = str(client.games.export(ids_of(url)[0], as_pgn=True, literate=True))
    game = chess.pgn.read_game(io.StringIO(literate))
    assert game is not None
    assert (game.errors, game.headers["Annotator"]) == ([], "lichess.org")
    httpx.put(f"{url}/_control/users/player5/standing", json={"closed": True}).raise_for_status()
    for user in ("player5", "somebody"):
        with pytest.raises(berserk.exceptions.ResponseError) as refused:
            list(client.games.export_by_player(user))
        assert refused.value.status_code == 404


def test_plain_berserk_is_taken_for_a_crawler(url: str) -> None:
    """With the User-Agent of its HTTP library, the by-user export does not exist; single games do."""
    client = berserk.Client(berserk.TokenSession("lip_one"), base_url=url)
    with pytest.raises(berserk.exceptions.ResponseError) as refused:
        list(client.games.export_by_player("player1"))
    assert refused.value.status_code == 404
    one = client.games.export(ids_of(url)[0])
    assert isinstance(one, dict)
    assert one["id"] == ids_of(url)[0]


def curl(*arguments: str) -> str:
    return subprocess.run(
        ["curl", "--silent", "--show-error", *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_curl_is_served_when_it_says_who_it_is(url: str) -> None:
    """With an identifying User-Agent it gets games, with its own it gets the page for unknown users."""
    export = f"{url}/api/games/user/player1?max=2"
    assert curl("--user-agent", IDENTIFYING, export).count("[GameId ") == 2
    lines = curl("--user-agent", IDENTIFYING, "--header", "Accept: application/x-ndjson", export).splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids_of(url)[:2]
    assert "Page not found" in curl(export)
    assert '{"error":"Not found"}' in curl("--header", "Accept: application/x-ndjson", export)


def test_httpx_is_served_when_it_says_who_it_is(url: str) -> None:
    """With an identifying User-Agent it gets games, with its own it gets 404."""
    with httpx.Client(base_url=url) as client:
        assert client.get("/api/games/user/player1").status_code == 404
        client.headers["User-Agent"] = IDENTIFYING
        with client.stream("GET", "/api/games/user/player1", headers={"Accept": "application/x-ndjson"}) as answer:
            assert [json.loads(line)["id"] for line in answer.iter_lines()] == ids_of(url)
