"""Runs one import from its first stored id to its last new game; the only place where games move.

Must not know about other imports: their number and order are the queue's.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Self

from importer.errors import StreamCut, UpstreamError
from importer.game import Game, Rejection, is_cut, peek, read_game
from importer.jobs.course import Direction, Patience, next_spare, next_window
from importer.jobs.known import KnownIds
from importer.jobs.storage import StorageThread
from importer.memory import Collector
from importer.pgn import RawGame, Splitter
from importer.settings import Settings
from importer.store import Account, Edge, ImportRow, Phase, Status, Store
from importer.upstream import Upstream, Window

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every import of the process shares."""

    store: Store
    storage: StorageThread
    upstream: Upstream
    collector: Collector
    batch_size: int
    page_size: int
    patience: Patience = field(default_factory=Patience)
    clock_s: Callable[[], float] = time.monotonic
    # One game is parsed at a time, then the loop gets its turn: with 100 imports the loop's lag falls from 335 to 2 ms.
    parse_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, settings: Settings, store: Store, collector: Collector) -> Self:
        """Equip a workshop as the settings say."""
        return cls(
            store=store,
            storage=StorageThread(),
            upstream=Upstream(settings.lichess_base_url, settings.http_pool_limit, settings.http_pool_limit_per_host),
            collector=collector,
            batch_size=settings.import_batch_size,
            page_size=settings.existing_games_page_size,
        )

    async def close(self) -> None:
        """Close what was opened, the database last."""
        await self.upstream.close()
        self.storage.close()
        self.store.close()


