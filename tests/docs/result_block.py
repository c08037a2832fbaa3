"""Writes README's result from the committed example run, so that no figure in it was typed by hand.

``python -m tests.docs.result_block`` rewrites README.md; the tests compare it with what it would write.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.shape.pure_modules import ROOT

EXAMPLE = ROOT / "docs" / "example"
RECORDS = EXAMPLE / "records.jsonl.gz"
# The parts of the report's summary that the README shows: its verdict, and the claims beside what was measured.
VERDICT = re.compile(r"^\*\*(.+?)\*\*$", re.MULTILINE)
MACHINE = re.compile(r"^- machine: (.+)$", re.MULTILINE)
CLAIMS = re.compile(r"^## Published claims beside this run\n\n(.*?)\n\n(.*?)(?=\n\n|\n## )", re.DOTALL | re.MULTILINE)


def report(out: Path) -> str:
    """Rebuild the example's report into *out* and return its Markdown summary."""
    command = [sys.executable, "-m", "reports", "report", str(RECORDS), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return (out / "summary.md").read_text(encoding="utf-8")


def block(summary: str) -> str:
    """Return README's result, made from the report's summary."""
    verdict, claims, machine = VERDICT.search(summary), CLAIMS.search(summary), MACHINE.search(summary)
    if verdict is None or claims is None or machine is None:
        raise ValueError("the summary has no verdict, claims or machine: its wording changed, so look for the new one")
    rows = claims[2].splitlines()
    told = [row for row in rows if "| cannot be told |" not in row]
    untold = len(rows) - len(told)
    alone = "[the optimisations one at a time](docs/optimisations/ablation.md)"
    rest = f"{untold} more claims cannot be told from one run; {alone}."
    return (
        f"> **{verdict[1]}**\n\nThe reference importer in [one run of `make loadtest`](docs/example/summary.md) on "
        f"{machine[1]}. {claims[1]}\n\n" + "\n".join(told) + f"\n\n{rest}\n\n"
        "![Unreclaimable peak against imports at once](docs/example/capacity.png)\n"
    )


def rewritten(readme: str, summary: str) -> str:
    """Return *readme* with its result block made anew."""
    return re.sub(
        r"(<!-- result:[^\n]*-->\n).*?(<!-- /result -->)",
        lambda found: f"{found[1]}{block(summary)}{found[2]}",
        readme,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        text = report(Path(folder))
        for name in ("summary.md", "capacity.png"):
            (EXAMPLE / name).write_bytes((Path(folder) / name).read_bytes())
    file = ROOT / "README.md"
    file.write_text(rewritten(file.read_text(encoding="utf-8"), text), encoding="utf-8")
