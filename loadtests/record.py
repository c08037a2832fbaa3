"""The versioned record of a trial, as JSON lines: the only thing the analysts ever read.

Holds raw observations, never conclusions: every peak, quantile and verdict is recomputed from these rows, so that a
better question can be asked of an old run. Units are in the names; times are seconds on one monotonic clock, counted
from the start of the trial; ``None`` means not measured, 0 means measured zero.

Format history:
    1: first format.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

SCHEMA_VERSION: Final = 1
# Settings that cap how many imports stream at once. The others count because an import without a connection, or without
# one of the streams that the upstream grants, holds no stream: four slots over three connections run three.
SLOT_SETTINGS = ("MAX_CONCURRENT_IMPORTS", "HTTP_POOL_LIMIT_PER_HOST", "HTTP_POOL_LIMIT", "UPSTREAM_MAX_STREAMS")


class RecordUnreadable(ValueError):
    """A line of a records file is not a record this version can read."""

    def __init__(self, line_number: int, found: str) -> None:
        super().__init__(
            f"line {line_number} of the records is not a version {SCHEMA_VERSION} record: {found}. "
            "Re-run the load test, or read the file with the version of this project that wrote it."
        )


class Ending(StrEnum):
    """How a trial ended; a closed list."""

    COMPLETED = "completed"  # every import done, every game stored exactly once
    THRASHED = "thrashed"  # alive, but doing little except reclaiming memory
    OOM_KILLED = "oom_killed"  # the cgroup's own out-of-memory kill counter rose
    GLOBAL_OOM = "global_oom"  # the machine ran out, not the cgroup
    CRASHED = "crashed"  # the target ended by itself, or lost or doubled games
    TIMED_OUT = "timed_out"  # imports unfinished when the time was up
    GENERATOR_SATURATED = "generator_saturated"  # the load generator was the bottleneck
    INVALID = "invalid"  # the measurement itself cannot be trusted


class Frozen(BaseModel):
    """Immutable data that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Host(Frozen):
    """Facts of the machine and the software that must match before trials may be pooled."""

    cpu_model: str
    cpu_count: int
    memory_bytes: int
    kernel: str
    cgroup_version: Literal["v1", "v2"]
    python: str
    packages_digest: str  # of the target environment's installed packages and versions
    revision: str  # git commit, with "+dirty" appended when the tree differs from it; "unknown" outside git


class Upstream(Frozen):
    """Which upstream the target imported from: every throughput is measured in some upstream mode."""

    profile: str  # lichess | documented | unlimited, replay:<file name>, or none when nothing is imported
    games_per_s: float | None  # per stream, after the speed multiplier; None when unpaced
    speed_ratio: float  # how many times faster than the real upstream time runs
    max_streams: int | None  # streams one address may hold at once; None when unlimited
    seed: int


class Samples(Frozen):
    """Readings of the trial's cgroup, one column a quantity, one row an instant.

    All columns have equal length, except that those with a default are empty where the kernel, or an older record, does
    not tell.
    """

    at_s: tuple[float, ...]
    late_s: tuple[float, ...]  # how far past its deadline each reading was taken
    used_bytes: tuple[int, ...]  # charged to the cgroup, page cache included
    anon_bytes: tuple[int, ...]
    shmem_bytes: tuple[int, ...]
    kernel_bytes: tuple[int, ...]  # that cannot be reclaimed; on v1 all kernel memory, so slightly high
    socket_bytes: tuple[int, ...]  # TCP buffers, which v1 counts apart from kernel memory
    cache_bytes: tuple[int, ...]  # page cache without shared memory
    inactive_file_bytes: tuple[int, ...]
    major_faults: tuple[int, ...]  # cumulative
    cpu_s: tuple[float, ...]  # cumulative processor time of the target process tree
    refaults: tuple[int, ...] = ()  # cumulative: pages taken back from disk soon after they were given up
    stalled_some_s: tuple[float, ...] = ()  # cumulative: some task waited for memory (PSI; version 2 only)
    stalled_full_s: tuple[float, ...] = ()  # cumulative: every task that could have run waited for memory
    read_bytes: tuple[int, ...] = ()  # cumulative, from disks, by the processes seen so far
    written_bytes: tuple[int, ...] = ()
    processes: tuple[int, ...] = ()  # of the cgroup itself
    largest_bytes: tuple[int, ...] = ()  # resident set of the largest process, files included

    def unreclaimable_bytes(self) -> tuple[int, ...]:
        """Memory that cannot be freed when the limit is reached: anonymous, shared, kernel and socket buffers."""
        parts = zip(self.anon_bytes, self.shmem_bytes, self.kernel_bytes, self.socket_bytes, strict=True)
        return tuple(sum(part) for part in parts)


NO_SAMPLES: Final = Samples(**dict.fromkeys(Samples.model_fields, ()))


class Phases(Frozen):
    """When each phase of the trial began; None when the trial ended before it."""

    process_started_s: float | None
    ready_s: float | None
    load_started_s: float | None
    load_ended_s: float | None
    stopped_s: float


class Kernel(Frozen):
    """The kernel's own account of the cgroup, read once at the end."""

    limit_bytes: int  # read back, not assumed
    peak_bytes: int | None  # saturates at the limit as soon as files are written: never the headline
    oom_kills: int
    machine_oom_kills: int  # how far the machine's own counter rose during the trial
    limit_hits: int  # rises in ordinary cache reclaim too, and stays 0 on v1 while swap is off: no alarm either way
    vm_hwm_bytes: int | None  # the main process's own highest resident set, files included


