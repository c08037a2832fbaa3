"""What the importer owes its upstream: few streams, fairly shared; everyone waits after a 429; a token stays secret."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from importer.jobs import ImportView
from importer.store import ImportRow, Status
from tests.importer_process import JsonObject, end_of, importer, listed_ids, submit, true_ids
from tests.importing import Knobs, importing
from tests.pgn_games import created_at_s, game_id, stream
from tests.scripted_upstream import Answer, Asked, scripted
from tests.servers import running

TOKEN = "lip_NobodyMaySeeThis42"  # noqa: S105 it opens nothing


FAKE = ["fake_lichess", "--profile", "lichess", "--seed", "3"]
USERS = ["player1", "player2", "player3"]


def listed(client: httpx.Client) -> list[JsonObject]:
    """Return all imports as they stand at one moment."""
    states: list[JsonObject] = client.get("/api/v1/imports").json()["imports"]
    return states


@pytest.mark.parametrize("streams", [1, 2])
def test_three_users_share_the_streams_of_an_address(tmp_path: Path, streams: int) -> None:
    """None gets further ahead than its turn, never more streams are open than set, and there is not one 429."""
    fake = [*FAKE, "--games", "500", "--speed", "40"]
    ahead = []
    with running(fake) as upstream, importer(tmp_path, upstream, UPSTREAM_MAX_STREAMS=str(streams)) as client:
        ids = [submit(client, user, 500)["import_id"] for user in USERS]
        states = listed(client)
        while all(state["status"] == "running" for state in states):
            fetched = [state["fetched"] for state in states]
            ahead.append(max(fetched) - min(fetched))
            states = listed(client)
        ended = [end_of(client, import_id) for import_id in ids]
        stats = httpx.get(f"{upstream}/_control/stats").json()
        assert [(state["status"], state["stored"]) for state in ended] == [("completed", 500)] * 3
        assert (stats["too_many_requests"], stats["streams_in_flight_most"]) == (0, streams)
        for user in USERS:
            assert sorted(listed_ids(tmp_path, user)) == sorted(true_ids(upstream, user, max=500))
    # A turn of 100 games and those of a second at its seam; over two streams one may be a turn ahead and in the next.
    assert max(ahead) < 110 * streams


def test_a_stream_too_many_is_waited_out_by_all_and_loses_nothing(tmp_path: Path) -> None:
    """Set to three streams where two are granted the third is refused; everyone waits, then every import completes."""
    settings = {"UPSTREAM_MAX_STREAMS": "3", "UPSTREAM_BUSY_WAIT_S": "0.3"}
    fake = [*FAKE, "--games", "200", "--speed", "8"]
    with running(fake) as upstream, importer(tmp_path, upstream, **settings) as client:
        ids = [submit(client, user, 200)["import_id"] for user in USERS]
        ended = [end_of(client, import_id) for import_id in ids]
        stats = httpx.get(f"{upstream}/_control/stats").json()
        assert stats["too_many_requests"] > 0
        assert stats["streams_in_flight_most"] == 2
        assert [(state["status"], state["stored"]) for state in ended] == [("completed", 200)] * 3
        for user in USERS:
            assert sorted(listed_ids(tmp_path, user)) == sorted(true_ids(upstream, user, max=200))


def test_a_slice_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    """Each slice asks for its games and those of the second at the seam, and the last one only for what is missing."""

    async def run() -> tuple[ImportRow, list[Asked]]:
        script = Answer(stream([9, 8])), Answer(stream([8, 7, 6])), Answer(stream([6, 5]))
        async with (
            scripted(*script) as upstream,
            importing(upstream.url, tmp_path, Knobs(slice_games=2)) as here,
        ):
            return await here.run(5), upstream.asked

    row, asked = asyncio.run(run())
    assert (row.status, row.stored, row.duplicates) == (Status.COMPLETED, 5, 2)
    assert [one.parameters["max"] for one in asked] == ["2", "3", "2"]
    assert [one.parameters.get("until") for one in asked] == [
        None,
        str((created_at_s(8) + 1) * 1000),
        str((created_at_s(6) + 1) * 1000),
    ]


def test_after_a_429_no_import_asks(tmp_path: Path) -> None:
    """One refusal holds up every import, each says so, and none of them asks meanwhile."""

    async def run() -> tuple[list[ImportView], int]:
        knobs = Knobs(busy_wait_s=3_600)
        async with scripted(Answer(status=429)) as upstream, importing(upstream.url, tmp_path, knobs) as here:
            views = []
            for user in ("Alice", "Berta"):
                submitted = await here.imports.submit("lichess", user, 1)
                async for view in here.imports.watch(submitted.row.import_id):
                    if "429" in str(view.held_up):
                        break
                views.append(view)
            return views, len(upstream.asked)

    views, asked = asyncio.run(run())
    assert asked == 1
    assert [view.row.status for view in views] == [Status.RUNNING] * 2


def test_a_token_is_sent_for_its_own_import_alone(tmp_path: Path) -> None:
    """Other imports are anonymous, and so is the same import once a restart has forgotten the token."""

    async def run() -> list[str | None]:
        patient = Knobs(silent_most_s=60)
        held, rest = Answer(stream([3, 2]), hold=True), Answer(stream([2, 1]))
        async with scripted(Answer(stream([1])), held, rest) as upstream:
            async with importing(upstream.url, tmp_path, patient) as here:
                await here.run(1, "Berta")
                own = await here.imports.submit("lichess", "Alice", 9, TOKEN)
                await here.games_fetched(own.row.import_id, 1)
            async with importing(upstream.url, tmp_path, patient) as here:
                assert (await here.end_of(own.row.import_id)).status is Status.COMPLETED
                assert here.stored_ids() == [game_id(3), game_id(2), game_id(1)]
            return [one.headers.get("authorization") for one in upstream.asked]

    assert asyncio.run(run()) == [None, f"Bearer {TOKEN}", None]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(stream([1])),
        Answer(status=401),
        Answer(status=404),
        Answer(status=429),
        Answer(status=503, kind="text/html"),
        Answer((b"<html>",), kind="text/html"),
        Answer(stream([2, 1])[:1], cut=True),
        Answer(hold=True),
    ],
)
def test_a_token_is_never_seen_again(tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Answer) -> None:
    """However an import ends, neither its row, nor a log line, nor a byte on the disk shows the token."""

    async def run() -> ImportView | None:
        async with scripted(answer) as upstream, importing(upstream.url, tmp_path) as here:
            submitted = await here.imports.submit("lichess", "Alice", 5, TOKEN)
            await here.end_of(submitted.row.import_id)
            assert upstream.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
            return await here.imports.get(submitted.row.import_id)

    caplog.set_level(logging.DEBUG)
    view = asyncio.run(run())
    assert TOKEN not in repr(view)
    assert TOKEN not in caplog.text
    assert all(TOKEN.encode() not in file.read_bytes() for file in tmp_path.iterdir())
