"""Streams of a running fake Lichess: pace, limits, slow and vanishing readers, the end of the server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import BinaryIO

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
EXPORT = "/api/games/user/player1"
# Long enough for a busy machine; nothing waits this long when all is well.
PATIENCE_S = 30.0


@contextmanager
def server(*arguments: str) -> Iterator[httpx.Client]:
    """Run a server and yield a client that knows it."""
    with running(["fake_lichess", *arguments]) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def stats(client: httpx.Client) -> dict[str, int]:
    """Ask for the server's counts."""
    found: dict[str, int] = client.get("/_control/stats").json()
    return found


@contextmanager
def chunks(client: httpx.Client, parameters: str) -> Iterator[Iterator[tuple[float, bytes]]]:
    """Export and give every HTTP chunk, unjoined, with the time it was read."""
    address = (client.base_url.host, client.base_url.port or 0)
    request = f"GET {EXPORT}?{parameters} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {ME['User-Agent']}\r\n\r\n"
    with socket.create_connection(address, PATIENCE_S) as connection, connection.makefile("rb") as stream:
        connection.sendall(request.encode())
        while stream.readline() != b"\r\n":
            pass
        yield unjoined(stream)


def unjoined(stream: BinaryIO) -> Iterator[tuple[float, bytes]]:
    """Read a chunked body up to its end."""
    while size := int(stream.readline(), 16):
        chunk = stream.read(size)
        assert stream.readline() == b"\r\n"
        yield monotonic(), chunk


def test_a_paced_stream_sends_one_game_a_chunk_and_never_too_many() -> None:
    """500 games at 1 000 a second: each its own chunk, and never more than 50 ms worth ahead of the pace."""
    with server("--speed", "40", "--games", "500") as client:
        assert client.get("/_control/config").json()["games_per_s"] == 1000.0
        began = monotonic()
        with chunks(client, "clocks=true") as stream:
            read = list(stream)
    assert len(read) == 500
    for number, (at_s, game) in enumerate(read):
        assert game.startswith(b"[Event ")
        assert game.count(b"[Event ") == 1
        assert game.endswith(b"\n\n\n")
        assert number + 1 <= 1000.0 * (at_s - began) + 50


def test_an_unpaced_stream_gathers_games_into_larger_chunks() -> None:
    """Without pacing, sixteen whole games travel together; those that are filtered, by some 40 KiB."""
    with server("--profile", "unlimited", "--games", "500") as client:
        with chunks(client, "clocks=true") as stream:
            pages = [chunk for _, chunk in stream]
        with chunks(client, "clocks=true&color=white") as stream:
            filtered = [chunk for _, chunk in stream]
    assert [page.count(b"[Event ") for page in pages] == [*[16] * 31, 4]
    assert all(page.startswith(b"[Event ") and page.endswith(b"\n\n\n") for page in pages)
    assert all(40 * 1024 <= len(chunk) < 50 * 1024 for chunk in filtered[:-1])


@pytest.mark.parametrize(("profile", "streams"), [("lichess", 2), ("documented", 1)])
def test_one_stream_too_many_is_refused_at_once_until_another_ends(profile: str, streams: int) -> None:
    """The exact body, no Retry-After, and the next stream begins as soon as a reader goes away."""
    with server("--profile", profile) as client:
        open_streams = [client.stream("GET", EXPORT) for _ in range(streams)]
        responses = [stream.__enter__() for stream in open_streams]
        assert [response.status_code for response in responses] == [200] * streams
        refused = client.get(EXPORT)
        assert refused.status_code == 429
        assert refused.text == '{"error":"Please only run 1 request(s) at a time"}'
        assert refused.headers["content-type"] == "application/json"
        assert "retry-after" not in refused.headers
        open_streams.pop().__exit__(None, None, None)
        deadline = monotonic() + PATIENCE_S
        while client.get(EXPORT, params={"max": 1}).status_code == 429:
            assert monotonic() < deadline
        for stream in open_streams:
            stream.__exit__(None, None, None)
        assert stats(client)["streams_in_flight_most"] == streams


def test_a_finished_stream_frees_its_slot_before_the_reader_knows() -> None:
    """Whoever has read the end may ask again at once, a hundred times without one refusal."""
    with server("--profile", "documented") as client:
        assert {client.get(EXPORT, params={"max": 1}).status_code for _ in range(100)} == {200}
        assert stats(client)["too_many_requests"] == 0


