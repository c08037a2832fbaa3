"""docs/calibration.md says what a run found, and what the code does."""

import json
import re

from loadtests.known import Weights, known_trials
from loadtests.standards.__main__ import STANDARDS
from tests.docs.calibration_page import PAGE, RUN, rewritten

TEXT = PAGE.read_text(encoding="utf-8")
FOUND = json.loads(RUN.read_text(encoding="utf-8"))


def test_the_table_is_that_of_the_recorded_run() -> None:
    """Every figure of the page comes from the run that is kept beside it."""
    assert rewritten(TEXT, FOUND) == TEXT
    assert "answers right" in TEXT


def test_the_recorded_run_keeps_what_the_harness_promises() -> None:
    """Every answer of at least sixty trials is right, and each known answer of today's code is among them."""
    assert FOUND["right"]
    assert FOUND["right_endings"] == FOUND["trials"] >= 60
    answers = {known.answer for known in known_trials(Weights(16, (1, 10, 90, 140), (1, 2, 3, 4, 5)), 1)}
    assert {found["answer"] for found in FOUND["findings"]} == answers


def test_every_standard_is_explained() -> None:
    """The page's table names each standard, and no other."""
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == set(STANDARDS)
