"""What is read off one trial's own record."""

import pytest

from loadtests.record import Ending, Phases, RequestRow, Samples, Trial
from reports.observation import Outcome, observe, without_slots
from tests.synthetic_evidence import flat, seen
from tests.synthetic_plan import MIB, RECOMMENDED, Planned, Scenario
from tests.synthetic_records import trial

PLAIN = trial(Scenario(), Planned("users", 3, RECOMMENDED))


def stepped(*levels_mib: float) -> Samples:
    readings = flat(0, len(levels_mib)).model_dump()
    return Samples.model_validate(readings | {"anon_bytes": tuple(round(level * MIB) for level in levels_mib)})


def changed(**changes: object) -> Trial:
    return PLAIN.model_copy(update=changes)


def test_the_peak_is_the_highest_unreclaimable_reading() -> None:
    """All four parts of unreclaimable memory count, at the instant at which their sum is highest."""
    columns = flat(10, 3).model_dump() | {
        "kernel_bytes": (1, 2, 3),
        "socket_bytes": (0, 5, 0),
        "shmem_bytes": (0, 1, 0),
    }
    observed = observe(changed(samples=Samples.model_validate(columns)))
    assert observed.peak_bytes == 10 * MIB + 8
    assert observed.peak_at_s == pytest.approx(0.1)


def test_the_base_is_the_median_of_the_idle_server() -> None:
    """Only readings between ready and load make the base, and one outlier among them does not move it."""
    phases = Phases(process_started_s=0.0, ready_s=0.1, load_started_s=0.4, load_ended_s=0.5, stopped_s=0.6)
    observed = observe(changed(samples=stepped(5, 60, 99, 60, 70, 70), phases=phases))
    assert observed.base_bytes == 60 * MIB


def test_a_server_that_was_never_ready_has_no_base() -> None:
    """Without readiness, or without a reading while idle, there is no base rather than a base of zero."""
    never = Phases(process_started_s=0.0, ready_s=None, load_started_s=None, load_ended_s=None, stopped_s=0.6)
    unread = Phases(process_started_s=0.0, ready_s=0.55, load_started_s=None, load_ended_s=None, stopped_s=0.6)
    for phases in (never, unread):
        assert observe(changed(samples=stepped(5, 6), phases=phases)).base_bytes is None


def test_a_trial_killed_before_its_load_still_has_a_base() -> None:
    """When the load never began, all readings of the ready server are idle ones."""
    phases = Phases(process_started_s=0.0, ready_s=0.1, load_started_s=None, load_ended_s=None, stopped_s=0.6)
    assert observe(changed(samples=stepped(5, 60, 60), phases=phases)).base_bytes == 60 * MIB


def test_no_readings_give_no_peak() -> None:
    """A trial that ended before its first reading has no peak rather than a peak of zero."""
    observed = observe(changed(samples=flat(0, 0)))
    assert observed.peak_bytes is None
    assert observed.peak_at_s is None
    assert observed.tail_slope_bytes_per_s is None


def test_the_plateau_is_looked_for_while_all_imports_run() -> None:
    """The slope is that of the last third before the first import is done; it needs five readings."""
    rising = observe(
        changed(samples=stepped(*range(30)), imports=tuple(done_at(2.9) for _ in range(2)), phases=loaded())
    )
    assert rising.tail_slope_bytes_per_s == pytest.approx(10 * MIB)
    few = observe(changed(samples=stepped(*range(9)), imports=(done_at(0.8),), phases=loaded()))
    assert few.tail_slope_bytes_per_s is None
    unfinished = observe(changed(imports=(), phases=loaded()))
    assert unfinished.tail_slope_bytes_per_s is None


def done_at(done_s: float) -> object:
    return PLAIN.imports[0].model_copy(update={"done_s": done_s})


def loaded() -> Phases:
    return Phases(process_started_s=0.0, ready_s=0.0, load_started_s=0.0, load_ended_s=2.9, stopped_s=3.0)


def test_throughput_is_of_all_imports_over_the_whole_span() -> None:
    """Games a second run from the first request to the last import done, and need every import to be complete."""
    rows = [PLAIN.imports[0].model_copy(update={"sent_s": 1.0 + n, "done_s": 5.0 + n, "stored": 500}) for n in range(2)]
    observed = observe(changed(imports=tuple(rows)))
    assert observed.wall_s == pytest.approx(5.0)
    assert observed.games_per_s == pytest.approx(200.0)
    half_done = (rows[0], rows[1].model_copy(update={"state": "running"}))
    assert observe(changed(imports=half_done)).wall_s is None
    assert observe(changed(imports=())).wall_s is None
    uncounted = (rows[0], rows[1].model_copy(update={"stored": None}))
    assert observe(changed(imports=uncounted)).games_per_s is None


def test_failed_requests_are_counted_and_the_rest_is_let_go() -> None:
    """Samples and requests, the bulk of a record, are reduced to their figures."""
    failed = RequestRow(name="GET /", sent_s=0.0, response_s=0.1, status=None, error="refused")
    observed = observe(changed(requests=(*PLAIN.requests, failed)))
    assert observed.failed_requests == 1
    assert observed.trial.requests == ()
    assert observed.trial.samples.at_s == ()


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_an_outcome(ending: Ending) -> None:
    """Only a completed trial passed, only an untrustworthy one is void, and every other failed."""
    void = (Ending.INVALID, Ending.GENERATOR_SATURATED)
    wanted = Outcome.VOID if ending in void else Outcome.FAILED
    assert seen(ending=ending).outcome is (Outcome.PASSED if ending is Ending.COMPLETED else wanted)


def test_slots_are_no_part_of_how_an_import_works() -> None:
    """What decides how many run at once is left out of what must be equal for trials to be compared."""
    assert without_slots(RECOMMENDED) == {
        "IMPORT_BATCH_SIZE": "50",
        "EXISTING_GAMES_PAGE_SIZE": "2000",
        "GC_EVERY_GAMES": "200",
    }
