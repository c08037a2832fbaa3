"""The page on the published optimisations is what its records give."""

from reports.ablation import ablation
from reports.files import read_records
from reports.html import ablation_page
from tests.shape.pure_modules import ROOT

FOLDER = ROOT / "docs" / "optimisations"


def test_the_page_is_that_of_its_records() -> None:
    """No figure of the page was typed by hand: the records beside it give it, word for word."""
    found = [ablation(read_records(FOLDER / f"{target}.jsonl.gz")) for target in ("importer", "textbook")]
    assert (FOLDER / "ablation.md").read_text(encoding="utf-8") == ablation_page(found)
    assert (FOLDER / "ablation.png").stat().st_size > 0
