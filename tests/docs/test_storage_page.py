"""What docs/method.md says of how games are kept is what a recorded run of the benchmarks found."""

from benchmarks.page import page
from importer.settings import Settings
from importer.store.packing import DICTIONARY
from tests.docs.storage_block import PAGE, block, rewritten, run
from tests.shape.pure_modules import ROOT

RUN = run()
MEDIANS = {each.name: each.median() or 0.0 for each in RUN.figures}


def test_the_page_is_that_of_the_recorded_run() -> None:
    """No figure of either page was typed by hand, and each was read at least three times."""
    assert (ROOT / "docs" / "storage.md").read_text(encoding="utf-8") == page(RUN)
    text = PAGE.read_text(encoding="utf-8")
    assert rewritten(text, RUN) == text
    assert block(RUN) in text
    assert all(len(each.readings) >= 3 for each in RUN.figures)


def test_the_default_is_what_the_measurements_favour() -> None:
    """What an import weighs does not grow with the account as set by default, and does the other way."""
    weights = {
        strategy: [MEDIANS[f"existing games: {strategy}, {stored} stored, memory"] for stored in ("0", "100,000")]
        for strategy in ("lookup", "pages")
    }
    assert Settings().existing_games_strategy == "lookup"
    assert weights["lookup"][1] < 1.1 * weights["lookup"][0]
    assert weights["pages"][1] > 1.5 * weights["pages"][0]


def test_packing_is_worth_what_the_page_says() -> None:
    """A text takes less than half of its size, for hundredths of the time that an imported game takes."""
    assert f"a dictionary of {len(DICTIONARY)} bytes" in PAGE.read_text(encoding="utf-8")
    imported_us = MEDIANS["existing games: lookup, 0 stored, time"]
    for kind in ("with clocks", "without"):
        chosen = f"texts {kind}: zlib 3, dictionary of 1,500 bytes"
        assert MEDIANS[f"{chosen}, size"] < 50
        assert MEDIANS[f"{chosen}, packing"] < 0.1 * imported_us
    assert MEDIANS["texts with clocks: in the importer's file"] < 0.5 * MEDIANS["texts with clocks: as they come"]
