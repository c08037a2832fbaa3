"""The importer among HTTP clients of every kind: careless, impatient, slow, or out to find a gap."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import httpx
import pytest
import uvicorn
from fastapi import Body, FastAPI
from uvicorn.server import ServerState

from importer.access import BodyGate
from importer.connection import Connection
from importer.problems import answer_problems
from tests.importer_process import end_of, importer, submit
from tests.servers import running

TOKEN = "0123456789abcdef"  # noqa: S105 it opens nothing
STORED = 40


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake that takes its time, so that an import without an end in sight can be had."""
    with running(["fake_lichess", "--profile", "lichess", "--speed", "20", "--games", "5000", "--seed", "5"]) as url:
        yield url


@pytest.fixture(scope="module")
def client(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run an importer with some stored games and an import that goes on and on."""
    settings = {"API_TOKEN": TOKEN, "UPSTREAM_MAX_STREAMS": "2"}
    with importer(tmp_path_factory.mktemp("manners"), upstream, **settings) as running_importer:
        running_importer.headers["Authorization"] = f"Bearer {TOKEN}"
        end_of(running_importer, submit(running_importer, "player1", STORED)["import_id"])
        submit(running_importer, "player2", 5000)
        yield running_importer


def detail(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json()["detail"])


def unending(client: httpx.Client) -> str:
    """Return the address of the import that goes on."""
    (one,) = client.get("/api/v1/imports", params={"user_id": "player2"}).json()["imports"]
    return f"/api/v1/imports/{one['import_id']}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/metrics", 200),
        ("/openapi.json", 200),
        ("/api/v1/config", 200),
        ("/api/v1/imports", 200),
        ("/api/v1/imports?limit=0", 422),
        ("/api/v1/imports/none", 404),
        ("/api/v1/users/player1/games", 200),
        ("/nowhere", 404),
        ("/api/v1/import-more-games", 405),
    ],
)
def test_head_is_get_without_a_body(client: httpx.Client, path: str, status: int) -> None:
    """Everything that can be got can be asked about: status and type are the same, and nothing follows."""
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (status, b"")
    assert got.status_code == status
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]


def test_head_of_a_stream_does_not_wait_for_its_end(client: httpx.Client) -> None:
    """Of an import's events, and of a whole account, there are only the headers, on a connection that goes on."""
    events = client.head(f"{unending(client)}/events")
    games = client.head("/api/v1/users/player2/games", headers={"Accept": "application/x-ndjson"})
    assert events.headers["Content-Type"].startswith("text/event-stream")
    assert games.headers["Content-Type"] == "application/x-ndjson"
    assert (events.content, games.content) == (b"", b"")
    assert client.get(unending(client)).json()["status"] == "running"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/imports?state=running", "'state' is not known: this address takes user_id, status, after, limit."),
        ("/api/v1/imports?limit=1&limit=2", "limit is given 2 times, and counts once."),
        ("/api/v1/imports/none?user_id=alice", "'user_id' is not known: this address takes none."),
        ("/api/v1/users/alice/games?cursor=1", "'cursor' is not known: this address takes platform, after, limit."),
    ],
)
def test_parameters_that_nobody_reads_are_refused(client: httpx.Client, path: str, said: str) -> None:
    """A misspelt filter is no filter: it is refused rather than left out."""
    assert said in detail(client.get(path), 422)


@pytest.mark.parametrize("limit", ["-1", "0", "201", "1e3", "1.5", "", " ", "٣", "9" * 400, "null", "0x10"])
@pytest.mark.parametrize("path", ["/api/v1/imports", "/api/v1/users/player1/games"])
def test_limits_that_are_none_are_refused(client: httpx.Client, path: str, limit: str) -> None:
    """Whatever is no whole number in range gets a sentence."""
    answer = client.get(path, params={"limit": limit})
    if path.endswith("games") and limit == "201":
        assert len(answer.json()["games"]) == STORED
    else:
        assert "limit must be a whole number from 1 to" in detail(answer, 422)


CURSORS = ["", "~", "1~", "~/", "1~a~b", "9999999999999~a", "--1~a", "1~a\n", "1~a' OR 1=1", "\0", "1 ~a", "%", "1~é"]


@pytest.mark.parametrize("cursor", CURSORS)
def test_cursors_that_nobody_gave_out_are_refused(client: httpx.Client, cursor: str) -> None:
    """A cursor is taken as it was given; anything else is no place in any list."""
    assert "after must be the `next`" in detail(
        client.get("/api/v1/users/player1/games", params={"after": cursor}), 422
    )
    assert "There is no import" in detail(client.get("/api/v1/imports", params={"after": cursor}), 404)


