"""One watch from its first look to its report: looks on absolute deadlines, each written down before the next.

Whatever ends it, what was seen is on disk and the report is written from that.
"""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO
from urllib.parse import urlsplit

from loadtests.errors import UsageError
from loadtests.sampler import next_index
from loadtests.watch.checklist import Check, Tally, add, checklist
from loadtests.watch.looks import Look, MemorySeen, Thresholds, WatchEnd, WatchRun, from_lines, to_line
from loadtests.watch.memory import CgroupGauge, Gauge, ProcessGauge
from loadtests.watch.page import page
from loadtests.watch.server import Follower

RECORD, REPORT = "watch.jsonl", "watch.md"
Tell = Callable[[WatchRun, Tally, Look], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to watch, for how long, and where to write it down."""

    pid: int | None
    cgroup: Path | None
    url: str | None
    token: str | None  # never written down
    thresholds: Thresholds
    every_s: float
    for_s: float
    out: Path


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch came to."""

    checks: tuple[Check, ...]
    interrupted: bool
    record: Path
    report: Path


class _Eyes:
    """Everything that is looked at."""

    def __init__(self, gauge: Gauge | None, follower: Follower | None) -> None:
        self.gauge = gauge
        self.follower = follower

    def look(self, at_s: float, late_s: float) -> Look:
        """Take one look; the server tells its memory only where nothing better does."""
        memory = None if self.gauge is None else self.gauge.look()
        server = None if self.follower is None else self.follower.look()
        if memory is None and self.follower is not None and self.follower.tells_memory:
            memory = MemorySeen(gauge="told", bytes=self.follower.resident_bytes())
        return Look(at_s=at_s, late_s=late_s, memory=memory, server=server)


def watch(order: Order, tell: Tell) -> Watched:
    """Watch until the time is up, what is watched is gone, or someone interrupts.

    Raises:
        UsageError: what is to be watched is not there, or may not be read.
        TargetUnusable: nothing answers at the address.
    """
    with _eyes(order) as eyes:
        run = _run(order, eyes)
        with _record(order.out) as file:
            why = _look_on(order, run, eyes, file, tell)
    return _reported(order, why)


def _record(out: Path) -> TextIO:
    """Begin the record."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        return (out / RECORD).open("x", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}. Name another folder with --out.") from error


def _look_on(order: Order, run: WatchRun, eyes: _Eyes, file: TextIO, tell: Tell) -> str:
    origin_s = time.monotonic()
    file.write(to_line(run))
    why: Literal["time is up", "interrupted", "what was watched is gone"] = "time is up"
    seen = Tally()
    try:
        for late_s in _deadlines(origin_s, order.every_s, order.for_s):
            look = eyes.look(time.monotonic() - origin_s, late_s)
            file.write(to_line(look))
            file.flush()
            seen = add(seen, look)
            tell(run, seen, look)
            if seen.died_at_s is not None:
                why = "what was watched is gone"
                break
    except KeyboardInterrupt:
        why = "interrupted"
    file.write(to_line(WatchEnd(at_s=time.monotonic() - origin_s, why=why)))
    return why


def _deadlines(origin_s: float, every_s: float, for_s: float) -> Iterator[float]:
    """Wait for each deadline, the first at once, and yield how late it became; the last is the end itself."""
    index = 0
    while index * every_s <= for_s:
        time.sleep(max(0.0, origin_s + index * every_s - time.monotonic()))
        taken_s = time.monotonic() - origin_s
        yield max(0.0, taken_s - index * every_s)
        index = next_index(index, taken_s, every_s)


def _reported(order: Order, why: str) -> Watched:
    """Write the report from what is on disk, and nothing else."""
    record, report = order.out / RECORD, order.out / REPORT
    with record.open(encoding="utf-8") as file:
        lines = list(from_lines(file))
    [run] = [line for line in lines if isinstance(line, WatchRun)]
    [end] = [line for line in lines if isinstance(line, WatchEnd)]
    looks = [line for line in lines if isinstance(line, Look)]
    report.write_text(page(run, looks, end), encoding="utf-8")
    seen = Tally()
    for look in looks:
        seen = add(seen, look)
    return Watched(checklist(run, seen), why == "interrupted", record, report)


@contextmanager
def _eyes(order: Order) -> Iterator[_Eyes]:
    if (order.out / RECORD).exists():
        raise UsageError(f"--out {order.out} holds the record of another watch. Name another folder.")
    with ExitStack() as stack:
        gauge: Gauge | None = None
        if order.cgroup is not None:
            gauge = CgroupGauge(order.cgroup)
        elif order.pid is not None:
            gauge = ProcessGauge(order.pid)
        if gauge is not None:
            stack.callback(gauge.close)
        follower = None if order.url is None else Follower(order.url, order.token)
        if follower is not None:
            stack.callback(follower.close)
        yield _Eyes(gauge, follower)


def _run(order: Order, eyes: _Eyes) -> WatchRun:
    words = [] if eyes.gauge is None else [eyes.gauge.words]
    if order.url is not None:
        parts = urlsplit(order.url)
        words.append(f"imports at {parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return WatchRun(
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        watched=tuple(words),
        kernel=platform.release(),
        every_s=order.every_s,
        for_s=order.for_s,
        thresholds=order.thresholds,
        watches_memory=eyes.gauge is not None or bool(eyes.follower and eyes.follower.tells_memory),
        watches_kills=eyes.gauge is not None and eyes.gauge.counts_kills,
        watches_imports=bool(eyes.follower and eyes.follower.lists_imports),
    )
