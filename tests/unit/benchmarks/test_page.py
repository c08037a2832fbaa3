"""Promises of a run in words."""

import pytest

from benchmarks.figures import Figure, Machine, Run
from benchmarks.page import line, number, page

MACHINE = Machine(
    cpu_model="Abacus",
    cpu_count=2,
    memory_bytes=2**31,
    kernel="6.1",
    python="3.11.7",
    revision="0123456789abcdef+dirty",
    date="2026-07-01",
    load_before=0.25,
    load_after=1.5,
)
SLOW = Figure(name="fake: start", unit="s", readings=(3.0, 1.0, 2.0), goal=1.5, note="by the clock")
FREE = Figure(name="fake: account", unit="MiB", readings=(12.34,))
UNREAD = Figure(name="importer: idle", unit="MiB", readings=(), goal=64)


def test_the_page_names_the_machine_and_every_figure() -> None:
    """Machine, load, medians, spread, goal and ratio stand together; what was not measured says so."""
    run = Run(command="python -m benchmarks", machine=MACHINE, repeats=3, elapsed_s=9.6, figures=(SLOW, FREE, UNREAD))
    text = page(run)
    assert (
        "`python -m benchmarks` on Abacus, 2 cores, 2 GiB, Linux 6.1, Python 3.11.7, "
        "revision 0123456789ab with changes, 2026-07-01, load average 0.2 before and 1.5 after, in 10 s.\n" in text
    )
    assert "| fake: start | s | 2.00 | 1.00 to 3.00 | at most 1.50 | 1.33 | **missed** |\n" in text
    assert "| fake: account | MiB | 12.3 | 12.3 to 12.3 |  |  |  |\n" in text
    assert "| importer: idle | MiB | not measured |  | at most 64.0 |  |  |\n" in text
    assert text.endswith("\n- fake: start: by the clock\n")


def test_a_line_says_whether_the_goal_is_met() -> None:
    """On a terminal each figure is one line."""
    assert line(SLOW) == "fake: start: 2.00 s (1.00 to 3.00); goal at most 1.50, 1.33 of it: missed"
    assert line(FREE) == "fake: account: 12.3 MiB (12.3 to 12.3); no goal"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123, "0.12"), (9.876, "9.88"), (98.76, "98.8"), (1234.5, "1,234"), (123_456.0, "123,500")],
)
def test_numbers_have_the_digits_that_a_benchmark_can_stand_for(value: float, text: str) -> None:
    """Three or four digits, and thousands set apart."""
    assert number(value) == text
