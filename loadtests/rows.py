"""What the load generator writes down while it runs: JSON lines with one writer and one reader.

Imports nothing but the standard library: the writer is Locust's process, which must start quickly, and the reader is
the harness, which must never import Locust. Times are absolute seconds of ``time.monotonic()``, one clock for all
processes of the machine. An import is written again whenever it moves on, so a killed generator leaves its last word.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from loadtests.errors import GeneratorUnusable

# An import in one of these states moves no further; the words are the importer API's own.
DONE_STATES = ("completed", "failed", "cancelled")
# A choice: enough of a line to recognise it in an error message.
LINE_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Ready:
    """Every user exists and waits for the release; nothing has been sent yet."""

    at_s: float
    cpu_s: float  # processor time of the generator so far
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Released:
    """The moment the users were let go."""

    at_s: float
    cpu_s: float
    waited_s: float | None = None  # time the generator was ready to run and had no processor, so far
    kind: Literal["released"] = "released"


@dataclass(frozen=True, slots=True)
class Import:
    """How far one user's import has come; the last such row of a user counts."""

    user: str
    scheduled_s: float
    sent_s: float | None = None
    accepted_s: float | None = None
    done_s: float | None = None
    # The target's last word, or "unsent", or "unanswered" and "rejected" for an import that was never accepted.
    state: str = "unsent"
    accepted: dict[str, Any] | None = None  # the target's own words on acceptance
    latest: dict[str, Any] | None = None  # and in its latest answer
    error: str | None = None
    kind: Literal["import"] = "import"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request."""

    name: str  # method and route, without identifiers
    sent_s: float
    response_s: float  # from sent to the last byte
    status: int | None  # None when no response arrived
    error: str | None
    kind: Literal["request"] = "request"


@dataclass(frozen=True, slots=True)
class Ended:
    """The last user is done, and why there was no further one."""

    at_s: float
    cpu_s: float
    reason: Literal["finished", "timed_out", "stopped"]
    waited_s: float | None = None
    kind: Literal["ended"] = "ended"


Row = Ready | Released | Import | Request | Ended
_R = TypeVar("_R", bound=Row)
_KINDS: dict[str, type[Row]] = {
    "ready": Ready,
    "released": Released,
    "import": Import,
    "request": Request,
    "ended": Ended,
}


def to_line(row: Row) -> str:
    """Encode one row as one line of JSON, newline included."""
    return json.dumps(asdict(row), separators=(",", ":")) + "\n"


def from_line(line: str) -> Row:
    """Decode one line written by ``to_line``.

    Raises:
        GeneratorUnusable: the line is not JSON, or not a row of this version.
    """
    try:
        fields = json.loads(line)
        return _KINDS[fields["kind"]](**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise GeneratorUnusable(
            f"the load generator wrote {line.strip()[:LINE_SHOWN_CHARACTERS]!r}, which is no row of this version. "
            "Run the harness and its Locust file from one installation."
        ) from error


class RowsReader:
    """Reads a rows file while it grows; a line that is not yet, or never will be, complete is left alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0
        self._rows: list[Row] = []
        self._first: dict[type, Row] = {}

    def all(self) -> tuple[Row, ...]:
        """Return every row written so far, oldest first.

        Raises:
            GeneratorUnusable: a complete line is not a row of this version.
        """
        self._read_on()
        return tuple(self._rows)

    def first(self, kind: type[_R]) -> _R | None:
        """Return the first row of one kind, or None as long as there is none.

        Raises:
            GeneratorUnusable: a complete line is not a row of this version.
        """
        if kind not in self._first:
            self._read_on()
        return next((row for row in self._first.values() if isinstance(row, kind)), None)

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            grown = file.read()
        complete = grown[: grown.rfind(b"\n") + 1]
        self._read_bytes += len(complete)
        for line in complete.decode().splitlines():
            row = from_line(line)
            self._rows.append(row)
            self._first.setdefault(type(row), row)
