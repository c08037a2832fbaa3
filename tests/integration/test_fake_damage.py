"""Every fault of the games themselves, as it arrives from a running fake Lichess, and what the truth says of it."""

import hashlib
import io
import re
from collections.abc import Iterator
from typing import Any

import chess.pgn
import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
GAMES = 20
ID = re.compile(rb'\[GameId "(\w{8})"\]')
WHOLE = {"clocks": "true", "evals": "true", "opening": "true"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file; each has a user of its own."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def exported(client: httpx.Client, user: str, **parameters: str | int) -> bytes:
    """Export everything about a user's games."""
    return client.get(f"/api/games/user/{user}", params={**WHOLE, **parameters}).raise_for_status().content


def games(client: httpx.Client, user: str) -> list[bytes]:
    """Export a user without faults and cut the text into games."""
    return [game + b"\n\n\n" for game in exported(client, user).split(b"\n\n\n")[:-1]]


def troubled(client: httpx.Client, user: str, **fault: str | int) -> bytes:
    """Give a user this one fault and export."""
    client.put(f"/_control/users/{user}/faults", json={"faults": [fault]}).raise_for_status()
    return exported(client, user)


def truth(client: httpx.Client, user: str, **parameters: str | int) -> dict[str, Any]:
    """Ask what an import must end up with."""
    found: dict[str, Any] = client.get(f"/_control/users/{user}/truth", params=parameters).raise_for_status().json()
    return found


def read(game: bytes) -> chess.pgn.Game:
    """Read a game with a strict reader."""
    found = chess.pgn.read_game(io.StringIO(game.decode()))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "was", "shown"),
    [
        ("truncated-tag", rb'\[GameId "(\w{4})\w{4}"\]\n', rb'[GameId "\1' + b"\n"),
        ("illegal-move", rb"\n\n1\. \S+", rb"\n\n1. Ke5"),
        ("unknown-variant", rb'\[Variant "[^"]*"\]', rb'[Variant "Quantum"]'),
        ("nul-byte", rb'\[White "', b'[White "\0'),
        ("invalid-utf8", rb'\[White "', b'[White "\xff'),
    ],
)
def test_damaged_games_arrive_as_told_and_cannot_be_stored(
    client: httpx.Client, kind: str, was: bytes, shown: bytes
) -> None:
    """Game 3 alone is damaged, in every export; the truth names it apart and leaves it out of the count."""
    user = f"player-{kind}"
    plain = games(client, user)
    third = ID.findall(plain[2])[0].decode()
    damaged = re.sub(was, shown, plain[2])
    assert damaged != plain[2]
    if kind == "truncated-tag":
        damaged = re.sub(rb'(\[Site "https://lichess.org/\w{4})\w{4}"\]', rb"\1", damaged)
    for _ in range(2):
        assert troubled(client, user, kind=kind, game=3) == b"".join([*plain[:2], damaged, *plain[3:]])
    answer = truth(client, user)
    assert [(game["id"], game["faults"]) for game in answer["cannot_be_stored"]] == [(third, [kind])]
    assert answer["count"] == len(answer["games"]) == GAMES - 1
    assert third not in {game["id"] for game in answer["games"]}


def test_json_lines_are_damaged_as_pgn_is(client: httpx.Client) -> None:
    """The same game of the account is struck whichever form is asked for."""
    accept = {"Accept": "application/x-ndjson"}
    path = "/api/games/user/player-lines"
    plain = client.get(path, headers=accept).text.splitlines(keepends=True)
    troubled(client, "player-lines", kind="unknown-variant", game=2)
    damaged = re.sub('"variant":"[^"]*"', '"variant":"quantum"', plain[1])
    assert client.get(path, headers=accept).text == "".join([plain[0], damaged, *plain[2:]])


def test_every_so_many_games_can_be_damaged(client: httpx.Client) -> None:
    """`every` repeats a damage through the account, and windows see the same games damaged."""
    text = troubled(client, "player-every", kind="illegal-move", game=2, every=5)
    assert text.count(b"1. Ke5") == 4
    assert len(truth(client, "player-every")["cannot_be_stored"]) == 4
    assert exported(client, "player-every", max=3).count(b"1. Ke5") == 1


def test_crlf_changes_line_ends_and_nothing_else(client: httpx.Client) -> None:
    """The games arrive with carriage returns and must all be kept."""
    plain = b"".join(games(client, "player-crlf"))
    text = troubled(client, "player-crlf", kind="crlf", every=1)
    assert text == plain.replace(b"\n", b"\r\n")
    assert truth(client, "player-crlf")["count"] == GAMES


