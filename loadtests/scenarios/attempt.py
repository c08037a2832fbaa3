"""One import as one user lives it: asked for, accepted, watched to its end; never decides when to begin.

Does not import Locust: it is told how to ask, to wait and to write, and can be tried without a server.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from loadtests.rows import DONE_STATES, Import

# One lost answer may be a broken connection; the next one is sent over a new connection, so two mean a dead server.
LOST_ANSWERS_ALLOWED = 1
HTTP_ERROR = 400  # the first status that means an error, RFC 9110 section 15
HTTP_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request; without a status nothing came back."""

    sent_s: float
    received_s: float
    status: int | None
    body: dict[str, Any] | None  # None when it was not a JSON object
    error: str | None  # None when the status is below 400
    refused: bool  # nobody listens at that address any more


class Api(Protocol):
    """How an importer is asked."""

    def ask_for_import(self, user: str, games: int) -> Answer:
        """Ask for up to *games* games of *user*."""

    def look_at(self, import_id: str) -> Answer:
        """Ask how far an import has come."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an attempt works with."""

    api: Api
    write: Callable[[Import], None]
    pause: Callable[[], bool]  # waits for the next look; False when the load is being stopped
    clock: Callable[[], float]


class Attempt:
    """Follows one import and keeps its row up to date."""

    def __init__(self, user: str, scheduled_s: float, means: Means) -> None:
        self._means = means
        self._lost = 0
        self.row = Import(user, scheduled_s)
        means.write(self.row)

    def run(self, games: int) -> None:
        """Ask for the import and watch it until it is done, refused, or lost with its server."""
        self._note(sent_s=self._means.clock(), state="unanswered")
        answer = self._means.api.ask_for_import(self.row.user, games)
        self._take_acceptance(answer)
        while self.row.accepted_s is not None and self.row.done_s is None and self.row.error is None:
            if not self._means.pause():
                self.fail("the load was stopped before the import was done")
                return
            self._take_progress(self._means.api.look_at(str((self.row.accepted or {})["import_id"])))

    def fail(self, why: str) -> None:
        """Write down that the import will not be watched any further, unless it is over already."""
        if self.row.done_s is None and self.row.error is None:
            self._note(error=why)

    def _note(self, **changes: Any) -> None:
        self.row = replace(self.row, **changes)
        self._means.write(self.row)

    def _take_acceptance(self, answer: Answer) -> None:
        if answer.status is None:
            self._note(sent_s=answer.sent_s, error=f"the server did not answer the request: {answer.error}")
        elif answer.status >= HTTP_ERROR or not answer.body or not isinstance(answer.body.get("import_id"), str):
            why = answer.error or f"{answer.status}: the answer names no import_id"
            self._note(sent_s=answer.sent_s, state="rejected", latest=answer.body, error=why)
        else:
            self._note(
                sent_s=answer.sent_s, accepted_s=answer.received_s, accepted=answer.body, **_progress(answer, self.row)
            )

    def _take_progress(self, answer: Answer) -> None:
        if answer.status is None:
            self._lost += 1
            if answer.refused or self._lost > LOST_ANSWERS_ALLOWED:
                self._note(error=f"the server died or stopped answering: {answer.error}")
            return
        self._lost = 0
        if answer.status == HTTP_NOT_FOUND:
            self._note(error=f"the server no longer knows the import: {answer.error}")
        elif answer.status < HTTP_ERROR and answer.body is not None:
            before, changes = self.row.state, _progress(answer, self.row)
            self.row = replace(self.row, **changes)
            if self.row.state != before:
                self._means.write(self.row)


def _progress(answer: Answer, row: Import) -> dict[str, Any]:
    body = answer.body or {}
    state = str(body.get("status", row.state))
    return {"state": state, "latest": body, "done_s": answer.received_s if state in DONE_STATES else None}
