"""Promises of one import as one user lives it, without a server and without Locust."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from loadtests.rows import Import
from loadtests.scenarios.attempt import Answer, Attempt, Means


@dataclass
class Scripted:
    """An importer that gives prepared answers, and a user who notes every row; a second passes with each answer."""

    answers: list[tuple[int | None, dict[str, Any] | None]]
    patience: int = 100
    asked: list[str] = field(default_factory=list)
    written: list[Import] = field(default_factory=list)
    ticks: "count[int]" = field(default_factory=count)

    def ask_for_import(self, user: str, games: int) -> Answer:
        """Answer the first request."""
        return self._answer(f"{user} {games}")

    def look_at(self, import_id: str) -> Answer:
        """Answer a look."""
        return self._answer(import_id)

    def pause(self) -> bool:
        """Wait until the patience is spent."""
        self.patience -= 1
        return self.patience >= 0

    def clock(self) -> float:
        """Tell the time."""
        return float(next(self.ticks))

    def lived(self) -> Import:
        """Let one user live one import to its end."""
        attempt = Attempt("ann", 0.0, Means(self, self.written.append, self.pause, self.clock))
        attempt.run(10)
        assert self.written[-1] == attempt.row
        return attempt.row

    def _answer(self, asked: str) -> Answer:
        self.asked.append(asked)
        status, body = self.answers.pop(0)
        refused = body is not None and "refused" in body
        error = None if status and status < 400 else f"{status}: trouble"
        return Answer(self.clock(), self.clock(), status, None if refused else body, error, refused)


def said(status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """An answer that tells an import's state."""
    return 200, {"import_id": "x1", "status": status, **more}


ACCEPTED = (202, {"import_id": "x1", "status": "queued", "queue_position": 1})
LOST = (None, None)
REFUSED = (None, {"refused": True})


def test_an_import_is_watched_to_its_end() -> None:
    """The row is written at each step forward, and not at looks that show nothing new."""
    scripted = Scripted([ACCEPTED, said("queued"), said("running"), said("running"), said("completed", stored=10)])
    row = scripted.lived()
    assert scripted.asked == ["ann 10", "x1", "x1", "x1", "x1"]
    states = [row.state for row in scripted.written]
    assert states == ["unsent", "unanswered", "queued", "running", "completed"]
    assert row.accepted == ACCEPTED[1]
    assert row.latest == {"import_id": "x1", "status": "completed", "stored": 10}
    assert None not in (row.sent_s, row.accepted_s, row.done_s)
    assert row.error is None


def test_an_import_that_is_done_on_acceptance_is_not_looked_at() -> None:
    """An answer that already tells the end is believed."""
    scripted = Scripted([said("completed")])
    row = scripted.lived()
    assert (row.state, len(scripted.asked)) == ("completed", 1)
    assert row.done_s == row.accepted_s


@pytest.mark.parametrize("trouble", [LOST, (500, None), (503, {"detail": "busy"}), (429, {}), (200, None)])
def test_trouble_while_looking_is_outlived(trouble: tuple[int | None, dict[str, Any] | None]) -> None:
    """One lost or useless answer does not end an import: a later look finds it done."""
    row = Scripted([ACCEPTED, trouble, said("running"), trouble, said("completed")]).lived()
    assert (row.state, row.error) == ("completed", None)


@pytest.mark.parametrize("deaths", [[REFUSED], [LOST, LOST], [LOST, REFUSED]])
def test_a_dead_server_is_given_up(deaths: list[tuple[int | None, dict[str, Any] | None]]) -> None:
    """A refused connection ends the import at once, lost answers when they follow one another."""
    scripted = Scripted([ACCEPTED, said("running"), *deaths])
    row = scripted.lived()
    assert scripted.answers == []
    assert (row.state, row.done_s) == ("running", None)
    assert row.error == "the server died or stopped answering: None: trouble"


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (LOST, "unanswered", "the server did not answer the request: None: trouble"),
        (REFUSED, "unanswered", "the server did not answer the request: None: trouble"),
        ((503, {"detail": "busy"}), "rejected", "503: trouble"),
        ((200, {"status": "running"}), "rejected", "200: the answer names no import_id"),
        ((202, {"import_id": 7}), "rejected", "202: the answer names no import_id"),
        ((202, None), "rejected", "202: the answer names no import_id"),
    ],
)
def test_an_import_that_was_not_accepted_is_not_asked_for_again(
    answer: tuple[int | None, dict[str, Any] | None], state: str, error: str
) -> None:
    """A request that may have begun something is never repeated; the row says what came back."""
    scripted = Scripted([answer])
    row = scripted.lived()
    assert (row.state, row.error, row.accepted_s) == (state, error, None)
    assert row.sent_s is not None
    assert len(scripted.asked) == 1


def test_a_forgotten_import_is_given_up() -> None:
    """A server that no longer knows the import was started anew, and will never finish it."""
    row = Scripted([ACCEPTED, (404, {"detail": "none"})]).lived()
    assert (row.state, row.error) == ("queued", "the server no longer knows the import: 404: trouble")


def test_a_stopped_load_ends_the_watching() -> None:
    """When the load is stopped the user leaves before the next look, and the row says so."""
    scripted = Scripted([ACCEPTED, said("running")], patience=1)
    row = scripted.lived()
    assert (row.state, row.error) == ("running", "the load was stopped before the import was done")
    assert len(scripted.asked) == 2
