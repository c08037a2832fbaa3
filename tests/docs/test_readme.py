"""The README tells the truth."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.result_block import EXAMPLE, report, rewritten
from tests.shape.pure_modules import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_make_target_it_names_exists() -> None:
    """Each `make` command of the README and of the contributors' page names a real target."""
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    defined = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= defined


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Each relative link of the README names a file that is there."""
    assert (ROOT / link).exists()


def test_make_alone_prints_help_for_every_public_target() -> None:
    """Plain `make` lists each target with what it is for."""
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("loadtest", "test", "check", "ci", "report", "doctor"):
        assert re.search(rf"make {target} +\S", said), target


@pytest.mark.parametrize(
    "words",
    [
        "fake_lichess",
        "importer",
        "importer add-games",
        "importer list-games",
        "loadtests",
        "loadtests doctor",
        "loadtests run",
        "loadtests sweep",
        "loadtests smoke",
        "loadtests calibrate",
        "loadtests clean",
        "reports",
        "loadtests find",
        "loadtests squeeze",
        "loadtests watch",
        "loadtests explain",
        "reports report",
        "reports gate",
        "reports accept",
        "reports tiers",
        "reports compare",
        "reports ablation",
        "reports explore",
        "reports schema",
    ],
)
def test_every_command_has_help_with_an_example(words: str) -> None:
    """Each command prints its help, with an example, and exits with success."""
    command = [sys.executable, "-m", *words.split(), "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "xample" in done.stdout


def test_the_result_is_what_the_example_run_gives(tmp_path: Path) -> None:
    """README's figures, and the example's summary, are those that the example's records give today."""
    summary = report(tmp_path)
    assert (EXAMPLE / "summary.md").read_text(encoding="utf-8") == summary
    assert rewritten(README, summary) == README
