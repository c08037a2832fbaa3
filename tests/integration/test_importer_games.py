"""Stored games over HTTP: every form has the same games in the same order, and no account is too large to send."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from importer.pgn import Splitter
from tests.importer_process import importer, tool
from tests.pgn_games import FOOLS_MATE, created_at_s, game_id, pgn

GAMES = "/api/v1/users/{}/games"
NOWHERE = "http://127.0.0.1:9"
PGN, NDJSON = "application/x-chess-pgn", "application/x-ndjson"
LARGE_ACCOUNT = 20_000

# A choice: the server holds a page of 64 KiB, what is on its way out, and what its allocator keeps; the account of the
# test is 47 MB.
GROWTH_MOST_BYTES = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run an importer whose database has a small account, and a large one of games of usual size."""
    path = tmp_path_factory.mktemp("games")
    untimed = pgn(500, FOOLS_MATE, None, UTCDate=None, UTCTime=None)
    small = b"".join([*map(pgn, range(250)), untimed])
    moves = f"{{{'x' * 2000}}} {FOOLS_MATE}"
    large = b"".join(pgn(number, moves) for number in range(LARGE_ACCOUNT))
    for user, text in (("small", small), ("large", large)):
        assert tool(path, "add-games", "--trusted", "--user", user, "-", stdin=text).returncode == 0
    with importer(path, NOWHERE) as running_importer:
        yield running_importer


def metric(client: httpx.Client, name: str) -> float:
    """Return a figure that the server reports."""
    found = re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def resident_bytes(client: httpx.Client) -> float:
    """Return the server's resident memory."""
    return metric(client, "process_resident_memory_bytes")


def processor_s(client: httpx.Client) -> float:
    """Return the processor time that the server has used."""
    return metric(client, "process_cpu_seconds_total")


