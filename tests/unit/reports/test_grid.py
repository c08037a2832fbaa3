"""Whether batch and page size matter."""

from itertools import product

import pytest

from loadtests.record import Ending
from reports.grid import BATCH, PAGE, grid
from reports.observation import Observation
from tests.synthetic_evidence import evidence, seen, straight
from tests.synthetic_plan import MIB, RECOMMENDED


def cell(
    batch: int, page: int, users: int = 3, peak_mib: float | None = None, ending: Ending = Ending.COMPLETED
) -> Observation:
    """A grid trial that needs 1 MiB + 0.01 a game of batch + 0.0001 an id of page an import, unless told otherwise."""
    wobble = 0.01 * ((batch + page) % 3 - 1)
    peak = 60 + users * (1 + 0.01 * batch + 0.0001 * page) + wobble if peak_mib is None else peak_mib
    setting = RECOMMENDED | {BATCH: str(batch), PAGE: str(page), "MAX_CONCURRENT_IMPORTS": str(users)}
    setting |= {"HTTP_POOL_LIMIT_PER_HOST": str(max(users, 3))}
    return seen(users, peak, ending, series=("grid",), setting=setting)


FULL = [cell(batch, page) for batch, page in product((30, 50, 100), (1000, 2000, 10000))]


def test_a_run_without_a_grid_has_none() -> None:
    """No batch x page series, or one without these knobs, is told apart from an empty map."""
    assert grid(evidence(straight())) is None
    assert grid(evidence([seen(3, series=("grid",), setting={})])) is None


def test_savings_are_those_of_the_data() -> None:
    """The published steps save what the trials were made with, an import, with the truth in the interval."""
    found = grid(evidence(FULL))
    assert found is not None
    batch, page = found.savings
    assert (batch.knob, batch.larger, batch.smaller) == (BATCH, 100, 50)
    assert (page.knob, page.larger, page.smaller) == (PAGE, 10000, 2000)
    assert batch.per_import_bytes.value == pytest.approx(0.5 * MIB, rel=0.1)
    assert page.per_import_bytes.low < 0.8 * MIB < page.per_import_bytes.high
    assert batch.is_told_from_nothing


def test_several_levels_give_the_same_savings() -> None:
    """Trials at one to three users are one fit, in which savings are still those of one import."""
    found = grid(
        evidence(
            [*FULL, *(cell(batch, page, users) for batch in (30, 100) for page in (1000, 10000) for users in (1, 2))]
        )
    )
    assert found is not None
    assert found.users == 3
    assert found.savings[0].per_import_bytes.value == pytest.approx(0.5 * MIB, rel=0.1)
    assert len(found.cells) == 9


def test_nothing_is_told_where_chance_is_larger() -> None:
    """When cells differ only by noise, the interval holds no saving at all."""
    noise = iter((66.0, 66.5, 66.2, 66.4, 66.1, 66.3, 66.5, 66.0, 66.2))
    found = grid(
        evidence(
            [cell(batch, page, peak_mib=next(noise)) for batch, page in product((30, 50, 100), (1000, 2000, 10000))]
        )
    )
    assert found is not None
    assert not any(saving.is_told_from_nothing for saving in found.savings)


def test_a_failed_cell_withholds_the_effect() -> None:
    """Peaks of survivors alone understate, so nothing is fitted; the cell says that it failed."""
    found = grid(evidence([*FULL, cell(100, 10000, ending=Ending.OOM_KILLED)]))
    assert found is not None
    assert found.savings == ()
    assert found.spread_bytes is None
    assert [(place.batch, place.page) for place in found.cells if place.failed] == [(100, 10000)]
    assert len(found.failed) == 1


def test_too_few_cells_tell_no_effect() -> None:
    """Two coefficients cannot be told from chance with two trials."""
    found = grid(evidence(FULL[:2]))
    assert found is not None
    assert found.savings == ()


def test_a_smaller_grid_is_told_over_its_own_range() -> None:
    """Where the published steps were not run, the saving is that from the highest to the lowest value."""
    found = grid(
        evidence([cell(batch, 2000, peak_mib=60 + batch / 10 + repeat / 10) for batch in (30, 70) for repeat in (0, 1)])
    )
    assert found is not None
    [saving] = found.savings
    assert (saving.larger, saving.smaller) == (70, 30)


def test_repeats_of_a_cell_come_from_any_series() -> None:
    """A trial of another series under the very conditions of a cell is counted in it."""
    repeat = seen(3, 66, series=("users",), setting=FULL[4].trial.setting)
    found = grid(evidence([*FULL, repeat]))
    assert found is not None
    [middle] = [place for place in found.cells if (place.batch, place.page) == (50, 2000)]
    assert len(middle.trials) == 2
    assert middle.mean_peak_bytes is not None


def test_a_void_cell_has_no_mean() -> None:
    """A cell whose only trial could not be trusted stays on the map without a figure."""
    found = grid(evidence([cell(30, 1000, ending=Ending.INVALID)]))
    assert found is not None
    assert found.cells[0].mean_peak_bytes is None


def test_the_map_shows_the_highest_level_where_three_was_not_run() -> None:
    """Without trials at three users the map is that of the most users."""
    found = grid(evidence([cell(30, 1000, users=1), cell(30, 1000, users=2)]))
    assert found is not None
    assert found.users == 2