class ImportRow(Frozen):
    """One user's import as seen by the load generator; ``_wait``, ``_after`` and ``elapsed`` are the target's own.

    In a hold it is the user's one request, and with a Locust file all that the user did: sent and done, never accepted,
    and the target says nothing of its own. It started at ``accepted_s + queue_wait_s``.
    """

    user: str
    scheduled_s: float
    sent_s: float | None
    accepted_s: float | None
    done_s: float | None
    import_id: str | None
    state: str  # the target's last word: completed, failed, running, queued ... or "unsent"
    queue_position: int | None  # on acceptance; 0 when it ran at once
    queue_wait_s: float | None
    first_game_after_s: float | None  # from running to the first game received
    elapsed_s: float | None  # from running to done
    fetched: int | None
    stored: int | None
    duplicates: int | None
    rejected: int | None
    error: str | None


class RequestRow(Frozen):
    """One HTTP request of the load generator, unrounded."""

    name: str  # method and route, without identifiers
    sent_s: float
    response_s: float  # from sent to the last byte
    status: int | None  # None when no response arrived
    error: str | None


class TruthCheck(Frozen):
    """Stored games compared with what the upstream says an import must end up with."""

    expected: int
    stored: int
    missing: int
    unexpected: int
    doubled: int
    said: str | None = None  # last words of the target's own check; None when games were compared

    def exactly_once(self) -> bool:
        """Say whether every expected game is stored once and nothing else is."""
        return self.missing == self.unexpected == self.doubled == 0


class Arrivals(Frozen):
    """Open arrivals, and whether the server kept up: a backlog that grows has no end."""

    per_s: float  # asked for; a Poisson process
    # Slope of a straight line through the number of earlier imports that each arrival found not done.
    backlog_growth_per_s: float | None  # None: too few arrivals
    backlog_most: int


class Harness(Frozen):
    """What the harness itself cost and how late it was."""

    sampler_interval_s: float
    sampler_late_max_s: float | None
    sampler_cpu_s: float | None
    generator_cpu_s: float | None
    generator_wall_s: float | None
    generator_waited_s: float | None = None  # ready to run, but without a processor; None where the kernel cannot tell
    generator_processes: int = 1  # that the users were spread over; the three times above are all of theirs together
    locust_version: str


class Exit(Frozen):
    """How the target process ended. None for both while it was still running when the harness stopped it."""

    code: int | None
    signal: int | None
    by_harness: bool  # the harness asked it to end


class Run(Frozen):
    """First line of a records file: what was planned."""

    kind: Literal["run"] = "run"
    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    started_at: str  # ISO 8601, UTC
    command: str
    plan: str
    seed: int
    trials_planned: int
    limit_bytes: int
    reserve_bytes: int  # what a safe setting must leave free under the limit
    host: Host


class Trial(Frozen):
    """One fresh server process in one fresh cgroup, one setting, one number of users: the unit of every statistic."""

    kind: Literal["trial"] = "trial"
    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    trial_id: str  # unique within the run, for example "t007"
    position: int  # in the shuffled order, from 0
    repeat: int  # of the same setting, from 0
    seed: int
    priming: bool  # the first trial charges library file pages: recorded, never pooled
    started_at: str  # ISO 8601, UTC
    target: str
    series: tuple[str, ...]  # the questions it serves: grid, users, queue, profile, pace
    profile: str | None  # the named profile, when the setting is one
    setting: dict[str, str]  # what the plan asked for, by environment variable
    effective_setting: dict[str, str]  # what the target says it runs with; empty when it never got ready
    # What each user does; a hold is one request, kept in flight, and a Locust file is the target's own.
    scenario: Literal["import", "hold", "locustfile"] = "import"
    users: int
    start: Literal["aligned", "staggered", "poisson"]  # poisson: open arrivals, one user each
    arrivals: Arrivals | None = None  # only where arrivals are open
    games_per_user: int  # 0 in a hold
    stored_games_per_user: int  # already there before the import
    limit_bytes: int
    upstream: Upstream
    host: Host
    ending: Ending
    reason: str  # one sentence with the figures that decided the ending
    phases: Phases
    samples: Samples
    kernel: Kernel | None  # None when no cgroup could be read
    imports: tuple[ImportRow, ...]
    requests: tuple[RequestRow, ...]
    truth: TruthCheck | None
    exit: Exit
    harness: Harness
    log_tail: str  # last lines of the target's own output, for a trial that did not complete; else empty

    def in_flight_most(self) -> int:
        """Imports the setting and the number of users allow to stream at the same time."""
        return in_flight_most(self.users, self.setting)


def in_flight_most(users: int, setting: Mapping[str, str]) -> int:
    """Imports that *users* under *setting* can have streaming at the same time."""
    return min([users, *(int(setting[name]) for name in SLOT_SETTINGS if name in setting)])


Record = Annotated[Run | Trial, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[Run | Trial] = TypeAdapter(Record)


def to_line(record: Run | Trial) -> str:
    """Encode one record as one line of JSON, newline included."""
    return record.model_dump_json() + "\n"


def from_lines(lines: Iterable[str]) -> Iterator[Run | Trial]:
    """Decode records; blank lines are skipped.

    Raises:
        RecordUnreadable: a line is not JSON, has an unknown key, or another schema version.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _ADAPTER.validate_json(line)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(str(part) for part in first["loc"])
                raise RecordUnreadable(number, f"{where or 'line'}: {first['msg']}") from error
