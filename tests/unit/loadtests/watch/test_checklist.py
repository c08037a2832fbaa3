"""Promises about what the looks of a watch come to."""

from typing import Any

import pytest

from loadtests.record import RecordUnreadable
from loadtests.watch.checklist import Check, State, add, checklist, exit_code, tally
from loadtests.watch.looks import (
    ImportSeen,
    Look,
    MemorySeen,
    ServerSeen,
    Thresholds,
    WatchEnd,
    WatchRun,
    from_lines,
    to_line,
)
from loadtests.watch.page import page

MIB = 2**20
LIMITS = Thresholds(peak_bytes=500 * MIB, imports_at_once=3, import_within_s=120.0)
RUN = WatchRun(
    started_at="2026-11-23T10:00:00+00:00",
    watched=("process 7 and its descendants", "imports at http://127.0.0.1:8000"),
    kernel="6.1",
    every_s=1.0,
    for_s=3600.0,
    thresholds=LIMITS,
    watches_memory=True,
    watches_kills=True,
    watches_imports=True,
)
MEMORY, KILLS, UP, COMPLETE, DURATION = range(5)


def memory(mib: float | None, **more: Any) -> MemorySeen:
    size = None if mib is None else round(mib * MIB)
    return MemorySeen(gauge="proportional", bytes=size, **{"oom_kills": 2, "machine_oom_kills": 5, **more})


def item(name: str, status: str, elapsed_s: float | None = 1.0, error: str | None = None) -> ImportSeen:
    return ImportSeen(import_id=name, status=status, elapsed_s=elapsed_s, error=error)


def server(*items: ImportSeen) -> ServerSeen:
    running = sum(one.status == "running" for one in items)
    return ServerSeen(answered=True, running=running, queued=0, imports=items)


SILENT = ServerSeen(answered=False)
THREE = server(item("a", "running"), item("b", "running"), item("c", "running"))
DONE = server(item("a", "completed", 9.0), item("b", "completed", 30.5), item("c", "completed", 8.0))


def looks(*seen: tuple[MemorySeen | None, ServerSeen | None]) -> tuple[Look, ...]:
    return tuple(Look(at_s=float(at), late_s=0.0, memory=mem, server=srv) for at, (mem, srv) in enumerate(seen))


def checks(*seen: tuple[MemorySeen | None, ServerSeen | None], run: WatchRun = RUN) -> tuple[Check, ...]:
    return checklist(run, tally(looks(*seen)))


def states(found: tuple[Check, ...]) -> list[State]:
    return [check.state for check in found]


def test_a_good_hour_is_kept() -> None:
    """Three imports at once that complete in time under the limit tick every line, and a script sees 0."""
    found = checks((memory(80), server()), (memory(140), THREE), (memory(100), DONE))
    assert states(found) == [State.KEPT] * 5
    assert "140.0 MiB proportional at most, after 1 s, 3 imports at once at most" in found[MEMORY].seen
    assert found[DURATION].seen == "30.5 s at most (b), without waiting"
    assert found[COMPLETE].seen == "3 completed"
    assert exit_code(found) == 0


def test_nothing_seen_proves_nothing() -> None:
    """Before the first look, and without imports, no line is kept by default."""
    assert states(checks()) == [State.UNSHOWN] * 5
    found = checks((memory(80), server()))
    assert states(found) == [State.UNSHOWN, State.KEPT, State.KEPT, State.UNSHOWN, State.UNSHOWN]
    assert exit_code(found) == 12


def test_two_imports_say_nothing_about_three() -> None:
    """Memory below the limit counts only once as many imports ran at once as the limit is for."""
    two = server(item("a", "running"), item("b", "running"))
    assert checks((memory(80), two))[MEMORY].state is State.UNSHOWN
    assert checks((memory(501), two))[MEMORY].state is State.BROKEN


@pytest.mark.parametrize(("mib", "state"), [(499.9, State.KEPT), (500, State.BROKEN), (700, State.BROKEN)])
def test_memory_must_stay_under_the_limit(mib: float, state: State) -> None:
    """The highest reading decides, and reaching the limit is not staying under it."""
    found = checks((memory(80), THREE), (memory(mib), DONE), (memory(80), server()))
    assert found[MEMORY].state is state
    assert exit_code(found) == (10 if state is State.BROKEN else 0)


def test_the_kernels_peak_is_told_only_when_it_rose() -> None:
    """A peak from before the watch is not this watch's; one that rose meanwhile is shown beside the readings."""
    old = checks((memory(80, kernel_peak_bytes=900 * MIB), THREE), (memory(80, kernel_peak_bytes=900 * MIB), DONE))
    assert "kernel" not in old[MEMORY].seen
    rose = [memory(80, kernel_peak_bytes=size * MIB) for size in (90, 120, 110)]
    found = checks(*((one, THREE) for one in rose))
    assert "(the kernel's own peak, files included: 120.0 MiB)" in found[MEMORY].seen


def test_only_kills_during_the_watch_count() -> None:
    """Counters begin where the watch does; one more kill breaks the line."""
    found = checks((memory(80), None), (memory(80, oom_kills=3), None))
    assert found[KILLS] == Check("nothing is killed for want of memory", State.BROKEN, "1 killed in its cgroup")


def test_a_kill_elsewhere_is_told_and_not_charged() -> None:
    """The machine's counter breaks the line only when what was watched is gone, and says so where it is not."""
    elsewhere = checks((memory(80), None), (memory(80, machine_oom_kills=6), None))
    assert elsewhere[KILLS].state is State.KEPT
    assert elsewhere[KILLS].seen == "none, 1 elsewhere on the machine"
    gone = checks(
        (memory(80, oom_kills=None), None), (memory(None, oom_kills=None, machine_oom_kills=6, alive=False), None)
    )
    assert gone[KILLS].state is State.BROKEN
    assert gone[UP].seen == "gone after 1 s"
    machine_only = checks((memory(80, oom_kills=None), None))
    assert machine_only[KILLS].seen == "none of its own"
    uncounted = checks((memory(80, oom_kills=None, machine_oom_kills=None), None))
    assert uncounted[KILLS].state is State.UNSHOWN