class ImportRun:
    """One import: `row` is always true, committed or about to be."""

    def __init__(self, workshop: Workshop, row: ImportRow, upstream_token: str | None = None) -> None:
        self.row = row
        self.ended = asyncio.Event()  # set when nothing of it runs any more
        self.held_up: str | None = None  # what keeps it from going on at the moment
        self.version = 0  # of what can be seen from outside
        self._changed = asyncio.Event()
        self._in_hand = False  # a task that has not begun yet would be cancelled without a trace
        self._cancel_wanted = False
        self._token = upstream_token  # never to be stored, logged or shown
        self._shop = workshop
        self._account = Account(row.platform, row.user_id)
        self._known = KnownIds()
        self._games: list[Game] = []  # the batch in hand
        self._rejections: list[Rejection] = []
        self._doubted: bytes | None = None  # the last text that looked like a cut stream
        self._requested_s = workshop.clock_s()
        self._started_s: float | None = None

    def seen_now(self) -> ImportRow:
        """Return the import as it stands at this moment."""
        return replace(self.row, elapsed_s=self._elapsed_s() if self._started_s is not None else None)

    def begin(self) -> None:
        """Leave the queue."""
        self._started_s = self._shop.clock_s()
        wait_s = self._started_s - self._requested_s
        self._note(status=Status.RUNNING, phase=Phase.READING_EXISTING, queue_wait_s=wait_s)

    def touch(self) -> None:
        """Wake whoever waits for a change."""
        self.version += 1
        self._changed.set()
        self._changed.clear()

    async def changed_since(self, version: int) -> None:
        """Wait until something has changed since it was at *version*."""
        if version == self.version:
            await self._changed.wait()

    def cancel(self, task: asyncio.Task[None] | None) -> None:
        """End the import as cancelled: *task* runs it, or is about to."""
        self._cancel_wanted = True
        if task is not None and self._in_hand:
            task.cancel()

    def end(self) -> None:
        """Say that nothing of it runs any more."""
        self.ended.set()
        self.touch()

    async def run(self) -> None:
        """Import until enough games are stored, the history ends or it fails; the outcome is in `row`.

        Stopped, it stores the games in hand and leaves the import unfinished unless it was to be cancelled.
        """
        self._in_hand = True
        try:
            if self._cancel_wanted:
                raise asyncio.CancelledError  # noqa: TRY301 the same end as any other cancellation
            await self._shop.storage.call(self._shop.store.put_import, self.row)
            await self._read_existing()
            self._note(phase=Phase.STREAMING)
            await self._walk_both_ways()
            await self._finish(Status.COMPLETED, None)
        except UpstreamError as error:
            await self._finish(Status.FAILED, str(error))
        except asyncio.CancelledError:
            await self._save_batch()
            if not self._cancel_wanted:
                raise
            await self._finish(Status.CANCELLED, None)
        except Exception as error:  # noqa: BLE001 whatever it was, it must not leave the import running for ever
            _log.exception("import %s ended by a fault of this program", self.row.import_id)
            await self._finish(Status.FAILED, f"a fault of the importer: {type(error).__name__}: {error}")

    async def _read_existing(self) -> None:
        """Read the ids that are stored, a page at a time."""
        after_id = ""
        while True:
            page = await self._shop.storage.call(
                self._shop.store.page_of_ids, self._account, after_id, self._shop.page_size
            )
            for game_id in page:
                self._known.add(game_id)
            if len(page) < self._shop.page_size:
                return
            after_id = page[-1]

    async def _walk_both_ways(self) -> None:
        newest = await self._shop.storage.call(self._shop.store.newest, self._account)
        if newest is not None:
            await self._walk(Direction.NEWER, newest)
        if self._wanted() > 0:
            await self._walk(Direction.OLDER, await self._shop.storage.call(self._shop.store.oldest, self._account))

    async def _walk(self, direction: Direction, edge: Edge | None) -> None:
        """Fetch in one direction until enough is stored or nothing is left there."""
        self._note(direction=direction, cursor_s=edge.created_at_s if edge else None)
        spare = failures = 0
        while self._wanted() > 0:
            window = next_window(self._account.user_id, direction, edge, self._wanted(), spare)
            before = (self.row.stored, self.row.cursor_s)
            trouble = None
            try:
                if await self._stream(window) < window.games_most:
                    return
            except UpstreamError as error:
                trouble = error
            finally:
                await self._save_batch()
            if self._wanted() == 0:
                return
            moved = (self.row.stored, self.row.cursor_s) != before
            if trouble is None:
                spare, failures = next_spare(spare, moved=moved), 0
            else:
                failures = 1 if moved else failures + 1
                await self._wait(trouble, failures)
            edge = await self._edge_at_cursor()

    async def _wait(self, trouble: UpstreamError, failures: int) -> None:
        """Wait as the trouble asks for, or give up.

        Raises:
            UpstreamError: the trouble itself, when asking again is of no use.
        """
        wait_s = self._shop.patience.wait_s(trouble, failures, random.random())
        if wait_s is None:
            raise trouble
        _log.warning("import %s: %s; asking again in %.1f s", self.row.import_id, trouble, wait_s)
        await asyncio.sleep(wait_s)

    async def _edge_at_cursor(self) -> Edge | None:
        second = self.row.cursor_s
        if second is None:
            return None
        return Edge(second, await self._shop.storage.call(self._shop.store.games_at, self._account, second))

    async def _stream(self, window: Window) -> int:
        """Take the games of one stream; return how many it held.

        Raises:
            UpstreamError: it did not begin or did not come to its end. Games taken before stay taken.
        """
        splitter = Splitter()
        received = 0
        async with self._shop.upstream.games(window, self._token) as pieces, aclosing(pieces):
            async for piece in pieces:
                for raw in splitter.feed(piece):
                    if self._wanted() == 0:
                        return received  # more than was asked for: left for the next import
                    received += 1
                    await self._take(raw)
        for raw in splitter.finish() if self._wanted() > 0 else []:
            self._doubt(raw)
            received += 1
            await self._take(raw)
        return received

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
        """Deal with one game: its id is looked up before anything is parsed."""
        self._note(fetched=self.row.fetched + 1)
        if self.row.first_game_after_s is None:
            self._note(first_game_after_s=self._elapsed_s())
        seen = peek(raw.text)
        if seen.game_id is not None and seen.game_id in self._known:
            self._note(duplicates=self.row.duplicates + 1, cursor_s=self._cursor(seen.created_at_s))
        else:
            await self._parse(raw)
        self._shop.collector.count_game()
        if len(self._games) + len(self._rejections) >= self._shop.batch_size:
            await self._save_batch()

    async def _parse(self, raw: RawGame) -> None:
        async with self._shop.parse_turn:
            game = read_game(raw)
            await asyncio.sleep(0)
        if isinstance(game, Rejection):
            self._rejections.append(game)
            self._note(rejected=self.row.rejected + 1)
            return
        self._known.add(game.game_id)
        self._games.append(game)
        self._note(cursor_s=self._cursor(game.created_at_s))

    def _cursor(self, created_at_s: int | None) -> int | None:
        """Return where the cursor stands after a game; imported games have no place in the order."""
        return self.row.cursor_s if created_at_s is None else created_at_s

    async def _save_batch(self) -> None:
        """Commit the games in hand together with the progress they make."""
        games, rejections = self._games, self._rejections
        if games or rejections:
            self._games, self._rejections = [], []
            self._note(elapsed_s=self._elapsed_s())
            self.row = await self._shop.storage.call(self._shop.store.save_batch, self.row, games, rejections)

    async def _finish(self, status: Status, error: str | None) -> None:
        ended = replace(self.seen_now(), status=status, phase=Phase.FINISHED, error=error)
        try:
            await self._shop.storage.call(self._shop.store.put_import, ended)
        finally:
            self.row = ended  # seen from outside once it is stored, or could not be

    def _wanted(self) -> int:
        """Return how many games are still to be found."""
        return self.row.games_wanted - self.row.stored - len(self._games)

    def _elapsed_s(self) -> float:
        return self._shop.clock_s() - (self._started_s or 0.0)

    def _note(self, **changes: Any) -> None:
        self.row = replace(self.row, **changes)
        self.touch()
