"""One request as one user lives it: sent, and held in flight until the server answers; never decides when to begin.

Does not import Locust: it is told how to ask and to write, and can be tried without a server.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadtests.rows import Import
from loadtests.scenarios.attempt import HTTP_ERROR, Answer


class Holding:
    """Keeps the row of one held request up to date."""

    def __init__(self, user: str, scheduled_s: float, write: Callable[[Import], None]) -> None:
        self._write = write
        self.row = Import(user, scheduled_s)
        write(self.row)

    def run(self, ask: Callable[[], Answer], clock: Callable[[], float]) -> None:
        """Send the request and wait for its answer; only an answer below 400 completes it."""
        self._note(sent_s=clock(), state="unanswered")
        answer = ask()
        if answer.status is None:
            self._note(sent_s=answer.sent_s, error=f"the server did not answer the request: {answer.error}")
        elif answer.status >= HTTP_ERROR:
            self._note(sent_s=answer.sent_s, done_s=answer.received_s, state="failed", error=answer.error)
        else:
            self._note(sent_s=answer.sent_s, done_s=answer.received_s, state="completed")

    def fail(self, why: str) -> None:
        """Write down that the answer will not be waited for any longer, unless it is over already."""
        if self.row.done_s is None and self.row.error is None:
            self._note(error=why)

    def _note(self, **changes: Any) -> None:
        self.row = replace(self.row, **changes)
        self._write(self.row)