def test_no_newline_lets_a_game_begin_right_after_a_result(client: httpx.Client) -> None:
    """Nothing stands between the fourth game's result and the fifth game's first tag."""
    plain = games(client, "player-newline")
    text = troubled(client, "player-newline", kind="no-newline", game=4)
    assert text == b"".join([*plain[:3], plain[3].rstrip(b"\n"), *plain[4:]])
    assert truth(client, "player-newline")["count"] == GAMES


def test_missing_elo_leaves_the_tags_out(client: httpx.Client) -> None:
    """A game without ratings is a game, and must be kept."""
    text = troubled(client, "player-elo", kind="missing-elo", every=1)
    assert b"Elo " not in text
    assert b"RatingDiff" not in text
    assert len(ID.findall(text)) == truth(client, "player-elo")["count"] == GAMES


def test_duplicates_come_up_to_eight_times_and_count_once(client: httpx.Client) -> None:
    """The same bytes eight times in one export; an import must end up with one."""
    plain = games(client, "player-twice")
    text = troubled(client, "player-twice", kind="duplicate", game=6)
    assert text == b"".join([*plain[:5], *[plain[5]] * 8, *plain[6:]])
    assert truth(client, "player-twice")["count"] == GAMES


def test_the_giant_game_is_legal_and_may_be_kept_or_not(client: httpx.Client) -> None:
    """Four thousand plies with long comments parse without an error; the truth leaves the choice to the importer."""
    text = troubled(client, "player-giant", kind="giant-game")
    giant = text.split(b"\n\n\n", 1)[0]
    assert 500_000 < len(giant) < 2_000_000
    game = read(giant)
    assert (game.errors, game.end().ply()) == ([], 4000)
    answer = truth(client, "player-giant")
    assert [game["faults"] for game in answer["may_be_stored"]] == [["giant-game"]]
    assert answer["count"] == GAMES - 1


def test_games_of_one_millisecond_stay_together_in_every_window(client: httpx.Client) -> None:
    """Three games share the newest one's instant: a window holds all of them or none, in export and truth alike."""
    before = truth(client, "player-instant")["games"]
    text = troubled(client, "player-instant", kind="same-millisecond", game=4, games=3)
    answer = truth(client, "player-instant")["games"]
    shared_ms = before[3]["created_at_ms"]
    assert [game["created_at_ms"] for game in answer[3:6]] == [shared_ms] * 3
    assert len(set(re.findall(rb'UTCTime "([^"]*)"', text)[3:6])) == 1
    for bound, newer in ((shared_ms, 6), (shared_ms + 1, 3), (before[4]["created_at_ms"], 6)):
        assert len(ID.findall(exported(client, "player-instant", since=bound))) == newer
        assert truth(client, "player-instant", since=bound)["count"] == newer
        assert len(ID.findall(exported(client, "player-instant", until=bound))) == GAMES - newer


@pytest.mark.parametrize(("sort", "seen"), [("dateDesc", GAMES - 3), ("dateAsc", GAMES)])
def test_games_appear_while_an_export_runs(client: httpx.Client, sort: str, seen: int) -> None:
    """Three newer games appear after five were sent: only an export towards the present meets them; the truth grows."""
    user = f"player-new-{sort}"
    fault = {"kind": "appearing", "game": 5, "games": 3}
    client.put(f"/_control/users/{user}/faults", json={"faults": [fault]}).raise_for_status()
    assert truth(client, user)["count"] == GAMES - 3
    sent = ID.findall(exported(client, user, sort=sort))
    assert (len(sent), len(set(sent))) == (seen, seen)
    assert truth(client, user)["count"] == GAMES
    assert len(ID.findall(exported(client, user))) == GAMES


@pytest.mark.parametrize("fault", [None, "crlf", "missing-elo", "duplicate", "giant-game", "illegal-move"])
def test_the_digest_can_be_had_from_the_export(client: httpx.Client, fault: str | None) -> None:
    """The sum of the games' SHA-256, line ends and surroundings set straight, each game once, in any order."""
    user = f"player-digest-{fault}"
    text = exported(client, user) if fault is None else troubled(client, user, kind=fault, game=2)
    answer = truth(client, user, digest="true")
    must = {game["id"].encode(): game["sha256"] for game in answer["games"]}
    kept = {}
    for game in text.replace(b"\r\n", b"\n").split(b"\n\n\n")[:-1]:
        [game_id] = ID.findall(game)
        kept[game_id] = hashlib.sha256(game.strip())
    assert {game_id: of_one.hexdigest() for game_id, of_one in kept.items() if game_id in must} == must
    total = sum(int(kept[game_id].hexdigest(), 16) for game_id in must) % 2**256
    assert answer["digest"] == f"{total:064x}"
    assert "digest" not in truth(client, user)
