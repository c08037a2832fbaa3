"""The made-up games have the statistics that are published, or say where they have not."""

from functools import cache

from tests.fidelity.corpus import GAMES, corpus, measured
from tests.fidelity.measuring import Measured
from tests.fidelity.page import PAGE, PLOT, page
from tests.fidelity.published import ALL


@cache
def found() -> Measured:
    """Measure once for all tests: it takes some seconds."""
    games = corpus()
    assert len(games) == GAMES == 100_000
    return measured(games)


def test_every_published_value_is_met_or_explained() -> None:
    """Of 100 000 games each value lies within its tolerance, except those that the page gives a reason for."""
    outside = {(row.key, row.low) for row in ALL if not row.is_met(found()[row.key])}
    assert outside == {(row.key, row.low) for row in ALL if row.miss}


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
