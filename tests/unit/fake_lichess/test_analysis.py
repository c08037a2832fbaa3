"""What is said about moves: judged by lost winning chances, and summed up for each player."""

import pytest

from fake_lichess.analysis import Judgment, judgments, sides


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("0", "-30", None),
        ("0", "-60", "Inaccuracy"),
        ("0", "-120", "Mistake"),
        ("0", "-300", "Blunder"),
        ("0", "#-3", "Blunder"),
        ("-800", "#-3", "Mistake"),
        ("-1200", "#-3", "Inaccuracy"),
        ("0", "#3", None),
        ("#2", "100", "Blunder"),
        ("#2", "800", "Mistake"),
        ("#2", "#3", None),
        ("#-2", "-900", None),
    ],
)
def test_a_move_is_judged_by_what_it_lost(before: str, after: str, name: str | None) -> None:
    """White's second move, judged from the evaluation before it; Black's reply would be judged the other way round."""
    judged = judgments(["15", before, after], black_first=False)[2]
    assert (judged.name if judged else None) == name


def test_black_is_judged_from_the_other_side() -> None:
    """What is good for White is bad for Black, also where Black begins."""
    assert judgments(["15", "300"], black_first=False)[1] == Judgment("Blunder", "Blunder.")
    assert judgments(["300"], black_first=True)[0] == Judgment("Blunder", "Blunder.")


def test_players_are_summed_up_apart() -> None:
    """A flawless White and a Black who blundered once."""
    white, black = sides(["15", "15", "15", "400", "400", "400"], black_first=False)
    assert (white.inaccuracy, white.mistake, white.blunder, white.acpl, white.accuracy) == (0, 0, 0, 0, 100)
    assert (black.blunder, black.acpl) == (1, 128)
    assert black.accuracy < 90


def test_who_made_no_move_was_accurate() -> None:
    """One move of White's says nothing about Black."""
    _, black = sides(["15"], black_first=False)
    assert (black.acpl, black.accuracy) == (0, 100)
