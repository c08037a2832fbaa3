"""Shares out what the upstream grants this address: so many streams at once, and none at all after a 429.

Must not send anything: it only says when. Lichess counts streams by address, not by player or import, so the budget and
the wait are everyone's.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

# Lichess asks for a full minute after a 429 and says that some limits need longer, without saying how long.
# Source: lichess-org/api, doc/specs, its section on rate limiting. The ceiling is a choice: asking four times an hour
# bothers nobody.
BUSY_WAIT_S = 60.0
BUSY_WAIT_MOST_S = 900.0
BUSY_GROWTH = 2.0
BUSY_JITTER_RATIO = 0.25  # a choice: so that programs refused together do not come back together

Notice = Callable[[str | None], None]

_AFTER_ANOTHER = "waits until the upstream, which answered 429, lets another import stream"


def busy_wait_s(first_s: float, refusals: int, chance: float) -> float:
    """Return how long to leave the upstream alone after refusal number *refusals* in a row; *chance* is 0 to 1."""
    grown_s = first_s * BUSY_GROWTH ** min(refusals - 1, 20)
    return min(grown_s, max(first_s, BUSY_WAIT_MOST_S)) * (1 + BUSY_JITTER_RATIO * chance)


class Streams:
    """Places for streams, first come first served, and the wait after a refusal, which holds for all of them."""

    def __init__(
        self,
        most: int,
        busy_first_wait_s: float = BUSY_WAIT_S,
        clock_s: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.open = 0  # streams, asked for or being read
        self._most = most
        self._places = asyncio.Semaphore(most)
        self._busy_first_wait_s = busy_first_wait_s
        self._clock_s = clock_s
        self._chance = chance
        self._refusals = 0  # in a row, whoever met them
        self._quiet_until_s = 0.0
        self._asker: asyncio.Task[Any] | None = None  # after a refusal one import asks for all of them
        self._answered = asyncio.Event()

    @asynccontextmanager
    async def place(self, notice: Notice) -> AsyncIterator[None]:
        """Wait for a place and for the end of a refusal, and hold the place; *notice* is told what is waited for."""
        if self._places.locked() and self._refusals:
            notice(_AFTER_ANOTHER)
        elif self._places.locked():
            notice(f"waits for its turn: {self._most} of all imports may stream at once")
        try:
            async with self._places:
                await self._quiet(notice)
                notice(None)
                self.open += 1
                try:
                    yield
                finally:
                    self.open -= 1
        finally:
            notice(None)
            self._settle()

    def refused(self) -> None:
        """Say that the upstream answered 429: nobody asks it again for a while.

        Streams that were asked for together and refused together count once.
        """
        if self._asker is asyncio.current_task() or self._clock_s() >= self._quiet_until_s:
            self._refusals += 1
            wait_s = busy_wait_s(self._busy_first_wait_s, self._refusals, self._chance())
            self._quiet_until_s = self._clock_s() + wait_s
        self._settle()

    def welcomed(self) -> None:
        """Say that the upstream let a stream begin; one that was asked for before a refusal tells nothing about it."""
        if self._asker is asyncio.current_task():
            self._refusals = 0
        self._settle()

    async def _quiet(self, notice: Notice) -> None:
        """Wait until the upstream may be asked; after a refusal the first to get here asks for all the others."""
        while self._refusals and self._asker is not None:
            notice(_AFTER_ANOTHER)
            await self._answered.wait()
        if not self._refusals:
            return
        self._asker = asyncio.current_task()
        while (wait_s := self._quiet_until_s - self._clock_s()) > 0:
            notice(f"the upstream answered 429: every import leaves it alone for {wait_s:.0f} s")
            await asyncio.sleep(wait_s)

    def _settle(self) -> None:
        """Let the others look again, when this import asked for them."""
        if self._asker is asyncio.current_task():
            self._asker = None
            self._answered.set()
            self._answered.clear()
