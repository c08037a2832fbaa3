"""Promises of the page about load by hand."""

import re
from pathlib import Path

from loadtests.orders import Orders, to_environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "load-by-hand.md").read_text()
# Defaults that are no value but a rule, in the page's own words.
NONE = ("LOAD_ROWS_FILE", "LOAD_OFFSETS_S", "LOAD_LOCUST_FILE", "LOAD_WORK_S")
RULES = {"LOAD_USERS": "player1, player2 ...", **dict.fromkeys(NONE, "none")}


def test_every_variable_is_listed_with_its_default() -> None:
    """The table names each variable that the Locust file reads, and the default that it really has."""
    listed = dict(re.findall(r"^\| `(LOAD_\w+)` \| ([^|]+?) \|", PAGE, re.MULTILINE))
    assert listed == to_environment(Orders()) | RULES


def test_the_named_locust_file_is_there() -> None:
    """The command on the page starts a file that exists."""
    [name] = set(re.findall(r"-f (\S+\.py)", PAGE))
    assert (ROOT / name).is_file()
