"""Decides the published checklist from the looks of a watch; sees no process and no clock. Pure.

A threshold that was never put to the test is not kept: three imports that never ran at once prove nothing about three.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from loadtests.watch.looks import Look, MemorySeen, ServerSeen, Thresholds, WatchRun

BYTES_PER_MIB = 1024 * 1024
UNFINISHED = ("queued", "running")
# A choice: one look without an answer may be a busy moment or a deploy's hand-over; three in a row are an outage.
SILENT_LOOKS_MOST = 3
# Exit codes of this program: README, "Use".
KEPT, BROKEN, NOTHING_MEASURED = 0, 10, 12


class State(StrEnum):
    """How far a line of the checklist has come; a closed list."""

    KEPT = "kept"  # put to the test and kept so far
    BROKEN = "broken"
    UNSHOWN = "not shown"  # nothing has put it to the test yet
    UNWATCHED = "not watched"  # what was given to watch cannot tell


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    name: str
    state: State
    seen: str  # the figures that decided, for people


@dataclass(frozen=True, slots=True)
class Tally:
    """What all looks so far come to."""

    looks: int = 0
    peak_bytes: int | None = None
    peak_at_s: float | None = None
    kernel_peak_bytes: int | None = None  # the kernel's own count; only where it rose while it was watched
    first_kernel_peak_bytes: int | None = None
    last: MemorySeen | None = None
    first_kills: int | None = None
    kills: int = 0
    first_machine_kills: int | None = None
    machine_kills: int = 0
    died_at_s: float | None = None
    answers: int = 0
    silent_looks: int = 0  # in a row, up to now
    longest_silence_looks: int = 0
    at_once_most: int = 0
    statuses: dict[str, str] = field(default_factory=dict)  # last word on every import that was seen under way
    faults: dict[str, str] = field(default_factory=dict)  # what an import that did not complete said
    longest_s: float | None = None
    longest_id: str = ""

    def count(self, status: str) -> int:
        """Count the imports whose last word this is."""
        return sum(word == status for word in self.statuses.values())


def tally(looks: Iterable[Look]) -> Tally:
    """Sum looks up."""
    summed = Tally()
    for look in looks:
        summed = add(summed, look)
    return summed


def add(before: Tally, look: Look) -> Tally:
    """Sum one more look up."""
    after = replace(before, looks=before.looks + 1)
    if look.memory is not None:
        after = _with_kills(_with_memory(after, look.at_s, look.memory), look.memory)
    return after if look.server is None else _with_server(after, look.server)


def checklist(run: WatchRun, seen: Tally) -> tuple[Check, ...]:
    """Return the checklist as it stands."""
    limits = run.thresholds
    return (
        _memory(run, seen, limits),
        _kills(run, seen),
        _up(seen),
        _complete(run, seen),
        _duration(run, seen, limits),
    )


def exit_code(checks: Iterable[Check]) -> int:
    """Choose the exit code: kept only where everything that is watched was put to the test and kept."""
    states = {check.state for check in checks} - {State.UNWATCHED}
    if State.BROKEN in states:
        return BROKEN
    return KEPT if states == {State.KEPT} else NOTHING_MEASURED


def _with_memory(before: Tally, at_s: float, seen: MemorySeen) -> Tally:
    after = before
    if seen.bytes is not None and (before.peak_bytes is None or seen.bytes > before.peak_bytes):
        after = replace(after, peak_bytes=seen.bytes, peak_at_s=at_s)
    if seen.bytes is not None:
        after = replace(after, last=seen)
    if not seen.alive and before.died_at_s is None:
        after = replace(after, died_at_s=at_s)
    return _with_kernel_peak(after, seen.kernel_peak_bytes)


def _with_kernel_peak(before: Tally, peak_bytes: int | None) -> Tally:
    """Keep the kernel's own peak, but not one that is older than the watch."""
    if peak_bytes is None:
        return before
    if before.first_kernel_peak_bytes is None:
        return replace(before, first_kernel_peak_bytes=peak_bytes)
    if peak_bytes > before.first_kernel_peak_bytes:
        return replace(before, kernel_peak_bytes=max(peak_bytes, before.kernel_peak_bytes or 0))
    return before


def _with_kills(before: Tally, seen: MemorySeen) -> Tally:
    after = before
    if seen.oom_kills is not None:
        first = seen.oom_kills if before.first_kills is None else before.first_kills
        after = replace(after, first_kills=first, kills=max(before.kills, seen.oom_kills - first))
    if seen.machine_oom_kills is not None:
        first = seen.machine_oom_kills if before.first_machine_kills is None else before.first_machine_kills
        after = replace(after, first_machine_kills=first, machine_kills=seen.machine_oom_kills - first)
    return after


