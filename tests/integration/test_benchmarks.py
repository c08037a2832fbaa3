"""The benchmarks as a program: real servers are measured, and no figure fails anything."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Run
from benchmarks.page import page
from tests.shape.pure_modules import ROOT


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)


def test_a_run_is_kept_as_json_and_as_a_page(tmp_path: Path) -> None:
    """Every reading of real servers is in the JSON, and the page is made from it."""
    kept = tmp_path / "figures"
    wanted = ["--only", "start", "--only", "importer", "--repeats", "1", "--json", "--keep", str(kept)]
    run = Run.model_validate(json.loads(benchmarks(*wanted).stdout))
    assert [each.name for each in run.figures] == [
        "fake: start",
        "importer: end to end, python-chess",
        "importer: end to end, pgn_read",
    ]
    assert all(len(each.readings) == 1 and each.readings[0] > 0 for each in run.figures)
    assert Run.model_validate_json(kept.with_suffix(".json").read_text(encoding="utf-8")) == run
    assert kept.with_suffix(".md").read_text(encoding="utf-8") == page(run)


def test_help_has_an_example() -> None:
    """The command explains itself."""
    assert "Example" in benchmarks("--help").stdout
