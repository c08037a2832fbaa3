"""Server-sent events: what is written, when it ends, and that nothing is left behind."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from importer.events import Closing, Pace, event_stream
from importer.jobs import ImportView
from importer.store import ImportRow, Phase, Status

ROW = ImportRow("i1", "lichess", "Alice", 10, "2026-01-01T00:00:00+00:00", Status.RUNNING, Phase.STREAMING)
OVER = replace(ROW, status=Status.COMPLETED, phase=Phase.FINISHED, fetched=9)
AT_ONCE = Pace(silent_most_s=30.0, between_s=0.0)
IMPATIENT = Pace(silent_most_s=0.001, between_s=0.0)


class Views:
    """An import's views, one after the other, then silence; it knows whether anyone still waits for one."""

    def __init__(self, rows: Sequence[ImportRow], *, ends: bool) -> None:
        self._rows = rows
        self._ends = ends
        self.waited_for = asyncio.Event()
        self.left = asyncio.Event()

    async def views(self) -> AsyncIterator[ImportView]:
        """Yield the views."""
        for row in self._rows:
            yield ImportView(row)
        if self._ends:
            return
        self.waited_for.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()


def test_an_import_is_told_until_its_final_state() -> None:
    """State first, progress where only counts changed, and the last event is marked as such."""

    async def run() -> list[bytes]:
        views = Views([ROW, replace(ROW, fetched=3), OVER], ends=True)
        return [piece async for piece in event_stream(views.views(), Closing(), AT_ONCE)]

    first, second, last = [piece.decode().splitlines() for piece in asyncio.run(run())]
    assert (first[0], second[0], last[:2]) == ("event: state", "event: progress", ["id: over", "event: state"])
    told = [json.loads(lines[-2].removeprefix("data: ")) for lines in (first, second, last)]
    assert [(one["status"], one["fetched"]) for one in told] == [("running", 0), ("running", 3), ("completed", 9)]


def test_a_silent_import_is_filled_with_heartbeats() -> None:
    """While nothing changes, comments keep the connection alive."""

    async def run() -> list[bytes]:
        stream = event_stream(Views([ROW], ends=False).views(), Closing(), IMPATIENT)
        pieces = [await anext(stream) for _ in range(4)]
        await stream.aclose()
        return pieces

    assert asyncio.run(run())[1:] == [b": still here\n\n"] * 3


def test_a_client_that_goes_away_leaves_nothing() -> None:
    """Cancelled in the middle of a wait, the stream lets go of the import."""

    async def run() -> None:
        views = Views([ROW], ends=False)

        async def read() -> None:
            async for _ in event_stream(views.views(), Closing(), AT_ONCE):
                pass

        reader = asyncio.create_task(read())
        await views.waited_for.wait()
        reader.cancel()
        await views.left.wait()
        await asyncio.gather(reader, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_stopping_server_ends_its_streams() -> None:
    """When the server closes, a stream ends at once, without a final state."""

    async def run() -> list[bytes]:
        views, closing = Views([ROW], ends=False), Closing()
        reader = asyncio.create_task(read_all(event_stream(views.views(), closing, AT_ONCE)))
        await views.waited_for.wait()
        closing.close()
        return await reader

    (only,) = asyncio.run(run())
    assert b"event: state" in only


async def read_all(stream: AsyncIterator[bytes]) -> list[bytes]:
    """Return everything that a stream brings."""
    return [piece async for piece in stream]
