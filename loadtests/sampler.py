"""Reads a trial's cgroup on absolute deadlines in a thread of its own and records how late each reading was.

It keeps what it read and concludes nothing. A peak that lasts less than an interval is likely to fall between two
readings; the highest resident set that the kernel keeps for a process (``process.vm_hwm_bytes``) bounds it from above.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from math import floor
from typing import TypeVar

from loadtests.cgroup import MemoryCgroup, Reading
from loadtests.members import Members, MembersReading
from loadtests.record import Samples

# A choice: an import of 500 games takes seconds, its batches about 100 ms; half the interval would double the cost.
INTERVAL_S = 0.05
_N = TypeVar("_N", int, float)


@dataclass(slots=True)
class _Rows:
    """What was read so far; rows are only ever added."""

    at_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    members: list[MembersReading] = field(default_factory=list)


class Sampler:
    """Samples one cgroup from ``start`` to ``stop``.

    ``cpu`` gives the cumulative processor time of the target's process tree, since version 1 need not count that in
    the cgroup of the memory controller. ``oom_event`` is set as soon as the kernel has killed a member, so that a
    trial can stop at once.
    """

    def __init__(self, cgroup: MemoryCgroup, interval_s: float = INTERVAL_S, *, cpu: Callable[[], float]) -> None:
        self.interval_s = interval_s
        self.oom_event = threading.Event()
        self._cgroup = cgroup
        self._cpu = cpu
        self._rows = _Rows()
        # Held until ``stop``: waiting for a lock costs the thread half of what waiting for an event does.
        self._running = threading.Lock()
        self._running.acquire()
        self._thread: threading.Thread | None = None
        self._thread_cpu_s: float | None = None
        self._failure: Exception | None = None

    @property
    def cpu_s(self) -> float | None:
        """Processor time the sampling itself has cost; None before the first reading."""
        return self._thread_cpu_s

    def start(self, origin_s: float) -> None:
        """Begin at once; readings are timed from *origin_s*, a value of ``time.monotonic()``."""
        self._thread = threading.Thread(target=self._run, args=(origin_s,), name="sampler", daemon=True)
        self._thread.start()

    def stop(self) -> Samples:
        """End sampling and give all readings.

        Raises:
            Exception: whatever a reading met with, for example that the cgroup is gone.
        """
        if self._thread is not None:
            self._running.release()
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            raise self._failure
        return _samples(self._rows)

    def _run(self, origin_s: float) -> None:
        try:
            with closing(Members(self._cgroup.entry_file)) as members:
                self._sample(origin_s, self._cgroup.oom_kills(), members)
        except Exception as error:  # noqa: BLE001 - raised again by `stop`, in the thread that can handle it
            self._failure = error

    def _sample(self, origin_s: float, kills_before: int, members: Members) -> None:
        start_s = time.monotonic()
        index = 0
        stopped = False
        while not stopped:  # the first reading is always taken, however early the stop
            deadline_s = start_s + index * self.interval_s
            taken_s = time.monotonic()
            self._rows.readings.append(self._cgroup.read())
            self._rows.cpu_s.append(self._cpu())
            self._rows.members.append(members.read())
            self._rows.at_s.append(taken_s - origin_s)
            self._rows.late_s.append(max(0.0, taken_s - deadline_s))
            if self._cgroup.oom_kills() > kills_before:
                self.oom_event.set()
            self._thread_cpu_s = time.thread_time()
            index = next_index(index, taken_s - start_s, self.interval_s)
            left_s = start_s + index * self.interval_s - time.monotonic()
            stopped = self._running.acquire(timeout=max(0.0, left_s))


def next_index(index: int, taken_s: float, interval_s: float) -> int:
    """Choose the deadline after number *index*, whose reading was taken at *taken_s* from the start.

    It is the first that lay in the future then; those a late reading missed are skipped. A reading that itself took
    long does not skip any: the next one is then taken at once and its lateness recorded, so that the time between two
    readings is never more than one interval and the lateness of the later one.
    """
    return max(index, floor(taken_s / interval_s)) + 1


def _samples(rows: _Rows) -> Samples:
    readings = rows.readings
    return Samples(
        at_s=tuple(rows.at_s),
        late_s=tuple(rows.late_s),
        used_bytes=tuple(reading.used_bytes for reading in readings),
        anon_bytes=tuple(reading.anon_bytes for reading in readings),
        shmem_bytes=tuple(reading.shmem_bytes for reading in readings),
        kernel_bytes=tuple(reading.kernel_bytes for reading in readings),
        socket_bytes=tuple(reading.socket_bytes for reading in readings),
        cache_bytes=tuple(reading.cache_bytes for reading in readings),
        inactive_file_bytes=tuple(reading.inactive_file_bytes for reading in readings),
        major_faults=tuple(reading.major_faults for reading in readings),
        cpu_s=tuple(rows.cpu_s),
        refaults=_told(reading.refaults for reading in readings),
        stalled_some_s=_told(reading.stalled_some_s for reading in readings),
        stalled_full_s=_told(reading.stalled_full_s for reading in readings),
        read_bytes=_told(seen.read_bytes for seen in rows.members),
        written_bytes=_told(seen.written_bytes for seen in rows.members),
        processes=tuple(seen.processes for seen in rows.members),
        largest_bytes=tuple(seen.largest_bytes for seen in rows.members),
    )


def _told(column: Iterable[_N | None]) -> tuple[_N, ...]:
    """Give a column that every reading has; none where one lacks it, as half a column passes for a whole one."""
    values = tuple(column)
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else ()