def test_a_death_is_a_result() -> None:
    """What is gone has not stayed up, the last reading stays, and when it was first gone is when it died."""
    dead = memory(None, alive=False)
    found = checks((memory(80), THREE), (dead, SILENT), (dead, SILENT))
    assert found[UP] == Check("the server stays up", State.BROKEN, "gone after 1 s")
    assert found[KILLS].state is State.KEPT
    assert "80.0 MiB" in found[MEMORY].seen
    assert exit_code(found) == 10


def test_an_outage_is_three_looks_in_a_row() -> None:
    """Single looks without an answer are forgiven however many there are; three in a row are an outage."""
    patchy = checks(*((None, one) for one in (server(), SILENT, SILENT, server(), SILENT, server())))
    assert patchy[UP].state is State.KEPT
    out = checks(*((None, one) for one in (server(), SILENT, SILENT, SILENT, server())))
    assert out[UP].seen == "no answer 3 times in a row"
    assert out[UP].state is State.BROKEN


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (item("c", "failed", 2.0, "no such player"), "c: no such player"),
        (item("c", "lost", None), "c: the server knows it no more"),
    ],
)
def test_every_import_must_complete(end: ImportSeen, why: str) -> None:
    """One that failed, or that the server lost, breaks the line and is named with its reason."""
    found = checks((memory(80), THREE), (memory(80), server(item("a", "completed"), item("b", "completed"), end)))
    assert found[COMPLETE].state is State.BROKEN
    assert found[COMPLETE].seen.endswith(why)


def test_cancelling_is_no_failure() -> None:
    """An import that its user cancelled, or that is still at work, is told and breaks nothing."""
    found = checks((None, THREE), (None, server(item("a", "completed"), item("b", "cancelled"))))
    assert found[COMPLETE].state is State.KEPT
    assert found[COMPLETE].seen == "1 completed, 1 cancelled, 1 running"


def test_an_import_is_late_while_it_still_runs() -> None:
    """The time limit is broken as soon as it is passed, and not only once the import is done."""
    assert checks((None, server(item("a", "running", 120.5))))[DURATION].state is State.BROKEN
    assert checks((None, server(item("a", "running", 119.5))))[DURATION].state is State.UNSHOWN
    assert checks((None, server(item("a", "queued", None))))[DURATION].seen == "no import yet"


def test_what_cannot_be_seen_is_said_and_does_not_decide() -> None:
    """Without an address imports are not watched, without memory neither it nor kills; the rest decides."""
    alone = RUN.model_copy(update={"watches_imports": False})
    found = checks((memory(80), None), run=alone)
    assert states(found) == [State.KEPT, State.KEPT, State.KEPT, State.UNWATCHED, State.UNWATCHED]
    assert exit_code(found) == 0
    assert "imports" not in found[MEMORY].name
    blind = RUN.model_copy(update={"watches_memory": False, "watches_kills": False})
    found = checks((None, THREE), (None, DONE), run=blind)
    assert states(found) == [State.UNWATCHED, State.UNWATCHED, State.KEPT, State.KEPT, State.KEPT]
    assert exit_code(found) == 0
    assert exit_code(()) == 12


def test_looks_can_be_summed_one_by_one() -> None:
    """Summing as looks come gives what summing the record gives, also after a way through its lines."""
    taken = looks((memory(80), THREE), (memory(90), SILENT), (memory(85), DONE))
    lines = [to_line(RUN), "\n", *map(to_line, taken), to_line(WatchEnd(at_s=3.0, why="time is up"))]
    back = [line for line in from_lines(lines) if isinstance(line, Look)]
    summed = tally(())
    for look in back:
        summed = add(summed, look)
    assert tuple(back) == taken
    assert summed == tally(taken)


def test_a_line_of_another_form_is_refused() -> None:
    """A line that is no line of a watch is refused with its number."""
    with pytest.raises(RecordUnreadable, match="line 2"):
        list(from_lines([to_line(RUN), '{"kind": "look"}\n']))


def test_the_report_says_whether_memory_grew() -> None:
    """Growth is told with its interval, and is not called growth where it may be none."""
    rising = page(RUN, looks(*((memory(80 + number), None) for number in range(60))), None)
    assert "Memory grew by 3600.0 MiB an hour (95 %: 3600.0 to 3600.0)." in rising
    steady = page(RUN, looks(*((memory(80 + number % 2), None) for number in range(60))), None)
    assert "that it grows is not shown" in steady


def test_the_report_is_the_checklist_in_words() -> None:
    """The page says how it went, each line with its figures, why it ended and what the figure is."""
    taken = looks((memory(80, processes=2), THREE), (memory(90, processes=2), DONE))
    text = page(RUN, taken, WatchEnd(at_s=1.5, why="time is up"))
    assert "The checklist was kept." in text
    assert text.count("- [x] ") == 5
    assert "it ended because time is up." in text
    assert "Processes in the last look: 2." in text
    assert "PSS" in text
    cut = page(RUN, taken[:1], None)
    assert "the watch was killed" in cut
    assert "not shown in full" in cut
    assert "it was interrupted" in page(RUN, looks((None, server())), WatchEnd(at_s=0.0, why="interrupted"))
    assert "for 0.0 s" in page(RUN, (), None)
    assert "processes" not in page(RUN, looks((memory(80), None)), None).split("Memory is")[1].split("- ")[1]
