"""Filters, truth and faults together: however games are asked for, they are the same games with the same damage."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
NDJSON = {"Accept": "application/x-ndjson"}
GAMES = 200
ID = re.compile(rb'\[GameId "(\w{8})"\]')
WHOLE = {"clocks": "true", "evals": "true", "opening": "true"}
FILTERS: tuple[dict[str, str], ...] = (
    {"rated": "true"},
    {"rated": "false"},
    {"perfType": "bullet,blitz"},
    {"color": "white", "analysed": "true"},
    {"perfType": "bullet", "max": "7"},
    {"perfType": "bullet", "max": "7", "sort": "dateAsc"},
    {"color": "black", "since": "1782000000000", "until": "1782600000000"},
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file; each has a user of its own."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def exported(client: httpx.Client, user: str, **parameters: str) -> list[bytes]:
    """Export games as texts."""
    answer = client.get(f"/api/games/user/{user}", params=WHOLE | parameters).raise_for_status()
    return [text + b"\n\n\n" for text in answer.content.split(b"\n\n\n")[:-1]]


def ids(games: list[bytes]) -> list[str]:
    return [found[1].decode() for game in games if (found := ID.search(game))]


def truth(client: httpx.Client, user: str, **parameters: str) -> dict[str, Any]:
    """Ask what an import must end up with."""
    found: dict[str, Any] = client.get(f"/_control/users/{user}/truth", params=parameters).raise_for_status().json()
    assert found["count"] == len(found["games"])
    return found


def trouble(client: httpx.Client, user: str, *faults: dict[str, Any]) -> None:
    client.put(f"/_control/users/{user}/faults", json={"faults": faults}).raise_for_status()


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_truth_of_a_query_is_what_its_export_holds(client: httpx.Client, filters: dict[str, str]) -> None:
    """The same games in the same order, with the same contents, whatever is asked for."""
    games = exported(client, "player1", **filters)
    told = truth(client, "player1", digest="true", **filters)
    assert [game["id"] for game in told["games"]] == ids(games)
    digests = [hashlib.sha256(game.strip()).hexdigest() for game in games]
    assert [game["sha256"] for game in told["games"]] == digests
    assert told["digest"] == f"{sum(int(digest, 16) for digest in digests) % 2**256:064x}"


def test_the_truth_knows_opponents_and_winners(client: httpx.Client) -> None:
    """`vs` is found in the database, a winner must be the opponent or the owner; anybody else is refused."""
    line = client.get("/api/games/user/player2", params={"max": 1, "rated": "true"}, headers=NDJSON).json()
    [opponent] = {player["user"]["id"] for player in line["players"].values()} - {"player2"}
    told = truth(client, "player2", vs=opponent)
    assert line["id"] in {game["id"] for game in told["games"]}
    won, lost = (truth(client, "player2", **{name: "player2"})["count"] for name in ("wonBy", "lostBy"))
    assert 0 < won + lost <= GAMES
    answer = client.get("/_control/users/player2/truth", params={"wonBy": "magnus"})
    assert (answer.status_code, answer.json()["detail"][:13]) == (400, "Invalid wonBy")


def test_damaged_games_are_damaged_however_they_are_asked_for(client: httpx.Client) -> None:
    """Filtered, by opponent, by id and alone: the same bytes as in the whole export; the truth leaves them out."""
    trouble(client, "player3", {"kind": "illegal-move", "game": 1, "every": 3}, {"kind": "missing-elo", "game": 2})
    whole = dict(zip(ids(games := exported(client, "player3")), games, strict=True))
    assert sum(b"1. Ke5" in game for game in games) == (GAMES + 2) // 3
    for filters in ({"rated": "true"}, {"perfType": "blitz"}, {"vs": "player3"}):
        found = exported(client, "player3", **filters)
        assert found == [whole[game_id] for game_id in ids(found)]
        damaged = {game["id"] for game in truth(client, "player3", **filters)["cannot_be_stored"]}
        assert damaged == {game_id for game_id in ids(found) if b"1. Ke5" in whole[game_id]}
        assert damaged
    some = list(whole)[:6]
    by_ids = client.post("/api/games/export/_ids", params=WHOLE, content=",".join(some)).content
    assert by_ids == b"".join(whole[game_id] for game_id in some)
    for game_id in some:
        assert client.get(f"/game/export/{game_id}", params=WHOLE).content == whole[game_id]


def test_repeated_games_repeat_in_filtered_exports_and_by_id(client: httpx.Client) -> None:
    """Copies come one after the other and count once; a single game stays a single one."""
    trouble(client, "player4", {"kind": "duplicate", "game": 1, "every": 1, "copies": 3})
    told = [game["id"] for game in truth(client, "player4", rated="true")["games"]]
    assert ids(exported(client, "player4", rated="true")) == [game_id for game_id in told for _ in range(3)]
    answer = client.post("/api/games/export/_ids", content=told[0])
    assert ids([*answer.content.split(b"\n\n\n")]) == [told[0]] * 3
    assert client.get(f"/game/export/{told[0]}").content.count(b"[GameId") == 1


def test_games_that_share_an_instant_are_found_by_their_last_move(client: httpx.Client) -> None:
    """A search looks at moves, which no such fault changes; the database looks at the instant shared."""
    before = ids(exported(client, "player5", perfType="bullet"))
    newest = truth(client, "player5", max="1")["games"][0]["created_at_ms"]
    trouble(client, "player5", {"kind": "same-millisecond", "game": 1, "games": 5})
    assert ids(exported(client, "player5", perfType="bullet")) == before
    found = truth(client, "player5", perfType="bullet")["games"]
    shared = [game for game in found if game["created_at_ms"] == newest]
    whole = truth(client, "player5")["games"][:5]
    assert {game["created_at_ms"] for game in whole} == {newest}
    assert {game["id"] for game in shared} == {game["id"] for game in whole} & set(before)
    since = truth(client, "player5", vs="player5", since=str(newest))
    assert {game["id"] for game in since["games"]} <= {game["id"] for game in whole}


def test_games_appear_while_a_filtered_export_runs(client: httpx.Client) -> None:
    """The search has not heard of them yet; once they exist, it has."""
    all_of_them = [game["id"] for game in truth(client, "player6", rated="true")["games"]]
    trouble(client, "player6", {"kind": "appearing", "game": 4, "games": 40})
    hidden = {game["id"] for game in truth(client, "player6")["games"]}
    first = ids(exported(client, "player6", rated="true"))
    assert first == [game_id for game_id in all_of_them if game_id in hidden] != all_of_them
    assert ids(exported(client, "player6", rated="true", sort="dateAsc")) == all_of_them[::-1]
    assert client.get("/_control/stats").json()["faults"]["appearing"] == 1


def test_games_that_are_yet_to_appear_are_hidden_from_old_searches(client: httpx.Client) -> None:
    """Oldest first and in a window too, as long as they do not exist."""
    trouble(client, "player7", {"kind": "appearing", "game": GAMES * 2, "games": 40})
    hidden = [game["id"] for game in truth(client, "player7", rated="true")["games"]]
    assert ids(exported(client, "player7", rated="true", sort="dateAsc")) == hidden[::-1]
    assert ids(exported(client, "player7", rated="true", max="3")) == hidden[:3]
