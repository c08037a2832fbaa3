"""How figures are written for people."""

import pytest

from reports import texts
from tests.synthetic_plan import MIB, TRUE_PACE, UNPACED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0.00"),
        (0.004, "0.00"),
        (-0.004, "0.00"),
        (1.234, "1.23"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (71.24, "71.2"),
        (99.96, "100"),
        (437.6, "438"),
        (-1.5, "\N{MINUS SIGN}1.50"),
    ],
)
def test_figures_have_three_significant_digits(value: float, expected: str) -> None:
    """A figure never shows digits that were not measured, and never changes its scale by rounding."""
    assert texts.figure(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(25.0, "25"), (51.2, "51.2"), (512.0, "512"), (0.5, "0.5")])
def test_chosen_values_have_no_idle_zeros(value: float, expected: str) -> None:
    """A value that somebody chose is printed as it was chosen."""
    assert texts.trimmed(value) == expected


def test_bytes_are_written_as_mib() -> None:
    """Memory appears with its unit in prose and without it under a heading that names it."""
    assert texts.mib(71.24 * MIB) == "71.2 MiB"
    assert texts.mib_chosen(512 * MIB) == "512 MiB"
    assert texts.mib_interval(-0.5 * MIB, 1.25 * MIB) == "\N{MINUS SIGN}0.50 to 1.25 MiB"
    assert texts.mib_cell(-0.74 * MIB) == "\N{MINUS SIGN}0.7"


@pytest.mark.parametrize("cell", [texts.mib_cell, texts.seconds_cell, texts.ms_cell, texts.rate_cell])
def test_an_empty_cell_is_no_zero(cell: object) -> None:
    """What was not measured shows as a dash, which nobody takes for zero."""
    assert callable(cell)
    assert cell(None) == texts.ABSENT
    assert "0" in cell(0.0)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [(0.0412, "41 ms"), (0.9994, "999 ms"), (1.0, "1.00 s"), (65.0, "65.0 s"), (2200.0, "36.7 min")],
)
def test_durations_choose_their_unit(duration_s: float, expected: str) -> None:
    """A duration is told in the unit in which people would say it."""
    assert texts.seconds(duration_s) == expected


def test_cells_of_times_and_rates() -> None:
    """Columns of times and rates keep a fixed number of digits, so that they can be compared down the column."""
    assert texts.seconds_cell(1.5) == "1.50"
    assert texts.ms_cell(0.0123) == "12.3"
    assert texts.rate_cell(944.7) == "945"


@pytest.mark.parametrize(("ratio", "expected"), [(0.221, "22 %"), (1.0, "100 %"), (0.0, "0 %"), (0.00091, "0.091 %")])
def test_ratios_are_percentages_only_on_paper(ratio: float, expected: str) -> None:
    """A ratio is written as a percentage that still says something when it is small."""
    assert texts.percent(ratio) == expected


def test_counts_and_words() -> None:
    """Numbers agree with their nouns, and small ones are words in prose."""
    assert texts.count(1, "trial") == "1 trial"
    assert texts.count(12, "trial") == "12 trials"
    assert texts.spelled(3) == "three"
    assert texts.spelled(11) == "11"
    assert texts.tested_range(1, 5) == "1 to 5 users"
    assert texts.tested_range(3, 3) == "3 users"


def test_lists_read_like_a_sentence() -> None:
    """Several items end with "and"; long lists of ids are cut with their number told."""
    assert texts.listed([]) == ""
    assert texts.listed(["a"]) == "a"
    assert texts.listed(["a", "b", "c"]) == "a, b and c"
    assert texts.some_ids(["t1", "t2"], 2) == "t1 and t2"
    assert texts.some_ids(["t1", "t2", "t3"], 2) == "t1, t2 and 1 more"


def test_settings_are_told_in_short_names() -> None:
    """Known knobs have short names, unknown ones keep theirs, and no knob at all is said so."""
    known = {"IMPORT_BATCH_SIZE": "50", "MAX_CONCURRENT_IMPORTS": "3", "OTHER": "x"}
    assert texts.setting(known) == "batch 50, slots 3, OTHER=x"
    assert texts.setting({}) == "the target's own defaults"


def test_the_upstream_mode_says_its_pace() -> None:
    """Unpaced, true pace and compressed time cannot be confused."""
    compressed = TRUE_PACE.model_copy(update={"games_per_s": 250.0, "speed_ratio": 10.0})
    assert texts.upstream_mode(UNPACED) == "unlimited (as fast as the target takes games)"
    assert texts.upstream_mode(TRUE_PACE) == "lichess, 25 games/s a stream (true pace)"
    assert texts.upstream_mode(compressed) == f"lichess, 250 games/s a stream (10{texts.TIMES} true pace)"
