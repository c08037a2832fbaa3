"""Promises of figures: medians, ratios and what is called met."""

import pytest

from benchmarks.figures import GOALS, Figure, figure


@pytest.mark.parametrize(
    ("side", "readings", "ratio", "met"),
    [
        ("at least", (90.0, 300.0, 110.0), 1.1, True),
        ("at least", (90.0, 80.0, 110.0), 0.9, False),
        ("at most", (90.0, 80.0, 110.0), 0.9, True),
        ("at most", (110.0,), 1.1, False),
        ("at most", (100.0,), 1.0, True),
    ],
)
def test_the_median_decides(side: str, readings: tuple[float, ...], ratio: float, *, met: bool) -> None:
    """One reading that stands out changes nothing, and a goal is met on its own side."""
    found = Figure.model_validate({"name": "n", "unit": "u", "readings": readings, "goal": 100, "side": side})
    assert found.ratio() == pytest.approx(ratio)
    assert found.is_met() is met


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    """Without a reading there is no median, and without a goal no ratio."""
    unread, aimless = Figure(name="n", unit="u", readings=(), goal=1.0), Figure(name="n", unit="u", readings=(1.0,))
    assert (unread.median(), unread.ratio(), unread.is_met()) == (None, None, None)
    assert (aimless.median(), aimless.ratio(), aimless.is_met()) == (1.0, None, None)


def test_a_figure_takes_its_goal_from_the_list() -> None:
    """A goal is named once; what has none is given none."""
    assert figure("start", "n", "s", (1.0,)).goal == GOALS["start"].value
    assert figure(None, "n", "s", (1.0,)).goal is None
