"""What each optimisation saves: found where it is known, refused where nothing tells it."""

import pytest

from loadtests.record import Ending
from reports.ablation import ablation
from reports.errors import NothingMeasured
from reports.html import ablation_page
from reports.observation import Observation
from reports.plots.ablation import ablation_plot
from tests.synthetic_evidence import evidence, seen
from tests.synthetic_plan import MIB

BEFORE = {
    "IMPORT_BATCH_SIZE": "100",
    "EXISTING_GAMES_PAGE_SIZE": "10000",
    "GC_EVERY_GAMES": "0",
    "MAX_CONCURRENT_IMPORTS": "3",
}
# What each change takes off the peak of three imports, in MiB.
SAVES = {"IMPORT_BATCH_SIZE": ("50", 6.0), "EXISTING_GAMES_PAGE_SIZE": ("2000", 3.0), "GC_EVERY_GAMES": ("200", 0.0)}


def trials() -> list[Observation]:
    settings = [(BEFORE, 0.0)]
    settings += [(BEFORE | {knob: value}, saves) for knob, (value, saves) in SAVES.items()]
    settings.append((BEFORE | {knob: value for knob, (value, _) in SAVES.items()}, 9.0))
    return [
        seen(3, 100 - saves + off, series=("ablation",), setting=setting)
        for setting, saves in settings
        for off in (-0.1, 0.1)
    ]


def test_each_change_saves_what_it_was_made_to() -> None:
    """Alone and together, savings an import are found, the one without effect is not told, and claims stand beside."""
    found = ablation(evidence(trials()))
    by_knobs = {step.knobs: step for step in found.steps}
    batch = by_knobs[("IMPORT_BATCH_SIZE",)]
    assert batch.saves_bytes.value == pytest.approx(2 * MIB)
    assert (batch.before, batch.after, batch.trials) == (("100",), ("50",), 2)
    assert batch.claimed_mb == (20.0, 20.0)
    assert batch.is_told
    assert not by_knobs[("GC_EVERY_GAMES",)].is_told
    [together] = [step for step in found.steps if len(step.knobs) == 3]
    assert together.saves_bytes.value == pytest.approx(3 * MIB)
    assert together.claimed_mb == (50.0, 50.0)
    assert found.users == 3
    assert found.before_bytes == pytest.approx(100 * MIB)


def test_the_page_and_the_picture_say_it() -> None:
    """Sentence, table and picture carry target, claims and intervals; failed trials are counted out loud."""
    killed = seen(3, 500, Ending.OOM_KILLED, series=("ablation",), setting=BEFORE)
    found = ablation(evidence([*trials(), killed]))
    page = ablation_page([found])
    assert "importer, three imports at once with the settings before: peak 100 MiB" in page
    assert "batch (2.00 MiB) and page (1.00 MiB)" in page or "page (1.00 MiB) and batch (2.00 MiB)" in page
    assert "1 trial failed and are not in it" in page
    assert "| batch 100 to 50 | 20 | 2.00 |" in page
    assert "all together" in ablation_plot([found]).svg


def test_nothing_told_is_said() -> None:
    """Where no change alone is told from chance, the sentence says so."""
    same = [
        seen(3, 100 + off, series=("ablation",), setting=setting)
        for setting in (BEFORE, BEFORE | {"IMPORT_BATCH_SIZE": "50"}, BEFORE | {"HTTP_POOL_LIMIT_PER_HOST": "9"})
        for off in (-0.1, 0.1)
    ]
    found = ablation(evidence(same))
    assert "No change alone is told from chance" in ablation_page([found])
    assert {step.claimed_mb for step in found.steps} == {(20, 20), None}


def test_too_little_is_refused() -> None:
    """Without the series, or without repeats, no effect is made up."""
    with pytest.raises(NothingMeasured, match="Run the plan"):
        ablation(evidence([seen(3)]))
    with pytest.raises(NothingMeasured, match="too few"):
        ablation(evidence(trials()[::2]))
