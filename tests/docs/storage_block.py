"""Writes the figures in docs/method.md that say how games are kept, so that none of them was typed by hand.

``python -m tests.docs.storage_block`` rewrites the page; a test compares it with what it would write.
"""

import re

from benchmarks.figures import Run
from benchmarks.page import cells
from tests.shape.pure_modules import ROOT

RECORD = ROOT / "docs" / "storage.json"
PAGE = ROOT / "docs" / "method.md"
SHOWN = re.compile(
    r"existing games|zlib 3, dictionary of 1,500 bytes|zlib 3, no dictionary, size|as they come|importer's file"
)


def run() -> Run:
    """Return the recorded run."""
    return Run.model_validate_json(RECORD.read_text(encoding="utf-8"))


def block(found: Run) -> str:
    """Return the table."""
    rows = [cells(each)[:4] for each in found.figures if SHOWN.search(each.name)]
    lines = [
        "| figure | unit | median | lowest to highest |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def rewritten(page: str, found: Run) -> str:
    """Return the page with its table made anew."""
    return re.sub(
        r"(<!-- storage:[^\n]*-->\n).*?(<!-- /storage -->)",
        lambda marks: f"{marks[1]}{block(found)}{marks[2]}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), run()), encoding="utf-8")
