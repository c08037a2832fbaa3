"""Walks through a history that is published month by month, as Chess.com's: newer games first, then older ones.

Must not know how an import begins, ends or is stopped. A month is fetched whole, to the disk, before any of it is
taken: so the upstream is done with quickly, and the games can be taken in the right order whatever order they come in.
Where an import stands is its month; which games of it are still to come, the ids of those that are stored tell.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from importer.errors import StorageTrouble, UpstreamError
from importer.game import derived_id, peek
from importer.jobs.course import Direction
from importer.jobs.intake import Intake
from importer.jobs.known import KnownIds
from importer.jobs.ledger import Ledger
from importer.jobs.months import Survey, ended, month_of, start_of
from importer.jobs.progress import Progress
from importer.jobs.spool import Spool
from importer.jobs.waiting import wait_out
from importer.jobs.workshop import Workshop
from importer.pgn import RawGame, Splitter
from importer.store import Month
from importer.upstream import MonthAnswer, Validators

T = TypeVar("T")


@dataclass(slots=True)
class _Fetched:
    """A month on the disk."""

    spool: Spool
    validators: Validators
    final: bool  # no game can be added to the month any more
    survey: Survey = field(default_factory=Survey)


class MonthWalk:
    """One import's way through the months, from where its row says it stands."""

    def __init__(self, workshop: Workshop, progress: Progress, ledger: Ledger) -> None:
        self.token: str | None = None  # none is taken: what is published is everyone's
        self._shop = workshop
        self._source = workshop.upstreams.chesscom
        self._progress = progress
        self._ledger = ledger
        self._intake = Intake(workshop, progress, ledger, lambda _created_at_s: None)
        self._account = self._intake.account
        self._done: set[str] = set()  # months that need not be looked at again by this import

    async def read_existing(self) -> None:
        """Learn which games are stored."""
        await self._intake.read_existing()

    async def both_ways(self) -> None:
        """Go on from the row's direction and month, or begin at the newest month that games were taken from.

        Raises:
            UpstreamError: the upstream's trouble outlasted the patience, or waiting does not help.
        """
        row = self._progress.row
        months = await self._insist(lambda: self._source.months(self._account.user_id, self._progress.hold_up))
        if row.direction == Direction.OLDER and row.cursor_s is not None:
            months = [month for month in months if month <= month_of(row.cursor_s)]
        else:
            newest = await self._newest_touched()
            await self._newer([] if newest is None else [month for month in months if month >= newest])
        for month in reversed(months):
            if self._ledger.wanted() > 0 and month not in self._done:
                await self._pass_through(month, Direction.OLDER)

    async def _newest_touched(self) -> str | None:
        """Return the newest month that games were taken from; None for a first import, and one that got no game."""
        if await self._ledger.ask(self._shop.store.newest, self._account) is None:
            return None
        return await self._ledger.ask(self._shop.months.newest, self._account)

    async def _newer(self, months: list[str]) -> None:
        """Take what is newer, the oldest first; the newest month's older games too, since that month is here then."""
        for month in months:
            if self._ledger.wanted() > 0:
                both = (Direction.NEWER, Direction.OLDER) if month == months[-1] else (Direction.NEWER,)
                await self._pass_through(month, *both)

    async def _pass_through(self, month: str, *directions: Direction) -> None:
        """Fetch a month, unless nothing in it can be new; take what is wanted, and write down how it is."""
        seen = await self._ledger.ask(self._shop.months.get, self._account, month)
        fetched = None if seen is not None and seen.closed else await self._fetched(month, seen)
        if fetched is None:
            self._done.add(month)
            return
        with fetched.spool:
            self._count_known(fetched.survey.known)
            for direction in directions:
                await self._take(fetched, month, direction)
        await self._ledger.save_at_last()
        whole, called = fetched.survey.is_whole(), fetched.validators
        if whole:
            self._done.add(month)
        await self._put(Month(month, whole, whole and fetched.final, called.etag, called.last_modified))

    async def _fetched(self, month: str, seen: Month | None) -> _Fetched | None:
        """Fetch a month; None when nothing in it has changed since all of it was taken."""
        if seen is None:  # before any game of it is stored: the next import goes on from the newest month there is
            await self._put(Month(month, whole=False, closed=False))
        known = Validators(seen.etag, seen.last_modified) if seen is not None and seen.whole else Validators()
        return await self._insist(lambda: self._ledger.patiently(lambda: self._fetch(month, known)))

    async def _put(self, month: Month) -> None:
        await self._ledger.ask(self._shop.months.put, self._account, month)

    def _count_known(self, games: int) -> None:
        if games:
            self._progress.count_fetched(games)
            self._progress.note(duplicates=self._progress.row.duplicates + games)

    async def _fetch(self, month: str, known: Validators) -> _Fetched | None:
        """Bring a month to the disk and look at its games; None when it is what *known* says.

        Raises:
            UpstreamError: it did not come whole.
            StorageTrouble: the disk has no room for it now.
        """
        opened = self._source.month(self._account.user_id, month, known, self._progress.hold_up)
        async with opened as answer:
            if answer is None:
                return None
            spool = Spool(self._shop.spool_folder, self._shop.storage)
            try:
                return await self._looked_at(answer, spool)
            except BaseException:
                spool.close()
                raise

    async def _looked_at(self, answer: MonthAnswer, spool: Spool) -> _Fetched:
        """Write an answer to the disk while looking at its games."""
        fetched, twice, splitter = _Fetched(spool, answer.validators, answer.final), KnownIds(), Splitter()
        async with aclosing(answer.pieces) as pieces:
            async for piece in pieces:
                await spool.write(piece)
                raws = splitter.feed(piece)
                await self._intake.meet(raws)
                for raw in raws:
                    self._look_at(raw, fetched.survey, twice)
        for raw in splitter.finish():
            self._intake.doubt(raw)
            await self._intake.meet([raw])
            self._look_at(raw, fetched.survey, twice)
        return fetched

    def _look_at(self, raw: RawGame, survey: Survey, twice: KnownIds) -> None:
        """Take note of a game; one that comes a second time is known."""
        game_id = peek(raw.text).game_id or derived_id(raw.text)
        survey.note(ended(raw.text), known=self._intake.knows(game_id) or game_id in twice)
        twice.add(game_id)

    async def _take(self, fetched: _Fetched, month: str, direction: Direction) -> None:
        """Take what is wanted of a month in one direction; where games are rejected, others take their place."""
        survey = fetched.survey
        self._progress.note(direction=direction, cursor_s=start_of(month))
        while chosen := survey.chosen(direction, self._ledger.wanted()):
            async with aclosing(_games(fetched.spool, chosen)) as games:
                async for place, raw in games:
                    try:
                        await self._intake.take(raw)
                    except StorageTrouble:
                        await self._ledger.save_at_last()  # the month is here: nobody waits for it to be read
                    survey.deal_with(place)

    async def _insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the upstream gives what it is asked for.

        Raises:
            UpstreamError: its trouble outlasted the patience, or waiting does not help.
        """
        failures = 0
        while True:
            try:
                return await attempt()
            except UpstreamError as trouble:
                failures += 1
                await wait_out(self._shop, self._progress, trouble, failures)


async def _games(spool: Spool, chosen: frozenset[int]) -> AsyncGenerator[tuple[int, RawGame], None]:
    """Yield the games in these places of a month on the disk."""
    splitter, place = Splitter(), 0
    async for piece in spool.pieces():
        for raw in splitter.feed(piece):
            if place in chosen:
                yield place, raw
            place += 1
    for raw in splitter.finish():
        if place in chosen:
            yield place, raw