def test_the_limit_of_streams_can_be_lifted() -> None:
    """`--max-streams 0` lets one address hold as many as it likes, still paced."""
    with server("--max-streams", "0") as client:
        streams = [client.stream("GET", EXPORT) for _ in range(5)]
        assert [stream.__enter__().status_code for stream in streams] == [200] * 5
        assert stats(client)["streams_in_flight"] == 5
        for stream in streams:
            stream.__exit__(None, None, None)


@pytest.mark.parametrize("arguments", [("--max-streams", "0"), ("--profile", "unlimited", "--games", "500000")])
def test_readers_who_vanish_leave_nothing_behind(arguments: tuple[str, ...]) -> None:
    """Ten readers go away in the middle of paced or unpaced streams; no stream stays in flight, no game is sent on."""
    with server(*arguments) as client:
        for _ in range(10):
            with client.stream("GET", EXPORT) as response:
                next(response.iter_raw())
        deadline = monotonic() + PATIENCE_S
        while stats(client)["streams_in_flight"]:
            assert monotonic() < deadline
        sent = stats(client)["games_sent"]
        assert sent < 100_000
        assert stats(client)["games_sent"] == sent


@pytest.mark.parametrize("profile", ["lichess", "unlimited"])
def test_a_search_that_finds_nothing_keeps_nobody_waiting(profile: str) -> None:
    """Half a million games without a match: the counts are told while it goes on, and it ends with its reader."""
    with server("--profile", profile, "--games", "500000") as client:
        for nothing in ({"perfType": "puzzle"}, {"perfType": "puzzle", "sort": "dateAsc"}, {"vs": "player2"}):
            with client.stream("GET", EXPORT, params=nothing) as response:
                assert response.status_code == 200
                assert stats(client)["streams_in_flight"] == 1
            deadline = monotonic() + PATIENCE_S
            while stats(client)["streams_in_flight"]:
                assert monotonic() < deadline
        assert stats(client)["games_sent"] == 0


def test_a_reader_who_does_not_read_stops_the_stream() -> None:
    """Back-pressure: of 1.5 GB only what fits into socket buffers is ever made, and the server still answers."""
    with (
        server("--profile", "unlimited", "--games", "500000") as client,
        chunks(client, "clocks=true&evals=true") as reading,
    ):
        next(reading)
        sent, unchanged, deadline = -1, 0, monotonic() + PATIENCE_S
        while unchanged < 50:
            now_sent = stats(client)["bytes_sent"]
            unchanged = unchanged + 1 if now_sent == sent else 0
            sent = now_sent
            assert monotonic() < deadline
        assert sent < 32 * 1024 * 1024
        for _ in range(500):
            next(reading)
        assert stats(client)["bytes_sent"] > sent


def test_a_reader_who_does_not_read_can_be_cut_off() -> None:
    """With a limit to its patience the server gives the place up; what was under way ends without the final chunk."""
    with (
        server("--profile", "unlimited", "--games", "500000", "--reader-patience-s", "0.3") as client,
        chunks(client, "clocks=true&evals=true") as reading,
    ):
        next(reading)
        deadline = monotonic() + PATIENCE_S
        while stats(client)["streams_in_flight"]:
            assert monotonic() < deadline
        with pytest.raises(ValueError, match="invalid literal"):
            list(reading)


def test_a_stopping_server_cuts_its_streams_and_leaves_well() -> None:
    """SIGTERM during a stream: the reader sees it break, never end properly, and the exit code is 0 within 3 s."""
    reader = httpx.Client(headers=ME)
    with running(["fake_lichess", "--profile", "lichess"]) as url:
        stream = reader.stream("GET", url + EXPORT)
        lines = stream.__enter__().iter_lines()
        assert next(lines).startswith("[Event ")
        told_to_stop = monotonic()
    assert monotonic() - told_to_stop < 3.0
    with pytest.raises(httpx.RemoteProtocolError):
        for _ in lines:
            pass
    reader.close()


def test_a_taken_port_is_explained() -> None:
    """Exit code 3 and a sentence that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "fake_lichess", "--port", str(port)], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 3
    assert f"cannot listen on port {port}" in ended.stderr
    assert "--port" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--speed", "0"), "--speed"),
        (("--games", "500001"), "500000"),
        (("--profile", "chesscom"), "unlimited"),
        (("--evals-share", "2"), "--evals-share"),
        (("--replay", "/nowhere.pgn"), "does not exist"),
    ],
)
def test_nonsense_options_are_refused_with_the_reason(arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, the option and what it may be."""
    ended = subprocess.run(
        [sys.executable, "-m", "fake_lichess", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "TERM": "dumb"},
    )
    assert ended.returncode == 2
    assert said in ended.stderr
