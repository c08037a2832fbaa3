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

    def run(self, ask: Callable[[], Answer], clock: Callable[[], float], rounds: int = 1) -> None:
        """Send the request and wait for its answer, *rounds* times; only answers below 400 complete it."""
        self._note(sent_s=clock(), state="unanswered")
        for left in range(rounds - 1, -1, -1):
            answer = ask()
            sent_s = answer.sent_s if left == rounds - 1 else self.row.sent_s
            if answer.status is None:
                self._note(sent_s=sent_s, error=f"the server did not answer the request: {answer.error}")
                return
            if answer.status >= HTTP_ERROR:
                self._note(sent_s=sent_s, done_s=answer.received_s, state="failed", error=answer.error)
                return
            self._note(sent_s=sent_s, **({} if left else {"done_s": answer.received_s, "state": "completed"}))

    def fail(self, why: str) -> None:
        """Write down that the answer will not be waited for any longer, unless it is over already."""
        if self.row.done_s is None and self.row.error is None:
            self._note(error=why)

    def _note(self, **changes: Any) -> None:
        self.row = replace(self.row, **changes)
        self._write(self.row)
