"""Decides which games an import asks for next and how long it waits after a refusal; does no I/O, reads no clock.

"More" means: first what is newer than the newest stored game, oldest first, then what is older than the oldest, newest
first. Either way the stored games stay one unbroken stretch, so a stream cut anywhere leaves a valid cursor.
"""

from dataclasses import dataclass
from enum import StrEnum

from importer.errors import StreamCut, StreamStalled, UpstreamBusy, UpstreamDown, UpstreamError, UpstreamPage
from importer.store import Edge
from importer.upstream import Window


class Direction(StrEnum):
    """Which side of the stored games is being fetched."""

    NEWER = "newer"
    OLDER = "older"


def next_window(user_id: str, direction: Direction, edge: Edge | None, games_wanted: int, spare: int) -> Window:
    """Return the window that goes on from *edge*.

    PGN times are whole seconds while the upstream's are milliseconds: the window takes in the edge's whole second, and
    asks for as many games more as are stored of that second, because those come again. *spare* asks for more still.
    """
    newer = direction is Direction.NEWER
    return Window(
        user_id=user_id,
        since_ms=edge.created_at_s * 1000 if edge and newer else None,
        until_ms=(edge.created_at_s + 1) * 1000 if edge and not newer else None,
        oldest_first=newer,
        games_most=games_wanted + (edge.games if edge else 0) + spare,
    )


# Where imports share streams, each asks for so many games and queues again. A choice: at the upstream's 25 games/s a
# turn takes 4 s, so whoever waits behind two others sees games every 12 s; fewer would spend more time on asking.
SLICE_GAMES = 100


# When a whole answer neither held a new game nor moved the cursor, all of it was duplicates without a time of their
# own: ask for so many times more, until the answer reaches beyond them. A choice; 1 would never get there.
SPARE_GROWTH = 4
SPARE_LEAST = 100


def next_spare(spare: int, *, moved: bool) -> int:
    """Return how many games to ask for beyond those wanted."""
    return 0 if moved else max(SPARE_LEAST, spare * SPARE_GROWTH)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one import waits after each kind of failure, and when it gives up.

    After a 429 every import waits, and not here: the limit is the address's.
    """

    down_wait_s: float = 2.0  # other troubles pass in seconds
    growth: float = 2.0  # per failure in a row
    jitter_ratio: float = 0.25  # so that imports refused together do not come back together
    failures_most: int = 6  # in a row, without a single game in between; of 429 that is half an hour and more
    storage_first_wait_s: float = 1.0  # trying costs a moment, and space may come back at any time
    storage_wait_most_s: float = 15.0

    def wait_s(self, error: UpstreamError, failures: int, chance: float) -> float | None:
        """Return how long to wait after failure number *failures* (from 1) in a row; None to give up.

        *chance* is a random number from 0 to 1.
        """
        base_s = self._base_s(error)
        if base_s is None or failures >= self.failures_most:
            return None
        return float(base_s * self.growth ** (failures - 1) * (1 + self.jitter_ratio * chance))

    def storage_wait_s(self, failures: int) -> float:
        """Return how long to wait after the database would not take something for the *failures*-th time in a row."""
        return min(self.storage_first_wait_s * self.growth ** min(failures - 1, 10), self.storage_wait_most_s)

    def _base_s(self, error: UpstreamError) -> float | None:
        """Return the first wait after this kind of failure; None when asking again is of no use."""
        if isinstance(error, UpstreamBusy):
            return 0.0
        passing = isinstance(error, UpstreamDown | UpstreamPage | StreamStalled | StreamCut)
        return self.down_wait_s if passing else None
