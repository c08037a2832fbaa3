"""Feels the pulse of the event loop: how late it is for an appointment, and how long it computed meanwhile.

Must not know what keeps the loop. A beat costs some 20 us, so the pulse takes a thousandth of a core.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

# A choice: whatever holds the loop for 50 ms meets an appointment at most this much after it began.
BEAT_S = 0.02


class Pulse:
    """Calls *tell* for every beat with the seconds it was late, and of those the ones that this thread computed.

    The difference is time in which other programs had the processor, or the thread waited for something.
    """

    def __init__(self, tell: Callable[[float, float], None]) -> None:
        self._tell = tell
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _beat(self) -> None:
        while True:
            due_s, computed_s = time.monotonic() + BEAT_S, time.thread_time()
            await asyncio.sleep(BEAT_S)
            late_s = max(0.0, time.monotonic() - due_s)
            self._tell(late_s, min(late_s, time.thread_time() - computed_s))
