"""How imports share the server: so many at once, first come first served, and so many streams to the upstream."""

import asyncio
from pathlib import Path

from importer.jobs import ImportView
from importer.jobs.queue import STOPPED
from importer.store import Account, ImportFilter, ImportRow, Phase, Status
from tests.importing import Knobs, importing
from tests.pgn_games import created_at_s, game_id, stream
from tests.scripted_upstream import Answer, scripted

USERS = ["Alice", "Berta", "Cesar", "Dora"]


def test_extra_imports_wait_and_start_by_themselves(tmp_path: Path) -> None:
    """With room for one, imports run in the order in which they came, and each knows its place in the queue."""

    async def run() -> tuple[list[ImportView], list[ImportRow]]:
        async with (
            scripted(Answer(stream([1]))) as upstream,
            importing(upstream.url, tmp_path, Knobs(concurrent_most=1)) as here,
        ):
            submitted = [await here.imports.submit("lichess", user, 1) for user in USERS]
            return submitted, [await here.end_of(view.row.import_id) for view in submitted]

    submitted, ended = asyncio.run(run())
    assert [(view.row.status, view.queue_position) for view in submitted] == [
        (Status.RUNNING, 0),
        (Status.QUEUED, 1),
        (Status.QUEUED, 2),
        (Status.QUEUED, 3),
    ]
    assert [view.row.phase for view in submitted[1:]] == [Phase.QUEUED] * 3
    assert [row.status for row in ended] == [Status.COMPLETED] * 4
    waits = [row.queue_wait_s or 0.0 for row in ended]
    assert waits == sorted(waits)


def test_no_more_imports_run_at_once_than_are_allowed(tmp_path: Path) -> None:
    """With room for two, the upstream never sees a third stream."""

    async def run() -> int:
        async with (
            scripted(Answer(stream(range(40, 0, -1)), together=2)) as upstream,
            importing(upstream.url, tmp_path, Knobs(concurrent_most=2, streams_most=4)) as here,
        ):
            submitted = [await here.imports.submit("lichess", user, 40) for user in USERS]
            for view in submitted:
                await here.end_of(view.row.import_id)
            return upstream.open_most

    assert asyncio.run(run()) == 2


def test_extra_streams_wait_for_a_place(tmp_path: Path) -> None:
    """Four imports run on one stream at a time where one is all that is allowed to the host, and all complete."""

    async def run() -> tuple[int, list[ImportRow]]:
        async with (
            scripted(Answer(stream(range(20, 0, -1)))) as upstream,
            importing(upstream.url, tmp_path, Knobs(concurrent_most=4, streams_most=1)) as here,
        ):
            submitted = [await here.imports.submit("lichess", user, 20) for user in USERS]
            ended = [await here.end_of(view.row.import_id) for view in submitted]
            return upstream.open_most, ended

    open_most, ended = asyncio.run(run())
    assert open_most == 1
    assert [(row.status, row.stored) for row in ended] == [(Status.COMPLETED, 20)] * 4


def test_stopping_stores_the_games_in_hand(tmp_path: Path) -> None:
    """An import stopped in mid-stream commits the batch in hand with its progress and its cursor."""

    async def run() -> tuple[list[str], ImportRow | None]:
        patient = Knobs(batch_size=1_000, silent_most_s=60)
        async with (
            scripted(Answer(stream([9, 8, 7, 6]), hold=True)) as upstream,
            importing(upstream.url, tmp_path, patient) as here,
        ):
            submitted = await here.imports.submit("lichess", "Alice", 10)
            await here.games_fetched(submitted.row.import_id, 3)
            await here.imports.close()
            return here.stored_ids(), here.store.get_import(submitted.row.import_id)

    stored, row = asyncio.run(run())
    assert stored == [game_id(9), game_id(8), game_id(7)]
    assert row is not None
    assert (row.status, row.stored, row.fetched) == (Status.RUNNING, 3, 3)
    assert (row.direction, row.cursor_s) == ("older", created_at_s(7))


def test_what_an_earlier_process_left_unfinished_is_not_shown_as_running(tmp_path: Path) -> None:
    """After a restart an unfinished import is failed, with the reason, and its progress as it was stored."""

    async def run() -> list[ImportRow | None]:
        async with importing("http://127.0.0.1:9", tmp_path) as here:
            here.store.put_import(
                ImportRow("a", "lichess", "Alice", 9, "2026-01-01T00:00:00Z", Status.RUNNING, stored=3)
            )
            here.store.put_import(ImportRow("b", "lichess", "Berta", 9, "2026-01-01T00:00:00Z"))
            here.store.put_import(ImportRow("c", "lichess", "Cesar", 9, "2026-01-01T00:00:00Z", Status.COMPLETED))
        async with importing("http://127.0.0.1:9", tmp_path) as here:
            return [here.store.get_import(import_id) for import_id in "abc"]

    first, second, third = asyncio.run(run())
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.status, first.stored, first.error) == (Status.FAILED, 3, STOPPED)
    assert (second.status, second.phase, second.error) == (Status.FAILED, Phase.FINISHED, STOPPED)
    assert (third.status, third.error) == (Status.COMPLETED, None)


