"""What can be seen of one import, at any time and from outside; does no I/O.

Must not decide anything: whoever runs the import says what has changed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from importer.store import ImportRow, Phase, Status


class Progress:
    """One import as it stands: `row` is always true, committed or about to be."""

    def __init__(self, row: ImportRow, clock_s: Callable[[], float], waited_s: float = 0.0) -> None:
        """Begin where *row* says; it has waited *waited_s* before this process knew of it."""
        self.row = row
        self.held_up: str | None = None  # what keeps it from going on at the moment
        self.ended = asyncio.Event()  # set when nothing of it runs any more
        self.version = 0  # of what can be seen
        self._changed = asyncio.Event()
        self._clock_s = clock_s
        self._requested_s = clock_s() - waited_s
        self._started_s: float | None = None  # as if it had run without a break

    def begin(self) -> None:
        """Leave the queue; an import that resumes goes on with the times it had."""
        now_s = self._clock_s()
        self._started_s = now_s - (self.row.elapsed_s or 0.0)
        wait_s = self.row.queue_wait_s
        if wait_s is None:
            wait_s = now_s - self._requested_s
        self.note(status=Status.RUNNING, phase=Phase.READING_EXISTING, queue_wait_s=wait_s)

    def seen_now(self) -> ImportRow:
        """Return the import as it stands at this moment; what is over stands still."""
        if self._started_s is None or self.row.phase is Phase.FINISHED:
            return self.row
        return replace(self.row, elapsed_s=self._clock_s() - self._started_s)

    def count_fetched(self, games: int = 1) -> None:
        """Count games received."""
        self.note(fetched=self.row.fetched + games)
        if self.row.first_game_after_s is None:
            self.note(first_game_after_s=self.seen_now().elapsed_s)

    def note(self, **changes: Any) -> None:
        """Change the row."""
        self.row = replace(self.row, **changes)
        self.touch()

    def hold_up(self, reason: str | None) -> None:
        """Say what keeps the import from going on; None when nothing does any more."""
        if reason != self.held_up:
            self.held_up = reason
            self.touch()

    def end(self, row: ImportRow) -> None:
        """Show how it ended; it is over when `ended` is set too."""
        self.row = row
        self.held_up = None

    def leave(self) -> None:
        """Say that nothing of it runs any more."""
        self.ended.set()
        self.touch()

    def touch(self) -> None:
        """Wake whoever waits for a change."""
        self.version += 1
        self._changed.set()
        self._changed.clear()

    async def changed_since(self, version: int) -> None:
        """Wait until something has changed since it was at *version*."""
        if version == self.version:
            await self._changed.wait()
