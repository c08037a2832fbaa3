"""Admits imports: so many run at once, the others wait first come, first served.

Must not know how an import is run.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from importer.jobs.run import ImportRun, Workshop
from importer.store import ImportFilter, ImportRow

_log = logging.getLogger(__name__)

STOPPED = "server stopped before the import ended"


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as it stands: its row, its place in the queue, and what keeps it."""

    row: ImportRow
    queue_position: int = 0  # from 1; 0 when it does not wait
    held_up: str | None = None  # what keeps it from going on at the moment, in one sentence


class Imports:
    """Every import of this server."""

    def __init__(self, workshop: Workshop, concurrent_most: int) -> None:
        self._shop = workshop
        self._concurrent_most = concurrent_most
        self._held: dict[str, ImportRun] = {}  # not over, or ended in a way that the database would not take
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: deque[ImportRun] = deque()
        self._closing = False

    @property
    def running(self) -> int:
        """How many imports run."""
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        """How many imports wait for their turn."""
        return len(self._waiting)

    async def open(self) -> None:
        """Settle what an earlier process left unfinished; nothing of it is running any more."""
        await self._shop.storage.call(self._shop.store.end_unfinished, STOPPED)

    async def submit(
        self, platform: str, user_id: str, games_wanted: int, upstream_token: str | None = None
    ) -> ImportView:
        """Accept an import: it runs at once or waits its turn.

        *upstream_token* is used for this import alone and forgotten with it.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = ImportRow(secrets.token_hex(8), platform, user_id, games_wanted, now)
        run = ImportRun(self._shop, row, upstream_token)
        await self._shop.storage.call(self._shop.store.put_import, run.row)
        self._held[row.import_id] = run
        self._waiting.append(run)
        self._admit()
        return self._view(run)

    async def get(self, import_id: str) -> ImportView | None:
        """Return an import as it stands; None when there never was one of that id."""
        run = self._held.get(import_id)
        if run is not None:
            return self._view(run)
        row = await self._shop.storage.call(self._shop.store.get_import, import_id)
        return None if row is None else ImportView(row)

    async def cancel(self, import_id: str) -> ImportView | None:
        """End an import, keeping the games it has, and return how it ended; None when there is none of that id.

        An import that is over stays as it is.
        """
        run = self._held.get(import_id)
        if run is not None and run in self._waiting:
            self._waiting.remove(run)
            run.cancel(None)
            self._start(run)
        if run is not None and import_id in self._tasks:
            run.cancel(self._tasks[import_id])
            await run.ended.wait()
            return self._view(run)
        return await self.get(import_id)

    async def list(self, wanted: ImportFilter, after: str | None, limit: int) -> tuple[ImportView, ...]:
        """Return a page of imports, newest first: those that came before the import *after*, at most *limit*."""
        rows = await self._shop.storage.call(self._shop.store.list_imports, wanted, after, limit)
        held = [(row, self._held.get(row.import_id)) for row in rows]
        return tuple(ImportView(row) if run is None else self._view(run) for row, run in held)

    async def watch(self, import_id: str) -> AsyncIterator[ImportView]:
        """Yield an import as it stands and again after changes, the last time when it is over.

        Whoever reads slowly misses steps, never the end. Yields nothing when there is no such import.
        """
        run = self._held.get(import_id)
        while run is not None and not run.ended.is_set():
            seen = run.version
            yield self._view(run)
            await run.changed_since(seen)
        view = await self.get(import_id) if run is None else self._view(run)
        if view is not None:
            yield view

    async def close(self) -> None:
        """Stop: every running import stores the games it has in hand."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_for_end(self, import_id: str) -> None:
        """Wait until an import is over; at once when it is not held here any more."""
        run = self._held.get(import_id)
        if run is not None:
            await run.ended.wait()

    def _admit(self) -> None:
        """Start as many waiting imports as may run."""
        while self._waiting and len(self._tasks) < self._concurrent_most and not self._closing:
            run = self._waiting.popleft()
            run.begin()
            self._start(run)
            for run in self._waiting:
                run.touch()

    def _start(self, run: ImportRun) -> None:
        task = asyncio.create_task(run.run())
        self._tasks[run.row.import_id] = task
        task.add_done_callback(partial(self._leave, run))

    def _leave(self, run: ImportRun, task: asyncio.Task[None]) -> None:
        """Let the next one in."""
        import_id = run.row.import_id
        del self._tasks[import_id]
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("the end of import %s could not be stored: %s", import_id, fault)
        else:
            del self._held[import_id]
        run.end()
        self._admit()

    def _view(self, run: ImportRun) -> ImportView:
        position = self._waiting.index(run) + 1 if run in self._waiting else 0
        return ImportView(run.seen_now(), position, run.held_up)
