"""How imports share the server: so many at once, first come first served, and so many streams to the upstream."""

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path

from importer.jobs import ImportView
from importer.store import ImportFilter, ImportRow, Phase, Status, Store
from tests.importing import Knobs, importing, put_numbers
from tests.pgn_games import ILLEGAL, created_at_s, game_id, pgn, stream
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
    began_s = [datetime.fromisoformat(row.requested_at).timestamp() + (row.queue_wait_s or 0.0) for row in ended]
    assert began_s == sorted(began_s)


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


def test_a_stopped_import_goes_on_from_its_cursor(tmp_path: Path) -> None:
    """The next process asks only for what the stopped one had not stored, and the counts go on where they were."""

    async def run() -> tuple[ImportRow, list[str], dict[str, str]]:
        patient = Knobs(batch_size=1_000, silent_most_s=60)
        script = Answer(stream([9, 8, 7, 6]), hold=True), Answer(stream([7, 6, 5]))
        async with scripted(*script) as upstream:
            async with importing(upstream.url, tmp_path, patient) as here:
                submitted = await here.imports.submit("lichess", "Alice", 5)
                await here.games_fetched(submitted.row.import_id, 3)
            async with importing(upstream.url, tmp_path, patient) as here:
                row = await here.end_of(submitted.row.import_id)
                return row, here.stored_ids(), upstream.asked[1].parameters

    row, stored, asked = asyncio.run(run())
    assert (row.status, row.stored, row.fetched, row.duplicates) == (Status.COMPLETED, 5, 6, 1)
    assert stored == [game_id(number) for number in (9, 8, 7, 6, 5)]
    assert (asked["until"], asked["max"]) == (str((created_at_s(7) + 1) * 1000), "3")


def test_a_stopped_import_of_newer_games_goes_on_forward(tmp_path: Path) -> None:
    """Stopped while it took newer games, an import goes on after the last of them, and then with the older ones."""

    async def run() -> tuple[ImportRow, list[str], list[str]]:
        patient = Knobs(batch_size=1_000, silent_most_s=60)
        script = Answer(stream([5, 6, 7, 8]), hold=True), Answer(stream([7, 8])), Answer(stream([5, 4]))
        async with scripted(*script) as upstream:
            async with importing(upstream.url, tmp_path, patient) as here:
                put_numbers(here.store, [5])
                submitted = await here.imports.submit("lichess", "Alice", 9)
                await here.games_fetched(submitted.row.import_id, 3)
            async with importing(upstream.url, tmp_path, patient) as here:
                row = await here.end_of(submitted.row.import_id)
                return row, here.stored_ids(), [one.parameters["sort"] for one in upstream.asked]

    row, stored, sorts = asyncio.run(run())
    assert (row.status, row.stored) == (Status.COMPLETED, 4)
    assert stored == [game_id(number) for number in (8, 7, 6, 5, 4)]
    assert sorts == ["dateAsc", "dateAsc", "dateDesc"]


def test_what_a_process_left_is_resumed_in_its_order(tmp_path: Path) -> None:
    """After a restart unfinished imports run before new ones, first come first served; ended ones are left alone."""

    async def run() -> tuple[list[ImportView], list[ImportRow]]:
        requested_at = "2026-01-01T00:00:00Z"
        left = [
            ImportRow("a", "lichess", "Alice", 9, requested_at, Status.RUNNING, Phase.STREAMING, elapsed_s=100.0),
            ImportRow("b", "lichess", "Berta", 9, requested_at, Status.COMPLETED, Phase.FINISHED),
            ImportRow("c", "lichess", "Cesar", 9, requested_at),
        ]
        with closing(Store(str(tmp_path / "games.sqlite3"))) as store:
            for row in left:
                store.put_import(row)
        async with (
            scripted(Answer(stream([1]))) as upstream,
            importing(upstream.url, tmp_path, Knobs(concurrent_most=1)) as here,
        ):
            await here.imports.submit("lichess", "Dora", 1)
            views = list(reversed(await here.imports.list(ImportFilter(), None, 9)))
            return views, [await here.end_of(view.row.import_id) for view in views]

    views, ended = asyncio.run(run())
    assert [(view.row.user_id, view.row.status, view.queue_position) for view in views] == [
        ("Alice", Status.RUNNING, 0),
        ("Berta", Status.COMPLETED, 0),
        ("Cesar", Status.QUEUED, 1),
        ("Dora", Status.QUEUED, 2),
    ]
    assert [row.status for row in ended] == [Status.COMPLETED] * 4
    assert [row.stored for row in ended] == [1, 0, 1, 1]
    assert (ended[0].elapsed_s or 0) > 100
    assert (ended[2].queue_wait_s or 0) > 1_000


def test_a_rejected_game_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    """A malformed game that a resumed or later import meets again is a duplicate."""

    async def run() -> list[ImportRow]:
        async with scripted(Answer((pgn(2, ILLEGAL),))) as upstream, importing(upstream.url, tmp_path) as here:
            return [await here.run(2), await here.run(2)]

    first, second = asyncio.run(run())
    assert (first.fetched, first.rejected, first.duplicates) == (1, 1, 0)
    assert (second.fetched, second.rejected, second.duplicates) == (1, 0, 1)


def test_a_second_request_for_a_player_returns_the_unfinished_import(tmp_path: Path) -> None:
    """A player has one import at a time, also when both requests come at once; afterwards there can be another."""

    async def run() -> tuple[list[str], str, list[str]]:
        async with scripted(Answer(stream([3, 2, 1]))) as upstream, importing(upstream.url, tmp_path) as here:
            asked = [here.imports.submit("lichess", user, 3) for user in ("Alice", "aLICE", "Alice")]
            ids = [view.row.import_id for view in await asyncio.gather(*asked)]
            await here.end_of(ids[0])
            later = await here.imports.submit("lichess", "Alice", 3)
            await here.end_of(later.row.import_id)
            return ids, later.row.import_id, here.stored_ids()

    ids, later, stored = asyncio.run(run())
    assert len(set(ids)) == 1
    assert later != ids[0]
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


def test_what_ran_before_a_restart_and_waits_after_it_is_listed_as_waiting(tmp_path: Path) -> None:
    """A list by status shows what the import itself shows, also where fewer may run than before."""

    async def run() -> list[list[str]]:
        patient = Knobs(silent_most_s=60)
        fewer = Knobs(silent_most_s=60, concurrent_most=1)
        async with scripted(Answer(stream([9, 8, 7]), hold=True)) as upstream:
            async with importing(upstream.url, tmp_path, patient) as here:
                for user in USERS[:2]:
                    submitted = await here.imports.submit("lichess", user, 10)
                    await here.games_fetched(submitted.row.import_id, 1)
            async with importing(upstream.url, tmp_path, fewer) as here:
                (first,) = await here.imports.list(ImportFilter(user_id=USERS[0]), None, 1)
                await here.games_fetched(first.row.import_id, 3)
                by_status = [
                    await here.imports.list(ImportFilter(status=status), None, 9)
                    for status in (Status.RUNNING, Status.QUEUED)
                ]
                return [[f"{view.row.user_id} {view.row.status}" for view in views] for views in by_status]

    assert asyncio.run(run()) == [[f"{USERS[0]} running"], [f"{USERS[1]} queued"]]
