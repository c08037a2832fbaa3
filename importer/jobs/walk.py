"""Walks through a history that can be asked for by time, as Lichess's: newer games first, then older ones.

Must not know how an import begins, ends or is stopped.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from importer.errors import StorageTrouble, UpstreamError
from importer.jobs.course import Direction, next_spare, next_window
from importer.jobs.intake import Intake
from importer.jobs.ledger import Ledger
from importer.jobs.progress import Progress
from importer.jobs.waiting import wait_out
from importer.jobs.workshop import Workshop
from importer.pgn import Splitter
from importer.store import Edge
from importer.upstream import Window

_log = logging.getLogger(__name__)

# A choice: when enough is found, the rest of an answer is a few games of a second that is stored. Letting it end by
# itself frees the upstream's place for certain; hanging up frees it when the upstream notices.
REST_WITHIN_S = 5.0


class WindowWalk:
    """One import's way through a history that can be asked for by time, from where its row says it stands."""

    def __init__(self, workshop: Workshop, progress: Progress, ledger: Ledger) -> None:
        self.token: str | None = None  # the player's own; never to be stored, logged or shown
        self._shop = workshop
        self._progress = progress
        self._ledger = ledger
        self._intake = Intake(workshop, progress, ledger, self._move_cursor)
        self._account = self._intake.account

    async def read_existing(self) -> None:
        """Learn which games are stored."""
        await self._intake.read_existing()

    async def both_ways(self) -> None:
        """Go on from the row's direction and cursor, or begin at the ends of what is stored.

        Raises:
            UpstreamError: the upstream's trouble outlasted the patience, or waiting does not help.
        """
        begun = self._progress.row.direction
        if begun == Direction.OLDER:
            await self._go(Direction.OLDER, await self._edge_at_cursor())
            return
        edge = await (self._ledger.ask(self._shop.store.newest, self._account) if not begun else self._edge_at_cursor())
        if edge is not None:
            await self._go(Direction.NEWER, edge)
        if self._ledger.wanted() > 0:
            await self._go(Direction.OLDER, await self._ledger.ask(self._shop.store.oldest, self._account))

    async def _go(self, direction: Direction, edge: Edge | None) -> None:
        """Fetch in one direction until enough is stored or nothing is left there."""
        self._progress.note(direction=direction, cursor_s=edge.created_at_s if edge else None)
        spare = failures = 0
        while self._ledger.wanted() > 0:
            games_wanted = min(self._ledger.wanted(), self._shop.slice_games or self._ledger.wanted())
            window = next_window(self._account.user_id, direction, edge, games_wanted, spare)
            before = self._mark()
            trouble = None
            try:
                if await self._stream(window) < window.games_most:
                    return
            except StorageTrouble:
                _log.info("import %s leaves its stream, because it cannot store", self._progress.row.import_id)
            except UpstreamError as error:
                trouble = error
            finally:
                await self._ledger.save_at_last()
            if self._ledger.wanted() == 0:
                return
            moved = self._mark() != before
            if trouble is None:
                spare, failures = next_spare(spare, moved=moved), 0
            else:
                failures = 1 if moved else failures + 1
                await wait_out(self._shop, self._progress, trouble, failures)
            edge = await self._edge_at_cursor()

    def _mark(self) -> tuple[int, int | None]:
        """Return what tells whether anything has moved."""
        return self._progress.row.stored, self._progress.row.cursor_s

    async def _edge_at_cursor(self) -> Edge | None:
        second = self._progress.row.cursor_s
        if second is None:
            return None
        return Edge(second, await self._ledger.ask(self._shop.store.games_at, self._account, second))

    async def _stream(self, window: Window) -> int:
        """Take the games of one stream; return how many it held.

        Raises:
            UpstreamError: it did not begin or did not come to its end. Games taken before stay taken.
            StorageTrouble: the batch in hand could not be saved, and a stream left unread would hold its place.
        """
        splitter = Splitter()
        received = 0
        opened = self._shop.upstreams.lichess.games(window, self._progress.hold_up, self.token)
        async with opened as pieces, aclosing(pieces):
            async for piece in pieces:
                raws = splitter.feed(piece)
                await self._intake.meet(raws)
                for raw in raws:
                    received += 1
                    if self._ledger.wanted() == 0:
                        await self._see_off(pieces, splitter, window.games_most - received)
                        return received
                    await self._intake.take(raw)
        for raw in splitter.finish() if self._ledger.wanted() > 0 else []:
            self._intake.doubt(raw)
            await self._intake.meet([raw])
            received += 1
            await self._intake.take(raw)
        return received

    async def _see_off(self, pieces: AsyncGenerator[bytes, None], splitter: Splitter, games_most: int) -> None:
        """Read the rest of an answer away; more than was asked for is left."""
        with suppress(UpstreamError, TimeoutError):
            async with asyncio.timeout(REST_WITHIN_S):
                async for piece in pieces:
                    games_most -= len(splitter.feed(piece))
                    if games_most < 0:
                        return

    def _move_cursor(self, created_at_s: int | None) -> None:
        """Move on to a game; imported games have no place in the order."""
        if created_at_s is not None:
            self._progress.note(cursor_s=created_at_s)