def _with_server(before: Tally, seen: ServerSeen) -> Tally:
    if not seen.answered:
        silent = before.silent_looks + 1
        return replace(before, silent_looks=silent, longest_silence_looks=max(silent, before.longest_silence_looks))
    after = replace(
        before,
        answers=before.answers + 1,
        silent_looks=0,
        at_once_most=max(before.at_once_most, seen.running or 0),
        statuses={**before.statuses, **{item.import_id: item.status for item in seen.imports}},
        faults={**before.faults, **{item.import_id: item.error for item in seen.imports if item.error}},
    )
    for item in seen.imports:
        if item.elapsed_s is not None and item.elapsed_s > (after.longest_s or -1.0):
            after = replace(after, longest_s=item.elapsed_s, longest_id=item.import_id)
    return after


def _memory(run: WatchRun, seen: Tally, limits: Thresholds) -> Check:
    together = f" with {limits.imports_at_once} imports at once" if run.watches_imports else ""
    name = f"memory stays under {_mib(limits.peak_bytes)}{together}"
    if not run.watches_memory:
        return Check(name, State.UNWATCHED, "no memory is watched")
    if seen.peak_bytes is None or seen.last is None:
        return Check(name, State.UNSHOWN, "no reading yet")
    told = f"{_mib(seen.peak_bytes)} {seen.last.gauge} at most, after {seen.peak_at_s or 0.0:.0f} s"
    if seen.kernel_peak_bytes is not None:
        told += f" (the kernel's own peak, files included: {_mib(seen.kernel_peak_bytes)})"
    if run.watches_imports:
        told += f", {seen.at_once_most} imports at once at most"
    if seen.peak_bytes >= limits.peak_bytes:
        return Check(name, State.BROKEN, told)
    tested = not run.watches_imports or seen.at_once_most >= limits.imports_at_once
    return Check(name, State.KEPT if tested else State.UNSHOWN, told)


def _kills(run: WatchRun, seen: Tally) -> Check:
    name = "nothing is killed for want of memory"
    if not run.watches_kills:
        return Check(name, State.UNWATCHED, "no counter of kills can be read")
    if seen.kills:
        return Check(name, State.BROKEN, f"{seen.kills} killed in its cgroup")
    if seen.died_at_s is not None and seen.machine_kills:
        return Check(name, State.BROKEN, f"it is gone, and the machine killed {seen.machine_kills} for want of memory")
    if seen.first_kills is None and seen.first_machine_kills is None:
        return Check(name, State.UNSHOWN, "no reading yet")
    told = "none" if seen.first_kills is not None else "none of its own"
    elsewhere = f", {seen.machine_kills} elsewhere on the machine" if seen.machine_kills else ""
    return Check(name, State.KEPT, told + elsewhere)


def _up(seen: Tally) -> Check:
    name = "the server stays up"
    if seen.died_at_s is not None:
        return Check(name, State.BROKEN, f"gone after {seen.died_at_s:.0f} s")
    if seen.longest_silence_looks >= SILENT_LOOKS_MOST:
        return Check(name, State.BROKEN, f"no answer {seen.longest_silence_looks} times in a row")
    if not seen.looks:
        return Check(name, State.UNSHOWN, "no look yet")
    return Check(name, State.KEPT, f"{seen.looks} looks")


def _complete(run: WatchRun, seen: Tally) -> Check:
    name = "every import completes"
    if not run.watches_imports:
        return Check(name, State.UNWATCHED, "no imports are watched: give --url")
    told = ", ".join(
        f"{count} {word}"
        for word in ("completed", "failed", "lost", "cancelled", *UNFINISHED)
        if (count := seen.count(word))
    )
    if seen.count("failed") or seen.count("lost"):
        where = [name for name, word in seen.statuses.items() if word in {"failed", "lost"}]
        why = seen.faults.get(where[0], "the server knows it no more")
        return Check(name, State.BROKEN, f"{told}; {where[0]}: {why}")
    return Check(name, State.KEPT if seen.count("completed") else State.UNSHOWN, told or "no import yet")


def _duration(run: WatchRun, seen: Tally, limits: Thresholds) -> Check:
    name = f"no import takes over {limits.import_within_s:g} s"
    if not run.watches_imports:
        return Check(name, State.UNWATCHED, "no imports are watched: give --url")
    if seen.longest_s is None:
        return Check(name, State.UNSHOWN, "no import yet")
    told = f"{seen.longest_s:.1f} s at most ({seen.longest_id}), without waiting"
    if seen.longest_s > limits.import_within_s:
        return Check(name, State.BROKEN, told)
    return Check(name, State.KEPT if seen.count("completed") else State.UNSHOWN, told)


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / BYTES_PER_MIB:.1f} MiB"