@pytest.mark.parametrize(
    ("cursor", "what"), [("999999999999~zzz", "all"), ("-999999999999~zzz", "untimed"), ("~zzz", "untimed")]
)
def test_cursors_that_might_have_been_given_are_places(client: httpx.Client, cursor: str, what: str) -> None:
    """A place before all games, or behind those whose time is known, is one although no game is there."""
    games = client.get("/api/v1/users/player1/games", params={"after": cursor}).json()["games"]
    assert (len(games) == STORED) == (what == "all")
    assert any(game["created_at_ms"] for game in games) == (what == "all")


def test_a_cursor_of_one_account_shows_no_other_s_games(client: httpx.Client) -> None:
    """A cursor is a place in an order, and gives nobody anything that he could not have without it."""
    given = client.get("/api/v1/users/player1/games", params={"limit": 1}).json()["next"]
    of_nobody = client.get("/api/v1/users/nobody/games", params={"after": given})
    assert of_nobody.json() == {"games": [], "next": None}


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": "*"},
        {"If-Match": '"x"'},
        {"If-Modified-Since": "Tue, 24 Nov 2037 00:00:00 GMT"},
        {"If-Unmodified-Since": "nonsense"},
        {"Range": "bytes=0-1"},
        {"Expect": "100-continue"},
    ],
)
def test_conditions_on_answers_without_validators_change_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    """No answer has an ETag or a date, so no condition holds, and no range cuts one short."""
    answer = client.get("/api/v1/users/player1/games", headers=headers)
    assert (answer.status_code, len(answer.json()["games"])) == (200, STORED)
    assert not {"ETag", "Last-Modified", "Accept-Ranges"} & set(answer.headers)


def test_no_answer_leads_to_where_the_host_header_says(client: httpx.Client) -> None:
    """An address with a slash too many is none: it is not mended with a redirect that the client could forge."""
    answer = client.get("/api/v1/imports/", headers={"Host": "elsewhere.example"})
    assert "nothing at this address" in detail(client.get("/healthz/"), 404)
    assert "elsewhere" not in f"{answer.headers} {answer.text}"


def test_a_packed_body_is_refused(client: httpx.Client) -> None:
    """Nothing that would have to be unpacked is: a kilobyte could become a gigabyte."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post("/api/v1/import-more-games", content=b"\x1f\x8b", headers=headers)
    assert "not in the coding 'gzip'" in detail(answer, 415)


def small_app() -> FastAPI:
    """Return an application that reads a body the way the importer does."""
    app = FastAPI()
    answer_problems(app, {})

    @app.get("/")
    async def get() -> str:
        return "got"

    @app.post("/")
    async def post(body: Annotated[int, Body()]) -> int:
        return body

    return app


async def answered(port: int, *pieces: bytes) -> bytes:
    """Send pieces and then nothing; return what comes until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    received = await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return received


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class Impatient(Connection):
    """A connection that does not try a test's patience."""

    headers_within_s = 0.1


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ((b"",), b""),
        ((b"GET / HTT",), b""),
        ((b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: "), b""),
        ((b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HT"), b"HTTP/1.1 200"),
        ((POST + b"Content-Length: 5\r\n\r\n", b"1"), b"HTTP/1.1 408"),
        ((POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n"), b"HTTP/1.1 408"),
        (
            (POST + b"Connection: close\r\nContent-Length: 2\r\n\r\n", b"1", b"2"),
            b"HTTP/1.1 200",
        ),
    ],
)
def test_who_does_not_finish_asking_is_left(pieces: tuple[bytes, ...], status: bytes) -> None:
    """A request line, a header or a body that does not come to its end does not hold a connection for ever."""

    async def run() -> bytes:
        app = BodyGate(small_app(), within_s=0.1)
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_keep_alive=1)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Impatient(config, state, {}), "127.0.0.1", 0)
        async with server:
            received = await answered(server.sockets[0].getsockname()[1], *pieces)
        await asyncio.gather(*state.tasks)
        return received

    received = asyncio.run(run())
    assert received.startswith(status)
    assert (b"did not come within 0.1 s" in received) == (b"408" in status)
    assert (b"application/problem+json" in received) == (b"408" in status)


def test_an_id_that_is_a_path_is_an_id(client: httpx.Client) -> None:
    """Dots, slashes, nothing at all or half a character name an import that there is none of."""
    for path in ("..%2f..%2fetc%2fpasswd", "%00", "%ff", "a" * 5000):
        assert client.get(f"/api/v1/imports/{path}").status_code == 404
