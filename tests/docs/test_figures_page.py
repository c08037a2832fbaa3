"""docs/figures.md and docs/allocator.md show a recorded run each and nothing else."""

import pytest

from benchmarks.figures import GOALS, Run
from benchmarks.page import page
from tests.shape.pure_modules import ROOT


def recorded(name: str) -> Run:
    """Return a run that is kept in the docs."""
    return Run.model_validate_json((ROOT / "docs" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["figures", "allocator"])
def test_the_page_is_that_of_the_recorded_run(name: str) -> None:
    """No figure of the page was typed by hand."""
    assert (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") == page(recorded(name))


def test_the_recorded_run_compares_with_the_goals_of_today() -> None:
    """Every goal stands beside a figure that was measured at least three times, or once where that takes a minute."""
    run = recorded("figures")
    with_goals = [each for each in run.figures if each.goal is not None]
    assert {each.goal for each in with_goals} == {goal.value for goal in GOALS.values()}
    assert all(len(each.readings) >= (1 if " inside " in each.name else 3) for each in run.figures)
