"""The made-up games have the statistics that are published."""

from functools import cache

from tests.fidelity.corpus import GAMES, corpus, measured
from tests.fidelity.measuring import SPEEDS, Measured
from tests.fidelity.page import PAGE, PLOT, page
from tests.fidelity.published import ALL, ELSEWHERE


@cache
def found() -> Measured:
    """Measure once for all tests: it takes some seconds."""
    games = corpus()
    assert len(games) == GAMES == 100_000
    return measured(games)


def test_every_published_value_is_met() -> None:
    """Of 100 000 games each value lies within its tolerance."""
    assert [row.key for row in ALL if not row.is_met(found()[row.key])] == []


def test_what_is_set_aside_is_contradicted_by_what_is_met() -> None:
    """For each reason to set values aside some of them are not met, and what contradicts them is compared."""
    compared = {row.key for row in ALL}
    outside = [row for row in ELSEWHERE if not row.low <= found()[row.key] <= row.high]
    assert {row.why for row in outside} == {row.why for row in ELSEWHERE}
    assert {"plies, mean", "analysed", *(f"analysed among {speed} at 20 % in all" for speed in SPEEDS[1:])} <= compared


def test_no_tolerance_lets_nothing_pass_for_something() -> None:
    """A value of nothing would lie outside every tolerance, and so would twice the value."""
    for row in ALL:
        if row.low > 0:
            assert not row.is_met(0), row
            assert not row.is_met(2 * row.high), row


def test_the_table_is_what_the_games_give_today() -> None:
    """The page in the docs is, byte for byte, what `make fidelity` writes; its plot is there."""
    assert PAGE.read_text(encoding="utf-8") == page(found())
    assert f"({PLOT.name})" in PAGE.read_text(encoding="utf-8")
    assert PLOT.is_file()
