"""Walks through a player's history for one import: newer games first, then older ones; the only place where games move.

Must not know how an import begins, ends or is stopped.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from importer.errors import StorageTrouble, StreamCut, UpstreamError
from importer.game import Game, is_cut, peek, read_game
from importer.jobs.course import Direction, next_spare, next_window
from importer.jobs.known import KnownIds
from importer.jobs.ledger import Ledger
from importer.jobs.progress import Progress
from importer.jobs.workshop import Workshop
from importer.pgn import RawGame, Splitter
from importer.store import Account, Edge
from importer.upstream import Window

_log = logging.getLogger(__name__)

# A choice: when enough is found, the rest of an answer is a few games of a second that is stored. Letting it end by
# itself frees the upstream's place for certain; hanging up frees it when the upstream notices.
REST_WITHIN_S = 5.0


class Walk:
    """One import's way through a history, from where its row says it stands."""

    def __init__(self, workshop: Workshop, progress: Progress, ledger: Ledger) -> None:
        self.token: str | None = None  # the player's own; never to be stored, logged or shown
        self._shop = workshop
        self._progress = progress
        self._ledger = ledger
        self._account = Account(progress.row.platform, progress.row.user_id)
        self._known = KnownIds()
        self._doubted: bytes | None = None  # the last text that looked like a cut stream

    async def read_existing(self) -> None:
        """Read the ids that are stored, a page at a time."""
        after_id = ""
        while True:
            page = await self._ledger.ask(self._shop.store.page_of_ids, self._account, after_id, self._shop.page_size)
            for game_id in page:
                self._known.add(game_id)
            if len(page) < self._shop.page_size:
                return
            after_id = page[-1]

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
                await self._wait(trouble, failures)
            edge = await self._edge_at_cursor()

    def _mark(self) -> tuple[int, int | None]:
        """Return what tells whether anything has moved."""
        return self._progress.row.stored, self._progress.row.cursor_s

    async def _wait(self, trouble: UpstreamError, failures: int) -> None:
        """Wait as the trouble asks for, or give up.

        Raises:
            UpstreamError: the trouble itself, when asking again is of no use.
        """
        wait_s = self._shop.patience.wait_s(trouble, failures, random.random())
        if wait_s is None:
            raise trouble
        _log.warning("import %s: %s; asking again in %.1f s", self._progress.row.import_id, trouble, wait_s)
        self._progress.hold_up(f"{trouble}; it asks again")
        try:
            await asyncio.sleep(wait_s)
        finally:
            self._progress.hold_up(None)

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
                for raw in splitter.feed(piece):
                    received += 1
                    if self._ledger.wanted() == 0:
                        await self._see_off(pieces, splitter, window.games_most - received)
                        return received
                    await self._take(raw)
        for raw in splitter.finish() if self._ledger.wanted() > 0 else []:
            self._doubt(raw)
            received += 1
            await self._take(raw)
        return received

    async def _see_off(self, pieces: AsyncGenerator[bytes, None], splitter: Splitter, games_most: int) -> None:
        """Read the rest of an answer away; more than was asked for is left."""
        with suppress(UpstreamError, TimeoutError):
            async with asyncio.timeout(REST_WITHIN_S):
                async for piece in pieces:
                    games_most -= len(splitter.feed(piece))
                    if games_most < 0:
                        return

    def _doubt(self, last: RawGame) -> None:
        """Take a last game without an end for a cut stream, unless the same text comes a second time.

        Raises:
            StreamCut: the upstream said that the stream was complete, but its last game is not.
        """
        if not is_cut(last.text) or last.text == self._doubted:
            return
        self._doubted = last.text
        raise StreamCut("the stream ended in the middle of a game")

    async def _take(self, raw: RawGame) -> None:
        """Deal with one game: its id is looked up before anything is parsed.

        Between its being counted and its being in hand nothing waits, so that a stop leaves the counts true.
        """
        seen = peek(raw.text)
        if seen.game_id is not None and seen.game_id in self._known:
            self._progress.count_fetched()
            self._progress.note(duplicates=self._progress.row.duplicates + 1)
            self._move_cursor(seen.created_at_s)
        else:
            await self._parse(raw)
        self._shop.collector.count_game()
        if self._ledger.is_full():
            await self._ledger.save()

    async def _parse(self, raw: RawGame) -> None:
        async with self._shop.parse_turn:
            found = read_game(raw, replay=self._shop.replay)
            self._progress.count_fetched()
            self._ledger.add(found)
            if isinstance(found, Game):
                self._known.add(found.game_id)
                self._move_cursor(found.created_at_s)
            await asyncio.sleep(0)

    def _move_cursor(self, created_at_s: int | None) -> None:
        """Move on to a game; imported games have no place in the order."""
        if created_at_s is not None:
            self._progress.note(cursor_s=created_at_s)
