"""docs/figures.md shows a recorded run and nothing else."""

from benchmarks.figures import GOALS, Run
from benchmarks.page import page
from tests.shape.pure_modules import ROOT

RUN = Run.model_validate_json((ROOT / "docs" / "figures.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_recorded_run() -> None:
    """No figure of the page was typed by hand."""
    assert (ROOT / "docs" / "figures.md").read_text(encoding="utf-8") == page(RUN)


def test_the_recorded_run_compares_with_the_goals_of_today() -> None:
    """Every goal stands beside a figure that was measured at least three times."""
    with_goals = [each for each in RUN.figures if each.goal is not None]
    assert {each.goal for each in with_goals} == {goal.value for goal in GOALS.values()}
    assert all(len(each.readings) >= 3 for each in RUN.figures)
