"""What a profile file becomes."""

import pytest

from loadtests.errors import UsageError
from loadtests.inputs import read_profiles
from loadtests.profile import parse


def test_lines_become_settings() -> None:
    """Comments and blank lines are no settings; spaces around a value do not count."""
    assert parse("p", "# note\n\nA=1\nB= two \n") == {"A": "1", "B": "two"}


@pytest.mark.parametrize(
    ("text", "fault"), [("A=1\nA=2\n", "set twice"), ("oops\n", "not NAME"), ("a b=1\n", "not NAME")]
)
def test_a_bad_line_is_refused_by_number(text: str, fault: str) -> None:
    """The sentence names the profile and the line at fault."""
    with pytest.raises(UsageError, match=rf"profile p, line \d.*{fault}"):
        parse("p", text)


def test_the_four_named_profiles_are_the_published_ones() -> None:
    """Profiles hold the batch, page and slot figures that the operator published; `lean` is this project's own."""
    names = ("IMPORT_BATCH_SIZE", "EXISTING_GAMES_PAGE_SIZE", "MAX_CONCURRENT_IMPORTS")
    found = {name: tuple(values[key] for key in names) for name, values in read_profiles().items() if name != "lean"}
    assert found == {
        "before": ("100", "10000", "2"),
        "recommended": ("50", "2000", "3"),
        "ultra_safe": ("30", "1000", "2"),
        "test_limits": ("50", "2000", "4"),
    }
