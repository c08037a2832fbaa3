"""What one user of a person's own Locust file does, counted request by request until its rule says that it is done.

Does not import Locust: it is told what happened, and can be tried without a server.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from loadtests.rows import Import, Request


@dataclass(frozen=True, slots=True)
class Rule:
    """When a user is done."""

    requests: int
    work_s: float | None  # instead of requests
    failures_allowed: int


class Visit:
    """Keeps the row of one user up to date."""

    def __init__(self, user: str, scheduled_s: float, write: Callable[[Import], None], rule: Rule) -> None:
        self._write = write
        self._rule = rule
        self._answered = self._failed = 0
        self.row = Import(user, scheduled_s)
        write(self.row)

    @property
    def over(self) -> bool:
        """Whether nothing that still comes changes the row."""
        return self.row.done_s is not None or self.row.error is not None

    def begin(self, at_s: float) -> None:
        """Write down that the user is let go; until its first request is known, that is when it was sent."""
        self._note(sent_s=at_s, state="unanswered")

    def count(self, request: Request) -> None:
        """Take note of one request, answered or failed."""
        if self.over:
            return
        at_s = request.sent_s + request.response_s
        if self._answered + self._failed == 0:
            self._note(sent_s=request.sent_s)
        if request.error is None:
            self._answered += 1
        else:
            self.stumble(f"{request.name}: {request.error}", at_s)
        self._leave_when_through(at_s)

    def _leave_when_through(self, at_s: float) -> None:
        through = self._rule.work_s is None and self._answered + self._failed == self._rule.requests
        if through and not self.over:
            self._note(done_s=at_s, state="completed")

    def stumble(self, why: str, at_s: float) -> None:
        """Count one failure; one more than is allowed ends the visit."""
        self._failed += 1
        if not self.over and self._failed > self._rule.failures_allowed:
            self._note(done_s=at_s, state="failed", error=why)

    def leave(self, at_s: float) -> None:
        """Write down that the user worked as long as it was to, or left by itself."""
        if self.over:
            return
        if self._rule.work_s is None:
            told = f"left after {self._answered + self._failed} of {self._rule.requests} requests"
            self._note(done_s=at_s, state="failed", error=told)
        elif self._answered:
            self._note(done_s=at_s, state="completed")
        else:
            self._note(error=f"no request was answered within {self._rule.work_s:g} s")

    def fail(self, why: str) -> None:
        """Write down that nobody waits for this user any longer, unless it is done already."""
        if not self.over:
            self._note(error=why)

    def _note(self, **changes: Any) -> None:
        self.row = replace(self.row, **changes)
        self._write(self.row)
