"""Admits imports: so many run at once, the others wait first come, first served.

Must not know how an import is run.
"""

import asyncio
import logging
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from importer.jobs.run import ImportRun, Workshop
from importer.store import ImportRow

_log = logging.getLogger(__name__)

STOPPED = "server stopped before the import ended"


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import and its place in the queue."""

    row: ImportRow
    queue_position: int  # from 1; 0 when it does not wait


class Imports:
    """Every import of this server."""

    def __init__(self, workshop: Workshop, concurrent_most: int) -> None:
        self._shop = workshop
        self._concurrent_most = concurrent_most
        self._running: dict[str, tuple[ImportRun, asyncio.Task[None]]] = {}
        self._waiting: deque[ImportRun] = deque()
        self._unrecorded: dict[str, ImportRun] = {}  # ended, but the database would not take their end
        self._closing = False

    async def open(self) -> None:
        """Settle what an earlier process left unfinished; nothing of it is running any more."""
        await self._shop.storage.call(self._shop.store.end_unfinished, STOPPED)

    async def submit(self, platform: str, user_id: str, games_wanted: int) -> ImportView:
        """Accept an import: it runs at once or waits its turn."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        run = ImportRun(self._shop, ImportRow(secrets.token_hex(8), platform, user_id, games_wanted, now))
        await self._shop.storage.call(self._shop.store.put_import, run.row)
        self._waiting.append(run)
        self._admit()
        return self._view(run)

    async def get(self, import_id: str) -> ImportView | None:
        """Return an import as it stands; None when there never was one of that id."""
        run = self._held(import_id)
        if run is not None:
            return self._view(run)
        row = await self._shop.storage.call(self._shop.store.get_import, import_id)
        return None if row is None else ImportView(row, 0)

    async def close(self) -> None:
        """Stop: every running import stores the games it has in hand."""
        self._closing = True
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_for_end(self, import_id: str) -> None:
        """Wait until an import is over; at once when it is not held here any more."""
        run = self._held(import_id)
        if run is not None:
            await run.ended.wait()

    def _held(self, import_id: str) -> ImportRun | None:
        """Return an import that is not over, or whose end only this process knows."""
        runs = (*(run for run, _ in self._running.values()), *self._waiting, *self._unrecorded.values())
        return next((run for run in runs if run.row.import_id == import_id), None)

    def _admit(self) -> None:
        """Start as many waiting imports as may run."""
        while self._waiting and len(self._running) < self._concurrent_most and not self._closing:
            run = self._waiting.popleft()
            run.begin()
            task = asyncio.create_task(run.run())
            self._running[run.row.import_id] = (run, task)
            task.add_done_callback(partial(self._leave, run.row.import_id))

    def _leave(self, import_id: str, task: asyncio.Task[None]) -> None:
        """Let the next one in."""
        run, _ = self._running.pop(import_id)
        run.ended.set()
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._unrecorded[import_id] = run
            _log.error("the end of import %s could not be stored: %s", import_id, fault)
        self._admit()

    def _view(self, run: ImportRun) -> ImportView:
        position = self._waiting.index(run) + 1 if run in self._waiting else 0
        return ImportView(run.seen_now(), position)
