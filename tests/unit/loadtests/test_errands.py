"""Promises of a target's own check: what it says, in counts or by its exit code alone, becomes part of the record."""

import sys
from pathlib import Path

import pytest

from loadtests.errands import Errands, own_check
from loadtests.errors import UsageError
from loadtests.record import TruthCheck
from loadtests.target import Truth, parse

TARGET = parse(
    "t", 'name = "mine"\npython = "p"\ncommand = ["c"]\nready_path = "/"\nenvironment = { PLACE = "{folder}" }'
)


def checked(tmp_path: Path, script: str) -> TruthCheck:
    """Let a check of so many lines of Python say its word."""
    errands = Errands(TARGET, sys.executable, {})
    truth = Truth(command=("{python}", "-c", script, "{users}", "{requests}", "{folder}"))
    return own_check(errands, truth, {"users": "ann,bob", "requests": "3"}, tmp_path)


def test_counts_become_the_record_s(tmp_path: Path) -> None:
    """The last line's counts are taken as they are; placeholders and environment are filled in."""
    said = 'import os, sys; assert sys.argv[1:] == ["ann,bob", "3", os.environ["PLACE"]]; print("checking")\n'
    said += 'print(\'{"expected": 3, "stored": 2, "missing": 1}\'); sys.exit(1)'
    found = checked(tmp_path, said)
    assert (found.expected, found.stored, found.missing, found.unexpected, found.doubled) == (3, 2, 1, 0, 0)
    assert not found.exactly_once()


@pytest.mark.parametrize(
    ("script", "agrees", "said"),
    [
        ("", True, ""),
        ("print('all is well')", True, "all is well"),
        ("import sys; sys.exit('the ledger is short')", False, "the ledger is short"),
        ("print([1]); raise SystemExit(1)", False, "[1]"),
        ('print(\'{"stored": "many"}\')', True, '{"stored": "many"}'),
    ],
)
def test_without_counts_the_exit_code_says_it(tmp_path: Path, script: str, agrees: bool, said: str) -> None:  # noqa: FBT001
    """0 agrees, 1 differs, and its last words are kept."""
    found = checked(tmp_path, script)
    assert (found.exactly_once(), found.said) == (agrees, said)


def test_a_check_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    """An exit code that is neither is no answer: the target, the command and its last words are told."""
    with pytest.raises(UsageError, match=r"target mine: .*failed: .*Try the command by hand"):
        checked(tmp_path, "import os; os._exit(7)")
