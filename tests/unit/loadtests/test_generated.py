"""Promises of what is made of the generator's raw rows."""

from dataclasses import replace
from typing import Any

import pytest

from loadtests.generated import ProcessEnd, assemble
from loadtests.orders import Orders
from loadtests.rows import Ended, Import, Ready, Released, Request, Row

ORDERS = Orders(users=("ann", "bob"), games=10, time_limit_s=60.0, stagger_s=0.5)
LEFT = ProcessEnd(at_s=120.0, cpu_s=1.5, exit_code=0, asked=False, log_tail="", locust_version="2.0")
BEGUN: tuple[Row, ...] = (Ready(100.0, 0.4), Released(101.0, 0.5))


def watched(user: str, **latest: Any) -> Import:
    """An import that was accepted and came to its end."""
    answer = {"import_id": f"of-{user}", "queue_position": 0, "status": "completed", **latest}
    return Import(user, 101.0, 101.1, 101.2, 104.0, "completed", {**answer, "queue_position": 2}, answer)


def test_times_count_from_the_origin() -> None:
    """Every time of a row is moved to the trial's origin, and durations stay as they are."""
    rows = (
        *BEGUN,
        watched("ann"),
        watched("bob"),
        Request("GET /x", 102.0, 0.25, 200, None),
        Ended(104.0, 0.8, "finished"),
    )
    made = assemble(rows, ORDERS, LEFT, origin_s=100.0)
    assert (made.load_started_s, made.load_ended_s, made.wall_s) == (1.0, 4.0, 3.0)
    assert made.cpu_s == pytest.approx(0.3)
    assert made.start_up_cpu_s == 0.4
    assert (made.imports[0].scheduled_s, made.imports[0].done_s) == (1.0, 4.0)
    assert made.imports[0].accepted_s == pytest.approx(1.2)
    assert (made.requests[0].sent_s, made.requests[0].response_s) == (2.0, 0.25)
    assert made.outcome == "finished"


def test_waiting_for_a_processor_counts_from_the_release() -> None:
    """What the generator waited before the release is not the load's; without a count at both ends there is none."""
    released, ended = Released(101.0, 0.5, waited_s=2.0), Ended(104.0, 0.8, "finished", waited_s=2.75)
    assert assemble((released, ended), ORDERS, LEFT, 100.0).waited_s == pytest.approx(0.75)
    assert assemble((released,), ORDERS, LEFT, 100.0).waited_s is None
    assert assemble((released, replace(ended, waited_s=None)), ORDERS, LEFT, 100.0).waited_s is None


def test_the_queue_position_is_that_of_the_acceptance() -> None:
    """An import that waited keeps the place it was given at first, and takes all else from the latest answer."""
    rows = (*BEGUN, watched("ann", stored=7, duplicates=3, queue_wait_s=1.5), Ended(104.0, 0.8, "finished"))
    row = assemble(rows, ORDERS, LEFT, 100.0).imports[0]
    assert (row.queue_position, row.queue_wait_s, row.stored, row.duplicates, row.fetched) == (2, 1.5, 7, 3, None)


def test_the_last_row_of_an_import_counts() -> None:
    """An import is written again whenever it moves on; only its latest state is reported."""
    first = replace(watched("ann"), state="running", done_s=None)
    made = assemble((*BEGUN, first, watched("ann")), ORDERS, LEFT, 100.0)
    assert [row.state for row in made.imports] == ["completed", "unsent"]


@pytest.mark.parametrize("rows", [(), BEGUN[:1], BEGUN, (*BEGUN, watched("bob"))])
def test_every_user_has_a_row(rows: tuple[Row, ...]) -> None:
    """However early the generator was lost, each scheduled user is reported, in the order of the load."""
    made = assemble(rows, ORDERS, replace(LEFT, exit_code=-9), 100.0)
    assert [row.user for row in made.imports] == ["ann", "bob"]
    assert made.outcome == "failed"
    assert "-9" in made.message


def test_a_staggered_user_that_was_never_sent_keeps_its_schedule() -> None:
    """The schedule of a staggered start is known although nobody lived to keep it."""
    made = assemble(BEGUN, replace(ORDERS, start="staggered"), replace(LEFT, asked=True), 100.0)
    assert [(row.scheduled_s, row.sent_s, row.state) for row in made.imports] == [
        (1.0, None, "unsent"),
        (1.5, None, "unsent"),
    ]
    assert made.outcome == "stopped"


def test_a_killed_generator_still_tells_its_processor_time() -> None:
    """Without a last row the process's own account is used, less what it had spent before the release."""
    made = assemble(BEGUN, ORDERS, replace(LEFT, exit_code=-9), 100.0)
    assert made.cpu_s == 1.0
    assert made.load_ended_s == 20.0


def test_a_load_that_never_began_lasted_no_time() -> None:
    """Before the release there is no beginning, no end and no processor time of the load."""
    made = assemble(BEGUN[:1], ORDERS, replace(LEFT, asked=True), 100.0)
    assert (made.load_started_s, made.load_ended_s, made.cpu_s, made.wall_s) == (None, None, None, 0.0)


def test_time_running_out_is_told() -> None:
    """A load that met its time limit says how many imports were done and what the limit was."""
    made = assemble((*BEGUN, watched("ann"), Ended(161.0, 0.9, "timed_out")), ORDERS, LEFT, 100.0)
    assert made.outcome == "timed_out"
    assert made.message == "1 of 2 imports were watched to their end within the 60 s of the load."


def test_strange_figures_of_a_target_are_not_measurements() -> None:
    """What a target says in another form is left out, and the figures beside it stay."""
    rows = (*BEGUN, watched("ann", stored="lots", fetched=9, elapsed_s=float("nan"), rejected={"no": 1}))
    row = assemble(rows, ORDERS, LEFT, 100.0).imports[0]
    assert (row.stored, row.fetched, row.elapsed_s, row.rejected) == (None, 9, None, None)


def test_the_targets_own_reason_is_kept() -> None:
    """When the generator saw nothing wrong itself, the error of the import object is reported."""
    row = replace(watched("ann", error="no such player"), state="failed")
    made = assemble((*BEGUN, row, Ended(104.0, 0.8, "finished")), ORDERS, LEFT, 100.0)
    assert made.imports[0].error == "no such player"
