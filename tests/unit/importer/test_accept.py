"""Which form of an answer an Accept header asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.accept import choose

OFFERED = ("application/json", "application/x-ndjson", "application/x-chess-pgn")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/x-chess-pgn", "application/x-chess-pgn"),
        ("Application/X-NDJSON", "application/x-ndjson"),
        ("text/html, application/x-chess-pgn;q=0.1", "application/x-chess-pgn"),
        ("application/x-ndjson;q=0.5, application/x-chess-pgn;q=0.6", "application/x-chess-pgn"),
        ("*/*, application/json;q=0", "application/x-ndjson"),
        ("application/json;q=0.1, */*;q=0.2", "application/x-ndjson"),
        ("application/json;charset=utf-8;q=0.9", "application/json"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=2", None),
        (",,;", None),
    ],
)
def test_the_most_wanted_form_is_chosen(accept: str, chosen: str | None) -> None:
    """Quality decides, then the order of what is offered; what is refused or unreadable is not sent."""
    assert choose(accept, OFFERED) == chosen


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_any_header_is_answered(accept: str) -> None:
    """No header makes the choice fail."""
    assert choose(accept, OFFERED) in {*OFFERED, None}
