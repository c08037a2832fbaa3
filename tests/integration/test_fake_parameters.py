"""The published description of the by-user export, parameter by parameter, and its example bodies, key by key.

The lists are facts of the API description 2.0.165 (lichess-org/api@f59dc80, 2026-08-22).
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
NDJSON = {"Accept": "application/x-ndjson"}
GAMES = 400
# Each parameter of GET /api/games/user/{username} with its default, where it has one, and another value.
PARAMETERS: dict[str, tuple[str | None, str]] = {
    "since": (None, "1782000000000"), "until": (None, "1782000000000"), "max": (None, "3"), "vs": (None, "player1"),
    "rated": (None, "true"), "perfType": (None, "blitz"), "color": (None, "white"), "analysed": (None, "true"),
    "moves": ("true", "false"), "pgnInJson": ("false", "true"), "tags": ("true", "false"), "clocks": ("false", "true"),
    "evals": ("false", "true"), "accuracy": ("false", "true"), "opening": ("false", "true"),
    "division": ("false", "true"), "ongoing": ("false", "true"), "finished": ("true", "false"),
    "literate": ("false", "true"), "lastFen": ("false", "true"), "withBookmarked": ("false", "true"),
    "sort": ("dateDesc", "dateAsc"),
}  # fmt: skip
ONLY_IN_JSON = {"pgnInJson", "accuracy", "division", "lastFen", "withBookmarked"}
ONLY_IN_PGN = {"tags", "literate"}
# Keys in the order of the description's examples of 2026: a casual game, and one of an arena.
CASUAL = [
    "id", "rated", "variant", "speed", "perf", "createdAt", "lastMoveAt", "status", "source", "players", "winner",
    "opening", "moves", "clock", "division",
]  # fmt: skip
ARENA = [*CASUAL[:-2], "analysis", "arenaTour", "clock", "division"]
TAGS = [
    "Event", "Site", "Date", "Round", "White", "Black", "Result", "GameId", "UTCDate", "UTCTime", "WhiteElo",
    "BlackElo", "WhiteRatingDiff", "BlackRatingDiff", "WhiteTitle", "BlackTitle", "WhiteBerserk", "BlackBerserk",
    "Variant", "TimeControl", "ECO", "Opening", "Termination", "FEN", "SetUp", "Annotator",
]  # fmt: skip
USER = [
    "id", "username", "perfs", "title", "flair", "patron", "patronColor", "verified", "createdAt", "profile", "seenAt",
    "playTime", "url", "count", "followable", "following", "blocking",
]  # fmt: skip
PERFS = [
    "ultraBullet", "bullet", "blitz", "rapid", "classical", "correspondence", "chess960", "kingOfTheHill", "threeCheck",
    "antichess", "atomic", "horde", "racingKings", "crazyhouse", "puzzle",
]  # fmt: skip
COUNT = ["all", "rated", "draw", "loss", "win", "bookmark", "playing", "import", "me"]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server whose player1 has a token, a game in progress and a bookmark."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES), "--evals-share", "0.5"]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        client.put("/_control/tokens/own", json={"user": "player1"}).raise_for_status()
        newest = client.get("/_control/users/player1/truth", params={"max": 1}).json()["games"][0]["id"]
        client.put("/_control/users/player1/standing", json={"playing": 1, "bookmarks": [newest]}).raise_for_status()
        client.headers["Authorization"] = "Bearer own"
        yield client


def exported(client: httpx.Client, headers: dict[str, str], **parameters: str) -> str:
    """Export with these parameters."""
    return client.get("/api/games/user/player1", params=parameters, headers=headers).raise_for_status().text


def in_order(keys: list[str], known: list[str]) -> bool:
    """Say whether keys are among the known ones, and in their order."""
    places = [known.index(key) for key in keys if key in known]
    return places == sorted(places) and set(keys) <= set(known)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_of_the_description_is_honoured(client: httpx.Client, name: str) -> None:
    """Its default changes nothing and another value does, in the forms it is meant for and in no other."""
    default, other = PARAMETERS[name]
    if name == "vs":  # an opponent who is met more than once
        games = [json.loads(line) for line in exported(client, NDJSON, rated="true").splitlines()]
        other = next(iter({player["user"]["id"] for player in games[0]["players"].values()} - {"player1"}))
    for headers, without in ((NDJSON, ONLY_IN_PGN), ({}, ONLY_IN_JSON)):
        plain = exported(client, headers)
        if default is not None:
            assert exported(client, headers, **{name: default}) == plain
        assert (exported(client, headers, **{name: other}) == plain) == (name in without)


def games(client: httpx.Client) -> list[dict[str, Any]]:
    """Export everything about all games, without a token."""
    parameters = dict.fromkeys(("clocks", "evals", "accuracy", "opening", "division"), "true")
    anonymous = client.get("/api/games/user/player2", params=parameters, headers=NDJSON | {"Authorization": "none"})
    return [json.loads(line) for line in anonymous.raise_for_status().text.splitlines()]


def test_games_have_the_keys_of_the_examples_in_their_order(client: httpx.Client) -> None:
    """A decided casual game without analysis has exactly the casual example's keys, an arena's those of the other."""
    found = [
        {key: value for key, value in game.items() if key not in ("clocks", "initialFen")} for game in games(client)
    ]
    live = [game for game in found if game["variant"] == "standard" and "clock" in game and "opening" in game]
    ordinary = [game for game in live if game["source"] in ("lobby", "friend") and "analysis" not in game]
    assert ordinary
    assert all(in_order(list(game), CASUAL) for game in ordinary)
    assert any(list(game) == CASUAL for game in ordinary)
    arenas = [game for game in live if game["source"] == "arena" and "analysis" in game]
    assert arenas
    assert all(in_order(list(game), ARENA) for game in arenas)
    assert any(list(game) == ARENA for game in arenas)
    assert all(list(game["arenaTour"]) == ["id", "name"] for game in arenas)


def test_players_have_the_keys_of_the_examples_in_their_order(client: httpx.Client) -> None:
    """User, rating, difference, certainty and analysis; in the user name, title, flair, patron and id."""
    players = [player for game in games(client) for player in game["players"].values() if "user" in player]
    assert all(in_order(list(one), ["user", "rating", "ratingDiff", "provisional", "analysis"]) for one in players)
    users = [one["user"] for one in players]
    assert all(in_order(list(user), ["name", "title", "flair", "patron", "patronColor", "id"]) for user in users)
    assert {key for user in users for key in user} >= {"flair", "patron", "patronColor"}
    assert any(one.get("provisional") is True for one in players)
    analysed = [one["analysis"] for one in players if "analysis" in one]
    assert {tuple(one) for one in analysed} == {("inaccuracy", "mistake", "blunder", "acpl", "accuracy")}
    best = [entry for game in games(client) for entry in game.get("analysis", ()) if "best" in entry]
    assert all(in_order(list(entry), ["eval", "mate", "best", "variation", "judgment"]) for entry in best)


def test_tags_come_in_the_order_of_the_examples(client: httpx.Client) -> None:
    """Literate games with openings have every tag an example has, and none in another place."""
    text = exported(client, {}, opening="true", literate="true")
    headers = [part.partition("\n\n")[0] for part in text.split("\n\n\n") if part]
    found = [[line[1:].split(" ", 1)[0] for line in header.splitlines()] for header in headers]
    assert all(in_order(tags, TAGS) for tags in found)
    assert all(tags[-1] == "Annotator" and "Round" in tags for tags in found)


def test_users_have_the_keys_of_the_examples_in_their_order(client: httpx.Client) -> None:
    """On their own page with a token, and in lists without address and counts."""
    user = client.get("/api/user/player2").json()
    assert in_order(list(user), USER)
    assert in_order(list(user["perfs"]), PERFS)
    assert list(user["count"]) == COUNT
    assert list(user)[-3:] == ["followable", "following", "blocking"]
    [listed] = client.post("/api/users", content="player2").json()
    assert in_order(list(listed), USER[: USER.index("url")])
    account = client.get("/api/account").json()
    assert in_order([key for key in account if key != "playing"], USER)
    assert "trophies" not in user
    assert client.get("/api/user/player2", params={"trophies": "true"}).json()["trophies"] == []
