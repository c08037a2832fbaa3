"""Decides which games of a month an import takes; does no I/O, reads no clock.

"More" means the same as everywhere: first what is newer than the newest stored game, oldest first, then what is older,
newest first. But a month comes as a whole, in whatever order: so all of it is looked at before any of it is taken, and
a game that is missing between stored ones, where an earlier import was cut short, counts as older.
"""

import re
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime

from importer.jobs.course import Direction

# Chess.com's own tags; a game belongs to the month in which it ended.
_ENDED = re.compile(rb'\[EndDate "(\d{4})\.(\d\d)\.(\d\d)"\]\s*\[EndTime "(\d\d):(\d\d):(\d\d)')


class Survey:
    """The games of one month by their places in the answer: when each ended, and whether there is still use for it."""

    def __init__(self) -> None:
        self._ended = array("q")
        self._wanting = bytearray()
        self.known = 0  # games that were stored before
        self._in_order: list[int] = []  # places, oldest first

    def note(self, ended: int | None, *, known: bool) -> None:
        """Take note of the next game; one that does not show when it ended stands where it came."""
        previous = self._ended[-1] if self._ended else 0
        self._ended.append(previous if ended is None else ended)
        self._wanting.append(not known)
        self.known += known

    def chosen(self, direction: Direction, games_wanted: int) -> frozenset[int]:
        """Return the places of the games to take next, at most *games_wanted*."""
        if len(self._in_order) != len(self._wanting):
            self._in_order = sorted(range(len(self._wanting)), key=self._ended.__getitem__)
        if direction is Direction.NEWER:
            return frozenset(self._after_the_last_known()[:games_wanted])
        wanting = [place for place in self._in_order if self._wanting[place]]
        return frozenset(wanting[max(0, len(wanting) - games_wanted) :])

    def _after_the_last_known(self) -> Sequence[int]:
        begin = len(self._in_order)
        while begin and self._wanting[self._in_order[begin - 1]]:
            begin -= 1
        return self._in_order[begin:]

    def deal_with(self, place: int) -> None:
        """Say that a game has been taken, whatever became of it."""
        self._wanting[place] = False

    def is_whole(self) -> bool:
        """Say whether there is no use for any game of the month any more."""
        return not any(self._wanting)


def ended(text: bytes) -> int | None:
    """Return a number that tells when a game ended, greater for later ones; None when its tags do not show it."""
    found = _ENDED.search(text)
    return None if found is None else int(b"".join(found.groups()))


def month_of(at_s: int) -> str:
    """Return the month that a second lies in, as upstreams name it."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y/%m}"


def start_of(month: str) -> int:
    """Return the first second of a month."""
    year, number = map(int, month.split("/"))
    return int(datetime(year, number, 1, tzinfo=UTC).timestamp())
