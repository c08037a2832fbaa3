"""Takes the games of one import, wherever they come from: an id that is known ends a game before anything is parsed.

Must not know which games come next, or how an upstream is asked for them.
"""

import asyncio
from collections.abc import Callable, Sequence

from importer.errors import StreamCut
from importer.game import Game, derived_id, is_cut, peek
from importer.jobs.existing import existing
from importer.jobs.ledger import Ledger
from importer.jobs.progress import Progress
from importer.jobs.workshop import Workshop
from importer.pgn import RawGame
from importer.store import Account


class Intake:
    """What is known of an account's games, and what becomes of those that come."""

    def __init__(
        self, workshop: Workshop, progress: Progress, ledger: Ledger, move_cursor: Callable[[int | None], None]
    ) -> None:
        """*move_cursor* is told when each game was created, before the batch that holds it can be saved."""
        self.account = Account(progress.row.platform, progress.row.user_id)
        self._shop = workshop
        self._progress = progress
        self._ledger = ledger
        self._move_cursor = move_cursor
        self._existing = existing(workshop, ledger, self.account)
        self._doubted: bytes | None = None  # the last text that looked like a cut stream

    async def read_existing(self) -> None:
        """Get ready to tell which games are stored."""
        await self._existing.begin()

    async def meet(self, raws: Sequence[RawGame]) -> None:
        """Find out which of these are stored, if that must be asked; to be called before they are looked at."""
        if self._existing.asks_first:
            await self._existing.meet([peek(raw.text).game_id or derived_id(raw.text) for raw in raws])

    def knows(self, game_id: str | None) -> bool:
        """Say whether a game of that id, of those that were met, is stored or in hand."""
        return game_id is not None and game_id in self._existing

    def doubt(self, last: RawGame) -> None:
        """Take a last game without an end for a cut stream, unless the same text comes a second time.

        Raises:
            StreamCut: the upstream said that the stream was complete, but its last game is not.
        """
        if not is_cut(last) or last.text == self._doubted:
            return
        self._doubted = last.text
        raise StreamCut("the stream ended in the middle of a game")

    async def take(self, raw: RawGame) -> None:
        """Deal with one game: its id is looked up before anything is parsed.

        Between its being counted and its being in hand nothing waits, so that a stop leaves the counts true.
        """
        seen = peek(raw.text)
        if self.knows(seen.game_id):
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
            found = await self._shop.read(raw)
            self._progress.count_fetched()
            self._ledger.add(found)
            if isinstance(found, Game):
                self._existing.add(found.game_id)
                self._move_cursor(found.created_at_s)
            await asyncio.sleep(0)
