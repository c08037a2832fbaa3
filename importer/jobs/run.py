"""Runs one import from its beginning, or from where an earlier process left it, to its end.

Must not know about other imports: their number and order are the queue's.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from importer.errors import StorageTrouble, UpstreamError
from importer.jobs.ledger import Ledger
from importer.jobs.month_walk import MonthWalk
from importer.jobs.progress import Progress
from importer.jobs.walk import WindowWalk
from importer.jobs.workshop import Workshop
from importer.store import ImportRow, Phase, Status

_log = logging.getLogger(__name__)


class Walk(Protocol):
    """A way through a player's history: how it is cut into answers is each upstream's own."""

    token: str | None  # the player's own, where the upstream takes any

    async def read_existing(self) -> None:
        """Learn which games are stored."""

    async def both_ways(self) -> None:
        """Take what is newer than what is stored, then what is older, until enough is found or nothing is left."""


_WALKS: Mapping[str, Callable[[Workshop, Progress, Ledger], Walk]] = {"lichess": WindowWalk, "chesscom": MonthWalk}


class ImportRun:
    """One import and all that it needs to run."""

    def __init__(self, workshop: Workshop, row: ImportRow, waited_s: float = 0.0) -> None:
        self.progress = Progress(row, workshop.clock_s, waited_s)
        self._shop = workshop
        self._ledger = Ledger(workshop, self.progress)
        self._walk = _WALKS[row.platform](workshop, self.progress, self._ledger)
        self._begun = False  # a task that has not begun yet would be cancelled without a trace
        self._cancel_wanted = False

    def take_token(self, upstream_token: str | None) -> None:
        """Ask the upstream in the player's own name from the next stream on, unless it does already."""
        self._walk.token = self._ledger.secret = self._walk.token or upstream_token

    def cancel(self, task: asyncio.Task[None] | None) -> None:
        """End the import as cancelled: *task* runs it, or is about to."""
        self._cancel_wanted = True
        if task is not None and self._begun:
            task.cancel()

    async def run(self) -> None:
        """Import until enough games are stored, the history ends or it fails; the outcome is in the row.

        Stopped, it stores the games in hand and leaves the import unfinished unless it was to be cancelled.
        """
        self._begun = True
        try:
            if not self._cancel_wanted:
                await self._work()
                return
        except asyncio.CancelledError:
            if not self._cancel_wanted:
                with suppress(StorageTrouble):  # then the next process fetches these games again
                    await self._ledger.save()
                raise
        await self._ledger.save_at_last()
        await self._ledger.finish(Status.CANCELLED, None)

    async def _work(self) -> None:
        try:
            await self._ledger.ask(self._shop.store.put_import, self.progress.row)
            await self._walk.read_existing()
            self.progress.note(phase=Phase.STREAMING)
            await self._walk.both_ways()
            outcome: tuple[Status, str | None] = Status.COMPLETED, None
        except UpstreamError as error:
            outcome = Status.FAILED, str(error)
        except Exception as error:  # noqa: BLE001 whatever it was, it must not leave the import running for ever
            _log.exception("import %s ended by a fault of this program", self.progress.row.import_id)
            outcome = Status.FAILED, f"a fault of the importer: {type(error).__name__}: {error}"
        await self._ledger.finish(*outcome)
