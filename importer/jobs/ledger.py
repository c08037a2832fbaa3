"""Keeps what one import has found: the batch in hand, and what becomes of it when the database does not take it.

Must not know where games come from. A batch leaves the hand only once it is committed together with the progress that
it makes, so whenever the process dies the database holds a state to go on from.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar

from importer.errors import StorageTrouble
from importer.game import Game, Rejection
from importer.jobs.progress import Progress
from importer.jobs.workshop import Workshop
from importer.store import Phase, Status

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


# A choice: no token is shorter, and games may well hold what is.
_SECRET_CHARACTERS_LEAST = 8


def _without(secret: str | None, found: Game | Rejection) -> Game | Rejection:
    """Return what was found; a text with the player's token, which an upstream may send back, is no game of his."""
    if secret is None or len(secret) < _SECRET_CHARACTERS_LEAST:
        return found
    text = found.pgn.encode() if isinstance(found, Game) else found.text
    if secret.encode() not in text:
        return found
    return Rejection(None, "it repeats the token that was sent", text.replace(secret.encode(), b"(a token)"))


class Ledger:
    """The batch in hand of one import, and its calls to the database."""

    def __init__(self, workshop: Workshop, progress: Progress) -> None:
        self._shop = workshop
        self._progress = progress
        self.secret: str | None = None  # what no text that is kept may show
        self._games: list[Game] = []
        self._ids: set[str] = set()  # of these games
        self._rejections: list[Rejection] = []

    def wanted(self) -> int:
        """Return how many games are still to be found."""
        row = self._progress.row
        return row.games_wanted - row.stored - len(self._games)

    def add(self, found: Game | Rejection) -> None:
        """Take a game, or a text that is none, in hand."""
        found = _without(self.secret, found)
        if isinstance(found, Game):
            self._games.append(found)
            self._ids.add(found.game_id)
        else:
            self._rejections.append(found)

    def holds(self, game_id: str) -> bool:
        """Say whether a game of that id is in hand."""
        return game_id in self._ids

    def is_full(self) -> bool:
        """Say whether the batch in hand should be saved."""
        return len(self._games) + len(self._rejections) >= self._shop.batch_size

    async def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the database, again and again until it is well."""
        return await self.patiently(lambda: self._shop.storage.call(function, *args, **kwargs))

    async def save(self) -> None:
        """Commit the batch in hand together with the progress it makes.

        Raises:
            StorageTrouble: the batch is still in hand.
        """
        if not self._games and not self._rejections:
            return
        row = self._progress.seen_now()
        saved = await self._shop.storage.call(self._shop.store.save_batch, row, self._games, self._rejections)
        self._games, self._rejections = [], []
        self._ids.clear()
        self._progress.note(stored=saved.stored, duplicates=saved.duplicates, rejected=saved.rejected)

    async def save_at_last(self) -> None:
        """Commit the batch in hand, however long the database will not take it."""
        await self.patiently(self.save)

    async def finish(self, status: Status, error: str | None) -> None:
        """Store how the import ended; it is seen from outside once it is stored, or could not be."""
        ended = replace(self._progress.seen_now(), status=status, phase=Phase.FINISHED, error=error)
        try:
            await self.ask(self._shop.store.put_import, ended)
        except asyncio.CancelledError:
            raise  # the server stops: the next one finds the import unfinished and ends it
        except BaseException:
            self._progress.end(ended)
            raise
        self._progress.end(ended)

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it works: the disk has space again, the other program is done, the file can be written."""
        failures = 0
        try:
            while True:
                try:
                    return await attempt()
                except StorageTrouble as trouble:
                    failures += 1
                    wait_s = self._shop.patience.storage_wait_s(failures)
                    self._progress.hold_up(f"{trouble}; nothing is lost, and it goes on when that is over")
                    _log.warning("import %s: %s; trying again in %.1f s", self._progress.row.import_id, trouble, wait_s)
                    await asyncio.sleep(wait_s)
        finally:
            self._progress.hold_up(None)
