"""Writes the short report of a watch, in Markdown, from its record alone. Pure."""

from collections.abc import Sequence

from loadtests.settling import leak_slope
from loadtests.watch.checklist import BYTES_PER_MIB, Check, State, checklist, exit_code, tally
from loadtests.watch.looks import Look, WatchEnd, WatchRun

S_PER_H = 3600
MARKS = {State.KEPT: "x", State.BROKEN: " ", State.UNSHOWN: " ", State.UNWATCHED: " "}
WORDS = {0: "kept", 10: "**broken**", 12: "not shown in full"}
GAUGES = {
    "unreclaimable": "what the cgroup holds and the kernel could not free",
    "proportional": "what the process and its descendants hold, shared pages divided among those who share them (PSS)",
    "resident": "the resident sets of the process and its descendants, shared pages counted in each: slightly high",
    "told": "the resident set that the server tells of itself; what its children hold is not in it",
}


def page(run: WatchRun, looks: Sequence[Look], end: WatchEnd | None) -> str:
    """Return the report; without *end* the watch was killed."""
    seen = tally(looks)
    checks = checklist(run, seen)
    lasted_s = end.at_s if end else (looks[-1].at_s if looks else 0.0)
    late_s = max((look.late_s for look in looks), default=0.0)
    watched = f"{'; '.join(run.watched)}, from {run.started_at} for {lasted_s:.1f} s of {run.for_s:g} s"
    lines = [
        "# Watch",
        "",
        f"The checklist was {WORDS[exit_code(checks)]}.",
        "",
        *(_line(check) for check in checks),
        "",
        f"- Watched: {watched}; it ended because {_why(end)}.",
        f"- Looks: {len(looks)}, one every {run.every_s:g} s, at most {late_s:.2f} s late; peaks between are missed.",
    ]
    if seen.last is not None:
        lines.append(f"- Memory is {GAUGES[seen.last.gauge]}.")
    if seen.last is not None and seen.last.processes is not None:
        lines.append(f"- Processes in the last look: {seen.last.processes}.")
    lines += _growth(looks)
    lines.append(f"- Kernel {run.kernel}.")
    return "\n".join(lines) + "\n"


def _line(check: Check) -> str:
    return f"- [{MARKS[check.state]}] {check.name}: **{check.state}**, {check.seen}"


def _growth(looks: Sequence[Look]) -> list[str]:
    """Say whether memory has grown from beginning to end, which work under way at the end does too."""
    points = [
        (look.at_s / S_PER_H, look.memory.bytes) for look in looks if look.memory and look.memory.bytes is not None
    ]
    slope = leak_slope(points)
    if slope is None:
        return []
    low, high = slope.low_per_x / BYTES_PER_MIB, slope.high_per_x / BYTES_PER_MIB
    doubt = "" if slope.rises() else "; that it grows is not shown"
    return [f"- Memory grew by {slope.per_x / BYTES_PER_MIB:.1f} MiB an hour (95 %: {low:.1f} to {high:.1f}){doubt}."]


def _why(end: WatchEnd | None) -> str:
    if end is None:
        return "the watch was killed"
    return "it was interrupted" if end.why == "interrupted" else end.why
