"""What a watch sees: one look after another, as JSON lines; conclusions are drawn from these rows and kept nowhere.

Times are seconds from the start of the watch; ``None`` means not to be had, 0 means measured zero. Pure.

Format history:
    1: first format.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from loadtests.record import Frozen, RecordUnreadable

SCHEMA_VERSION: Final = 1

# What the figure is, best first: what a cgroup could not free; a process tree's proportional share; its resident sets,
# which count shared pages once a process; and what the server says of its own resident set.
Gauge = Literal["unreclaimable", "proportional", "resident", "told"]


class Thresholds(Frozen):
    """The published checklist's figures, or those given in their place."""

    peak_bytes: int
    imports_at_once: int
    import_within_s: float


class MemorySeen(Frozen):
    """The memory of what is watched, once."""

    gauge: Gauge
    bytes: int | None  # None when it was gone
    kernel_peak_bytes: int | None = None  # by the kernel's own count, page cache or file pages included
    processes: int | None = None
    largest_bytes: int | None = None  # the largest process's own
    oom_kills: int | None = None  # the cgroup's counter, since the cgroup was made
    machine_oom_kills: int | None = None  # the machine's counter, since boot
    alive: bool = True  # the process runs, or the cgroup has members


class ImportSeen(Frozen):
    """One import whose state, or being too late, is news."""

    import_id: str
    status: str  # the server's word, or "lost" where the server no longer knows it
    elapsed_s: float | None  # from running until now, or until done
    error: str | None = None


class ServerSeen(Frozen):
    """What the server said of its imports, once."""

    answered: bool
    running: int | None = None  # None when it did not answer, or has no list of imports
    queued: int | None = None
    imports: tuple[ImportSeen, ...] = ()  # those that are under way, and those that ended since the last look


class WatchRun(Frozen):
    """First line: what is watched, and what for."""

    kind: Literal["watch"] = "watch"
    schema_version: Literal[1] = SCHEMA_VERSION
    started_at: str  # ISO 8601, UTC
    watched: tuple[str, ...]  # in words
    kernel: str
    every_s: float
    for_s: float
    thresholds: Thresholds
    watches_memory: bool
    watches_kills: bool  # an out-of-memory kill would be seen
    watches_imports: bool


class Look(Frozen):
    """One look at everything that is watched."""

    kind: Literal["look"] = "look"
    at_s: float
    late_s: float  # how far past its deadline it was taken
    memory: MemorySeen | None = None
    server: ServerSeen | None = None


class WatchEnd(Frozen):
    """Last line: why there was no further look; missing when the watch itself was killed."""

    kind: Literal["end"] = "end"
    at_s: float
    why: Literal["time is up", "interrupted", "what was watched is gone"]


Line = Annotated[WatchRun | Look | WatchEnd, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[WatchRun | Look | WatchEnd] = TypeAdapter(Line)


def to_line(line: WatchRun | Look | WatchEnd) -> str:
    """Encode one line of the record, newline included."""
    return line.model_dump_json() + "\n"


def from_lines(lines: Iterable[str]) -> Iterator[WatchRun | Look | WatchEnd]:
    """Decode a record of a watch; blank lines are skipped.

    Raises:
        RecordUnreadable: a line is not JSON, has an unknown key, or another schema version.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _ADAPTER.validate_json(line)
            except ValidationError as error:
                raise RecordUnreadable(number, error.errors(include_url=False)[0]["msg"]) from error
