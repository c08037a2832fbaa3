"""The importer's HTTP interface as clients meet it: lists, cancels, keys, limits, tokens and metrics."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.importer_process import JsonObject, end_of, importer, poll, submit, tool
from tests.servers import running

PROBLEM = "application/problem+json"
TOKEN = "a-token-for-these-tests"  # noqa: S105 of a server that lives for a test


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake Lichess at its real pace, so that imports last until they are cancelled."""
    with running(["fake_lichess", "--profile", "lichess", "--games", "5000", "--seed", "5"]) as url:
        yield url


@pytest.fixture
def client(upstream: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """Run an importer that runs one import at a time, and lets two wait."""
    settings = {"MAX_CONCURRENT_IMPORTS": "1", "MAX_QUEUED_IMPORTS": "2", "IMPORT_BATCH_SIZE": "1000"}
    with importer(tmp_path, upstream, **settings) as running_importer:
        yield running_importer


def problem(answer: httpx.Response, status: int) -> str:
    """Check that an answer is a problem of that status, and return its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    body = answer.json()
    assert (set(body), body["status"]) == ({"title", "status", "detail"}, status)
    return str(body["detail"])


def page(client: httpx.Client, **parameters: str | int) -> tuple[list[str], str | None]:
    """Return the users of a page of imports, and where the next begins."""
    answer = client.get("/api/v1/imports", params=parameters)
    assert answer.status_code == 200, answer.text
    return [one["user_id"] for one in answer.json()["imports"]], answer.json()["next"]


def request(user: str, limit: int = 5000) -> JsonObject:
    """Return the body that asks for an import."""
    return {"user_id": user, "platform": "lichess", "limit": limit}


def test_imports_are_listed_newest_first_and_page_by_page(client: httpx.Client) -> None:
    """Filters by user and state take the same pages; a page says where the next begins."""
    for user in ("player1", "player2", "player3"):
        submit(client, user, 5000)
    first, after = page(client, limit=2)
    assert first == ["player3", "player2"]
    assert after is not None
    assert page(client, limit=2, after=after) == (["player1"], None)
    assert page(client, user_id="PLAYER2") == (["player2"], None)
    assert page(client, status="queued") == (["player3", "player2"], None)
    assert page(client, status="failed") == ([], None)
    assert "There is no import 'x'" in problem(client.get("/api/v1/imports", params={"after": "x"}), 404)
    assert "limit must be a whole number from 1 to 200" in problem(client.get("/api/v1/imports?limit=0"), 422)


def test_a_waiting_import_is_cancelled_out_of_the_queue(client: httpx.Client) -> None:
    """It ends without having run, and the one behind it moves up."""
    submit(client, "player1", 5000)
    second, third = (submit(client, user, 5000)["import_id"] for user in ("player2", "player3"))
    cancelled = client.delete(f"/api/v1/imports/{second}")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert poll(client, third)["queue_position"] == 1
    assert "is cancelled already" in problem(client.delete(f"/api/v1/imports/{second}"), 409)


def test_a_running_import_keeps_the_games_it_has_when_it_is_cancelled(client: httpx.Client) -> None:
    """The batch in hand is stored, the next import starts, and what was cancelled can be asked for again."""
    first = submit(client, "player1", 5000)["import_id"]
    second = submit(client, "player2", 5000)["import_id"]
    while poll(client, first)["fetched"] < 3:
        pass
    cancelled = client.delete(f"/api/v1/imports/{first}").json()
    assert (cancelled["status"], cancelled["phase"], cancelled["error"]) == ("cancelled", "finished", None)
    assert cancelled["stored"] == cancelled["fetched"] >= 3
    assert poll(client, second)["status"] == "running"
    games = client.get("/api/v1/users/player1/games", params={"limit": 1000}).json()["games"]
    assert len(games) == cancelled["stored"]
    assert submit(client, "player1", 5000)["import_id"] != first


def test_what_cannot_be_cancelled_says_why(client: httpx.Client) -> None:
    """An unknown import is 404, and one that is over 409."""
    assert "There is no import" in problem(client.delete("/api/v1/imports/none"), 404)
    ended = end_of(client, submit(client, "nobody", 1)["import_id"])
    assert "is failed already" in problem(client.delete(f"/api/v1/imports/{ended['import_id']}"), 409)


def test_past_the_queue_s_end_a_request_is_told_to_come_back(client: httpx.Client) -> None:
    """503 with Retry-After; whoever has an unfinished import is still given it, and a freed place is taken."""
    accepted = [submit(client, f"player{number}", 5000)["import_id"] for number in (1, 2, 3)]
    refused = client.post("/api/v1/import-more-games", json=request("player4"))
    assert "2 imports wait already" in problem(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    assert submit(client, "Player3", 7)["import_id"] == accepted[2]
    client.delete(f"/api/v1/imports/{accepted[1]}")
    assert submit(client, "player4", 5000)["queue_position"] == 2


def test_a_key_asks_once(upstream: str, tmp_path: Path) -> None:
    """The same request with the same key is the same import, after its end and after a restart; another is refused."""
    keyed = {"Idempotency-Key": "k-1"}
    with importer(tmp_path, upstream) as client:
        first = client.post("/api/v1/import-more-games", json=request("nobody"), headers=keyed)
        end_of(client, first.json()["import_id"])
        again = client.post("/api/v1/import-more-games", json=request("Nobody"), headers=keyed)
        other = client.post("/api/v1/import-more-games", json=request("nobody", 9), headers=keyed)
        without = client.post("/api/v1/import-more-games", json=request("nobody"))
        bad = client.post("/api/v1/import-more-games", json=request("nobody"), headers={"Idempotency-Key": "a b"})
    with importer(tmp_path, upstream) as client:
        later = client.post("/api/v1/import-more-games", json=request("nobody"), headers=keyed)
    assert first.json()["import_id"] == again.json()["import_id"] == later.json()["import_id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert "came with another request" in problem(other, 409)
    assert without.json()["import_id"] != first.json()["import_id"]
    assert "idempotency-key must be 1 to 255 printable" in problem(bad, 422)


@pytest.mark.parametrize(
    ("headers", "size_bytes", "status", "sentence"),
    [
        ({"Content-Type": "application/json"}, 4097, 413, "The body has 4097 bytes, and no request needs more than"),
        ({"Content-Type": "text/plain"}, 9, 415, "must be application/json, not 'text/plain'"),
        ({}, 9, 415, "must be application/json, not nothing named"),
        ({"Content-Type": "application/json"}, 3000, 400, "must be a JSON object, as UTF-8, not nested deeper"),
    ],
)
def test_bodies_that_no_request_has_are_refused(
    client: httpx.Client, headers: dict[str, str], size_bytes: int, status: int, sentence: str
) -> None:
    """Too large, not JSON, or nested without end: each is a problem with its own status."""
    answer = client.post("/api/v1/import-more-games", content=b"[" * size_bytes, headers=headers)
    assert sentence in problem(answer, status)


def test_a_body_without_a_length_is_measured_as_it_comes(client: httpx.Client) -> None:
    """Sent in chunks, a body that is too large is refused all the same."""
    pieces = (b" " * 1000 for _ in range(50))
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/import-more-games", content=pieces, headers=headers)
    assert "larger than any request" in problem(answer, 413)


def test_names_that_cannot_be_said_are_refused_in_a_sentence(client: httpx.Client) -> None:
    """JSON can name a field by half a character; the answer is valid all the same."""
    body = b'{"\\ud800": 1, "user_id": "alice", "platform": "lichess", "limit": 2}'
    answer = client.post("/api/v1/import-more-games", content=body, headers={"Content-Type": "application/json"})
    assert "must be a JSON object with user_id" in problem(answer, 422)


def test_other_methods_and_protocols_are_problems_too(client: httpx.Client) -> None:
    """405 names every method that there is, and what is no HTTP is answered in the same form."""
    answer = client.put("/api/v1/imports/x")
    assert "use DELETE, GET, HEAD" in problem(answer, 405)
    assert answer.headers["Allow"] == "DELETE, GET, HEAD"
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"HELO\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in received
    assert b'"status":400' in received


def test_trouble_and_faults_of_the_server_are_problems_too(client: httpx.Client, tmp_path: Path) -> None:
    """A database that is gone is 503 with Retry-After; a row that makes no sense is a fault of the program, and 500."""
    import_id = submit(client, "player1", 5000)["import_id"]
    ended = client.delete(f"/api/v1/imports/{import_id}").json()["import_id"]
    with closing(sqlite3.connect(tmp_path / "games.sqlite3")) as other, other:
        other.execute("UPDATE imports SET status = 'nonsense'")
    faulty = client.get(f"/api/v1/imports/{ended}")
    assert "ValueError. The server's log says more." in problem(faulty, 500)
    assert faulty.headers["Connection"] == "close"
    with closing(sqlite3.connect(tmp_path / "games.sqlite3")) as other, other:
        other.execute("DROP TABLE imports")
    answer = client.get(f"/api/v1/imports/{ended}")
    assert "cannot be used now: no such table: imports" in problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200


def test_with_a_token_nothing_but_health_is_open(upstream: str, tmp_path: Path) -> None:
    """Every path asks for the token, unknown ones too; the configuration does not tell it."""
    with importer(tmp_path, upstream, API_TOKEN=TOKEN) as client:
        for path in ("/api/v1/imports", "/metrics", "/openapi.json", "/nowhere"):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
                answer = client.get(path, headers=headers)
                assert "Authorization: Bearer" in problem(answer, 401)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
        client.headers["Authorization"] = f"bearer  {TOKEN}"
        assert client.get("/api/v1/imports").status_code == 200
        assert TOKEN not in client.get("/api/v1/config").text
        assert TOKEN not in client.get("/metrics").text


def test_only_with_a_token_others_are_listened_to(upstream: str, tmp_path: Path) -> None:
    """Without one the server refuses to start on another address than loopback; with one it says where it listens."""
    refused = tool(tmp_path, "--host", "0.0.0.0", "--port", "0")  # noqa: S104 the point of the test
    assert refused.returncode == 2
    assert b"API_TOKEN is '', but must be set before anyone outside" in refused.stderr
    environment = {"DATABASE_PATH": str(tmp_path / "g.sqlite3"), "LICHESS_BASE_URL": upstream, "API_TOKEN": TOKEN}
    with running(["importer", "--host", "localhost"], environment) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_metrics_tell_what_the_server_did(client: httpx.Client) -> None:
    """Imports by state, the queue and games by outcome are there for Prometheus to read."""
    first = submit(client, "player1", 5000)["import_id"]
    submit(client, "player2", 5000)
    while poll(client, first)["fetched"] < 3:
        pass
    stored = client.delete(f"/api/v1/imports/{first}").json()["stored"]
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert 'importer_imports{state="cancelled"} 1.0' in lines
    assert "importer_queue_length 0.0" in lines
    assert f'importer_games_total{{outcome="stored"}} {float(stored)}' in lines
    assert "importer_batch_seconds_count 1.0" in lines
    assert "importer_queue_wait_seconds_count 2.0" in lines