def get(client: httpx.Client, user: str, accept: str = "*/*", **parameters: str | int) -> httpx.Response:
    """Ask for a user's games, which must be there."""
    answer = client.get(GAMES.format(user), params=parameters, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Vary"] == "Accept"
    return answer


NEWEST_FIRST = [*(game_id(number) for number in range(249, -1, -1)), game_id(500)]


def test_json_comes_page_by_page(client: httpx.Client) -> None:
    """Following `next` brings every game once, newest first, those without a time last; the last page has none."""
    ids: list[str] = []
    sizes: list[int] = []
    body = get(client, "SMALL").json()
    while True:
        ids += [game["id"] for game in body["games"]]
        sizes.append(len(body["games"]))
        if body["next"] is None:
            break
        body = get(client, "SMALL", after=body["next"]).json()
    assert ids == NEWEST_FIRST
    assert sizes == [100, 100, 51]


def test_a_page_that_ends_with_the_last_game_has_no_next(client: httpx.Client) -> None:
    """`next` means that there is more, not that the page is full."""
    body = get(client, "small", limit=251).json()
    assert (len(body["games"]), body["next"]) == (251, None)
    assert get(client, "small", limit=250).json()["next"] is not None


def test_a_game_in_json_is_the_game_that_was_stored(client: httpx.Client) -> None:
    """Every column is there, the time in milliseconds, and the text as it came."""
    (game,) = get(client, "small", limit=1).json()["games"]
    assert (game["id"], game["created_at_ms"]) == (game_id(249), created_at_s(249) * 1000)
    assert (game["white"], game["black_elo"], game["eco"], game["plies"]) == ("Alice", 1612, "A00", 4)
    assert game["pgn"] == pgn(249).decode().strip()
    untimed = get(client, "small", NDJSON).text.splitlines()[-1]
    assert json.loads(untimed)["created_at_ms"] is None


def test_ndjson_and_pgn_bring_the_whole_account(client: httpx.Client) -> None:
    """Without a limit all games come, a line or a text each; with one as many as were asked for."""
    lines = get(client, "small", NDJSON)
    assert lines.headers["Content-Type"] == NDJSON
    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == NEWEST_FIRST
    texts = get(client, "small", PGN)
    assert texts.headers["Content-Type"] == PGN
    splitter = Splitter()
    games = splitter.feed(texts.content) + splitter.finish()
    assert [game.text.split(b'GameId "')[1][:8].decode() for game in games] == NEWEST_FIRST
    assert len(get(client, "small", NDJSON, limit=7).text.splitlines()) == 7


def test_a_player_without_games_has_an_empty_list(client: httpx.Client) -> None:
    """Nothing stored is no error, in any form."""
    assert get(client, "nobody").json() == {"games": [], "next": None}
    assert [get(client, "nobody", form).content for form in (NDJSON, PGN)] == [b"", b""]


@pytest.mark.parametrize(
    ("path", "accept", "status", "sentence"),
    [
        (GAMES.format("small"), "text/html", 406, "Games come as application/json, application/x-ndjson or"),
        (GAMES.format("x"), "*/*", 422, "user_id must be 2 to 30 letters"),
        (GAMES.format("small") + "?after=1", "*/*", 422, "after must be the `next` of an earlier answer, not '1'."),
        (GAMES.format("small") + "?limit=0", "*/*", 422, "limit must be a whole number from 1 to 1000000, not '0'."),
        (GAMES.format("small") + "?platform=x", "*/*", 422, 'platform must be "lichess"'),
    ],
)
def test_what_cannot_be_sent_is_refused(
    client: httpx.Client, path: str, accept: str, status: int, sentence: str
) -> None:
    """A form that there is not, and parameters that mean nothing, are problems with a sentence."""
    answer = client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize("accept", [PGN, NDJSON])
def test_a_large_account_is_sent_in_the_memory_of_a_page(client: httpx.Client, accept: str) -> None:
    """Streaming 47 megabytes does not make the server grow, nor does a client that stops reading."""
    get(client, "large", accept, limit=100)
    before_bytes = resident_bytes(client)
    sent_bytes = 0
    with client.stream("GET", GAMES.format("large"), headers={"Accept": accept}) as answer:
        for number, piece in enumerate(answer.iter_raw()):
            sent_bytes += len(piece)
            if number == 10:  # while the client does not read on, nothing may pile up in the server
                assert resident_bytes(client) - before_bytes < GROWTH_MOST_BYTES
    assert sent_bytes > LARGE_ACCOUNT * 2300
    assert resident_bytes(client) - before_bytes < GROWTH_MOST_BYTES


def test_a_client_that_goes_away_is_forgotten(client: httpx.Client) -> None:
    """A stream that is left in the middle ends there: the server does not read the rest of the account for nobody."""
    for _ in range(5):
        with client.stream("GET", GAMES.format("large"), headers={"Accept": PGN}) as answer:
            next(answer.iter_raw())
    spent_s = processor_s(client)
    for _ in range(20):
        get(client, "small", limit=5)
    assert processor_s(client) - spent_s < 0.5  # one account takes half a second, five take two and a half


@pytest.mark.parametrize("accept", [PGN, NDJSON])
def test_a_damaged_game_cuts_the_transfer_or_is_refused(tmp_path: Path, accept: str) -> None:
    """What was sent before it stays sent, the body never ends as if it were whole, and the server goes on."""
    games = b"".join(map(pgn, range(250)))
    assert tool(tmp_path, "add-games", "--trusted", "--user", "someone", "-", stdin=games).returncode == 0
    with importer(tmp_path, NOWHERE) as client:
        with closing(sqlite3.connect(tmp_path / "games.sqlite3", isolation_level=None)) as db:
            db.execute("UPDATE games SET packed = x'00' WHERE game_id = ?", (game_id(20),))
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            client.get(GAMES.format("someone"), headers={"Accept": accept})
        refused = client.get(GAMES.format("someone"), params={"after": f"{created_at_s(25)}~{game_id(25)}"})
        assert refused.status_code == 500
        assert refused.json()["detail"].startswith(f"game {game_id(20)!r} cannot be unpacked")
        assert client.get("/healthz").status_code == 200