def test_imports_of_one_player_at_once_store_each_game_once(tmp_path: Path) -> None:
    """Two imports of the same player that cannot know of each other's games do not store one twice."""

    async def run() -> tuple[list[ImportRow], list[str]]:
        async with scripted(Answer(stream([3, 2, 1]))) as upstream, importing(upstream.url, tmp_path) as here:
            submitted = [await here.imports.submit("lichess", "Alice", 3) for _ in range(2)]
            ended = [await here.end_of(view.row.import_id) for view in submitted]
            return ended, here.stored_ids(Account("lichess", "alice"))

    ended, stored = asyncio.run(run())
    assert [row.status for row in ended] == [Status.COMPLETED] * 2
    assert sum(row.stored for row in ended) == 3
    assert stored == [game_id(3), game_id(2), game_id(1)]


def test_a_cancelled_import_keeps_what_it_has(tmp_path: Path) -> None:
    """Cancelled in mid-stream an import stores the games in hand, ends, and lets the next one in."""

    async def run() -> tuple[list[str], ImportView | None, ImportView | None]:
        patient = Knobs(concurrent_most=1, batch_size=1_000, silent_most_s=60)
        script = Answer(stream([9, 8, 7, 6]), hold=True), Answer(stream([5]))
        async with scripted(*script) as upstream, importing(upstream.url, tmp_path, patient) as here:
            submitted = await here.imports.submit("lichess", "Alice", 10)
            waiting = await here.imports.submit("lichess", "Berta", 10)
            await here.games_fetched(submitted.row.import_id, 3)
            await here.imports.cancel(submitted.row.import_id)
            await here.end_of(waiting.row.import_id)
            again = await here.imports.cancel(submitted.row.import_id)
            return here.stored_ids(), again, await here.imports.cancel("nothing")

    stored, view, nothing = asyncio.run(run())
    assert stored == [game_id(9), game_id(8), game_id(7)]
    assert view is not None
    assert (view.row.status, view.row.phase, view.row.stored) == (Status.CANCELLED, Phase.FINISHED, 3)
    assert nothing is None


def test_a_waiting_import_can_be_cancelled(tmp_path: Path) -> None:
    """Cancelled in the queue an import never asks the upstream for anything, and those behind it move up."""

    async def run() -> tuple[ImportView | None, list[int], int]:
        patient = Knobs(concurrent_most=1, silent_most_s=60)
        async with scripted(Answer(hold=True)) as upstream, importing(upstream.url, tmp_path, patient) as here:
            ids = [(await here.imports.submit("lichess", user, 1)).row.import_id for user in USERS]
            ended = await here.imports.cancel(ids[1])
            views = await here.imports.list(ImportFilter(status=None), None, 10)
            return ended, [view.queue_position for view in views], len(upstream.asked)

    ended, positions, asked = asyncio.run(run())
    assert ended is not None
    assert (ended.row.status, ended.queue_position) == (Status.CANCELLED, 0)
    assert positions == [2, 1, 0, 0]
    assert asked <= 1


def test_imports_are_listed_newest_first_in_pages(tmp_path: Path) -> None:
    """Each page begins before the last import of the one before; filters leave out the others."""

    async def run() -> tuple[list[list[str]], list[str]]:
        async with scripted(Answer(stream([1]))) as upstream, importing(upstream.url, tmp_path) as here:
            for user in USERS:
                await here.run(1, user)
            first = await here.imports.list(ImportFilter(), None, 3)
            second = await here.imports.list(ImportFilter(), first[-1].row.import_id, 3)
            berta = await here.imports.list(ImportFilter("lichess", "bErta", Status.COMPLETED), None, 9)
            return [[view.row.user_id for view in page] for page in (first, second)], [v.row.user_id for v in berta]

    pages, berta = asyncio.run(run())
    assert pages == [["Dora", "Cesar", "Berta"], ["Alice"]]
    assert berta == ["Berta"]


def test_a_watched_import_is_seen_to_its_end(tmp_path: Path) -> None:
    """Whoever watches sees counts that only grow, and last of all the end; an unknown import is not seen at all."""

    async def run() -> tuple[list[ImportView], list[ImportView]]:
        async with scripted(Answer(stream([3, 2, 1]))) as upstream, importing(upstream.url, tmp_path) as here:
            submitted = await here.imports.submit("lichess", "Alice", 3)
            seen = [view async for view in here.imports.watch(submitted.row.import_id)]
            return seen, [view async for view in here.imports.watch("nothing")]

    seen, nothing = asyncio.run(run())
    fetched = [view.row.fetched for view in seen]
    assert fetched == sorted(fetched)
    assert [view.row.status for view in seen[:-1]] == [Status.RUNNING] * (len(seen) - 1)
    assert (seen[-1].row.status, seen[-1].row.stored) == (Status.COMPLETED, 3)
    assert nothing == []
