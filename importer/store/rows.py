"""What the database keeps beside games: imports, whose games they are, and where the stored games end.

Must not know SQL.
"""

from dataclasses import dataclass
from enum import StrEnum

# Whose games can be kept. Lichess's own rule for user names: lila, conf/routes, its binder of `username`.
USER_ID_PATTERN = r"^[A-Za-z0-9_-]{2,30}$"


class Status(StrEnum):
    """Where an import stands; a closed list."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What an import is doing; a closed list."""

    QUEUED = "queued"
    READING_EXISTING = "reading_existing"
    STREAMING = "streaming"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import as the database keeps it; fields are the columns of `imports`, in order."""

    import_id: str
    platform: str
    user_id: str
    games_wanted: int
    requested_at: str  # ISO 8601, UTC
    status: Status = Status.QUEUED
    phase: Phase = Phase.QUEUED
    fetched: int = 0  # games received whole, whatever became of them
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    queue_wait_s: float | None = None
    first_game_after_s: float | None = None  # from running to the first game received
    elapsed_s: float | None = None  # from running until this row was written
    error: str | None = None
    direction: str | None = None  # which side of the stored games is being fetched
    cursor_s: int | None = None  # of the last game dealt with in that direction: its creation, or its month's beginning


@dataclass(frozen=True, slots=True)
class Account:
    """Whose games: user ids do not depend on case."""

    platform: str
    user_id: str

    def key(self) -> tuple[str, str]:
        """Return the account as the tables name it."""
        return self.platform, self.user_id.lower()


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """Which imports to list; None takes all."""

    platform: str | None = None
    user_id: str | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of the stored games of an account."""

    created_at_s: int
    games: int  # that were created in this very second
