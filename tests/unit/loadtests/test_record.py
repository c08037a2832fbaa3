"""What the records file promises to its readers."""

import json

import pytest

from loadtests.record import NO_SAMPLES, RecordUnreadable, Run, from_lines, in_flight_most, to_line
from tests.unit.loadtests.test_verdict import samples

RUN = Run.model_validate(
    {
        "run_id": "r",
        "started_at": "2026-01-01T00:00:00.000+00:00",
        "command": "c",
        "plan": "quick",
        "seed": 1,
        "trials_planned": 2,
        "limit_bytes": 3,
        "reserve_bytes": 4,
        "host": {
            "cpu_model": "m",
            "cpu_count": 2,
            "memory_bytes": 5,
            "kernel": "k",
            "cgroup_version": "v1",
            "python": "3.11",
            "packages_digest": "d",
            "revision": "unknown",
        },
    }
)


def test_a_record_survives_being_written_and_read() -> None:
    """Reading what was written gives the same record; blank lines do not matter."""
    assert list(from_lines([to_line(RUN), "\n", to_line(RUN)])) == [RUN, RUN]


@pytest.mark.parametrize(
    ("change", "named"),
    [({"schema_version": 2}, "schema_version"), ({"surprise": 1}, "surprise"), ({"kind": "trail"}, "trail")],
)
def test_what_this_version_cannot_read_is_refused_by_line(change: dict[str, object], named: str) -> None:
    """Another schema version, an unknown key or an unknown kind is never read as something else."""
    line = json.dumps({**json.loads(to_line(RUN)), **change})
    with pytest.raises(RecordUnreadable, match=named) as raised:
        list(from_lines([to_line(RUN), line]))
    assert "line 2" in str(raised.value)


def test_a_line_cut_short_is_refused() -> None:
    """Half a line, as a full disk leaves it, is not a record."""
    with pytest.raises(RecordUnreadable, match="line 1"):
        list(from_lines([to_line(RUN)[:50]]))


def test_unreclaimable_memory_is_the_sum_of_its_parts() -> None:
    """Anonymous, shared, kernel and socket memory count; page cache does not."""
    columns = samples((0.0, 1.0)).model_dump()
    columns |= dict.fromkeys(("anon_bytes", "shmem_bytes", "kernel_bytes", "socket_bytes"), (1, 10))
    columns |= {"cache_bytes": (7, 7), "used_bytes": (99, 99)}
    assert type(NO_SAMPLES).model_validate(columns).unreclaimable_bytes() == (4, 40)
    assert NO_SAMPLES.unreclaimable_bytes() == ()


def test_in_flight_imports_are_capped_by_slots_and_connections() -> None:
    """Four users with four slots over three connections per host stream three at a time."""
    setting = {"MAX_CONCURRENT_IMPORTS": "4", "HTTP_POOL_LIMIT_PER_HOST": "3", "HTTP_POOL_LIMIT": "15"}
    assert in_flight_most(4, setting) == 3
    assert in_flight_most(2, setting) == 2
    assert in_flight_most(9, {}) == 9


def test_columns_that_were_added_later_are_empty_in_older_records() -> None:
    """A record from before a column was added still reads, and tells nothing in that column."""
    later = {
        "refaults",
        "stalled_some_s",
        "stalled_full_s",
        "read_bytes",
        "written_bytes",
        "processes",
        "largest_bytes",
    }
    older = {name: column for name, column in samples((0.0, 1.0)).model_dump().items() if name not in later}
    read = type(NO_SAMPLES).model_validate(older)
    assert {getattr(read, name) for name in later} == {()}
    assert len(read.unreclaimable_bytes()) == 2
