"""Admits imports: so many run at once, the others wait first come, first served; what a process left, the next resumes.

Must not know how an import is run.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from importer.errors import StorageTrouble
from importer.jobs.run import ImportRun
from importer.jobs.workshop import Workshop
from importer.store import Account, ImportFilter, ImportRow, Phase, Status

_log = logging.getLogger(__name__)

# Choices. Stopping: a batch takes milliseconds to store, and whoever stops a server waits ten seconds for all of it.
# Cancelling: as long as a client likes to wait for an answer; where storing takes longer the import ends later.
STOP_WITHIN_S = 3.0
CANCEL_WITHIN_S = 5.0


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
        self._unfinished: dict[tuple[str, str], ImportRun] = {}  # by account
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: deque[ImportRun] = deque()
        self._submitting = asyncio.Lock()  # two requests for one player at once must end up with one import
        self._closing = False

    @property
    def running(self) -> int:
        """How many imports run."""
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        """How many imports wait for their turn."""
        return len(self._waiting)

    def refusal(self, platform: str) -> str | None:
        """Say why no import from a platform can succeed; None when one can."""
        return self._shop.upstreams.refusal(platform)

    async def open(self) -> None:
        """Resume what an earlier process left unfinished, in the order in which it came."""
        now = datetime.now(UTC)
        resumed = await self._shop.storage.call(self._shop.store.unfinished)
        for row in resumed:
            waited_s = max(0.0, (now - datetime.fromisoformat(row.requested_at)).total_seconds())
            self._enqueue(ImportRun(self._shop, replace(row, status=Status.QUEUED, phase=Phase.QUEUED), waited_s))
        self._admit()
        await self._write_down([row.import_id for row in resumed if row.status is Status.RUNNING])

    async def _write_down(self, import_ids: Sequence[str]) -> None:
        """Store which imports wait again that ran before: lists are filtered by what is stored."""
        for import_id in import_ids:
            run = self._held.get(import_id)
            if run is not None and run in self._waiting:
                with suppress(StorageTrouble):  # then a list shows it among those that run, as waiting
                    await self._shop.storage.call(self._shop.store.put_import, run.progress.row)

    async def submit(
        self, platform: str, user_id: str, games_wanted: int, upstream_token: str | None = None
    ) -> ImportView:
        """Accept an import: it runs at once or waits its turn; a player's unfinished import is returned instead.

        *upstream_token* is used for this import alone and forgotten with it.

        Raises:
            StorageTrouble: it was not accepted; asking again may help.
        """
        async with self._submitting:
            run = self._unfinished.get(Account(platform, user_id).key())
            if run is None:
                now = datetime.now(UTC).isoformat(timespec="milliseconds")
                run = ImportRun(self._shop, ImportRow(secrets.token_hex(8), platform, user_id, games_wanted, now))
                await self._shop.storage.call(self._shop.store.accept_import, run.progress.row)
                self._enqueue(run)
            run.take_token(upstream_token)
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

        An import that is over stays as it is. One whose end cannot be stored for now is returned unfinished, and ends
        when it can.
        """
        run = self._held.get(import_id)
        if run is None or run.progress.ended.is_set():
            return await self.get(import_id)
        if run in self._waiting:
            self._waiting.remove(run)
            run.cancel(None)
            self._start(run)
        else:
            run.cancel(self._tasks[import_id])
        with suppress(TimeoutError):
            await asyncio.wait_for(run.progress.ended.wait(), CANCEL_WITHIN_S)
        return self._view(run)

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
        while run is not None and not run.progress.ended.is_set():
            seen = run.progress.version
            yield self._view(run)
            await run.progress.changed_since(seen)
        view = await self.get(import_id) if run is None else self._view(run)
        if view is not None:
            yield view

    async def close(self) -> None:
        """Stop: every running import stores the games it has in hand, and is resumed by the next process."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_WITHIN_S)

    async def wait_for_end(self, import_id: str) -> None:
        """Wait until an import is over; at once when it is not held here any more."""
        run = self._held.get(import_id)
        if run is not None:
            await run.progress.ended.wait()

    def _enqueue(self, run: ImportRun) -> None:
        row = run.progress.row
        self._held[row.import_id] = run
        self._unfinished[Account(row.platform, row.user_id).key()] = run
        self._waiting.append(run)

    def _admit(self) -> None:
        """Start as many waiting imports as may run."""
        while self._waiting and len(self._tasks) < self._concurrent_most and not self._closing:
            run = self._waiting.popleft()
            run.progress.begin()
            self._start(run)
            for other in self._waiting:
                other.progress.touch()

    def _start(self, run: ImportRun) -> None:
        task = asyncio.create_task(run.run())
        self._tasks[run.progress.row.import_id] = task
        task.add_done_callback(partial(self._leave, run))

    def _leave(self, run: ImportRun, task: asyncio.Task[None]) -> None:
        """Let the next one in."""
        row = run.progress.row
        del self._tasks[row.import_id]
        account = Account(row.platform, row.user_id).key()
        if self._unfinished.get(account) is run:
            del self._unfinished[account]
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("the end of import %s could not be stored: %s", row.import_id, fault)
        else:
            del self._held[row.import_id]
        run.progress.leave()
        self._admit()

    def _view(self, run: ImportRun) -> ImportView:
        position = self._waiting.index(run) + 1 if run in self._waiting else 0
        return ImportView(run.progress.seen_now(), position, run.progress.held_up)
