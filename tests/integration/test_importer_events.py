"""An import's events from a real server: told to the end, and nothing left when a client or the server goes."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.importer_process import JsonObject, end_of, importer, poll, submit
from tests.servers import running


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake Lichess that takes about a second for an account of 60 games."""
    with running(["fake_lichess", "--profile", "lichess", "--games", "60", "--seed", "5", "--speed", "4"]) as url:
        yield url


def events(client: httpx.Client, import_id: str) -> list[tuple[str, JsonObject, str | None]]:
    """Read an import's events to their end: kind, import and id of each."""
    text = client.get(f"/api/v1/imports/{import_id}/events").text
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found


def test_events_tell_an_import_from_the_queue_to_its_end(upstream: str, tmp_path: Path) -> None:
    """A waiting import is seen in the queue, running and growing, and at last as it ended."""
    with importer(tmp_path, upstream, MAX_CONCURRENT_IMPORTS="1") as client:
        first = submit(client, "player1", 20)["import_id"]
        second = submit(client, "player2", 60)["import_id"]
        told = events(client, second)
        ended = poll(client, second)
        assert [one["status"] for _, one, _ in told[:1]] == ["queued"]
        assert {"queued", "running", "completed"} == {one["status"] for _, one, _ in told}
        assert told[-1] == ("state", ended, "over")
        assert [name for _, _, name in told[:-1]] == [None] * (len(told) - 1)
        fetched = [one["fetched"] for _, one, _ in told]
        assert fetched == sorted(fetched)
        assert len(set(fetched)) > 2
        assert "progress" in {kind for kind, _, _ in told}
        assert poll(client, first)["status"] == "completed"


def test_an_import_that_is_over_has_one_event(upstream: str, tmp_path: Path) -> None:
    """Whoever comes late is told the end; whoever comes again after it is sent away for good; unknown ids are 404."""
    with importer(tmp_path, upstream) as client:
        ended = end_of(client, submit(client, "nobody", 1)["import_id"])
        path = f"/api/v1/imports/{ended['import_id']}/events"
        assert events(client, ended["import_id"]) == [("state", ended, "over")]
        assert client.get(path).headers["Content-Type"].startswith("text/event-stream")
        assert client.get(path, headers={"Last-Event-ID": "over"}).status_code == 204
        unknown = client.get("/api/v1/imports/none/events")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_client_that_goes_away_holds_nothing(upstream: str, tmp_path: Path) -> None:
    """Streams that were left are gone while the import still runs."""
    with importer(tmp_path, upstream) as client:
        import_id = submit(client, "player3", 60)["import_id"]
        before = open_files(client)
        for _ in range(20):
            with client.stream("GET", f"/api/v1/imports/{import_id}/events") as stream:
                next(stream.iter_lines())
        while open_files(client) > before + 2:
            assert poll(client, import_id)["status"] == "running", "streams outlive their clients"


def test_a_server_that_stops_does_not_wait_for_its_streams(tmp_path: Path) -> None:
    """A stream that is open at the stop ends at once, whole and without a final state."""
    with running(["fake_lichess", "--profile", "lichess", "--games", "5000"]) as slow, ExitStack() as left:
        with importer(tmp_path, slow) as client:
            import_id = submit(client, "player1", 5000)["import_id"]
            other = left.enter_context(httpx.Client(base_url=client.base_url))
            stream = left.enter_context(other.stream("GET", f"/api/v1/imports/{import_id}/events"))
            lines = stream.iter_lines()
            next(lines)
            asked_s = time.monotonic()
        assert time.monotonic() - asked_s < 10
        assert "id: over" not in list(lines)  # and nothing is raised, as it would be for a stream that was cut


def open_files(client: httpx.Client) -> float:
    """Return how many files and connections the server has open."""
    found = re.search(r"^process_open_fds (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])
