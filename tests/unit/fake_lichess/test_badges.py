"""Flairs and patrons: as Lichess shows them, the same wherever a name appears."""

import json

from fake_lichess.badges import FLAIR_EVERY, FLAIRS, PATRON_COLORS, PATRON_EVERY, Badges, badges_of, badges_text

NAMES = [f"user{number}" for number in range(4000)]


def test_some_have_flairs_and_few_are_patrons() -> None:
    """About as many as chosen, all flairs and all colours among them."""
    found = [badges_of(name) for name in NAMES]
    flairs, colors = ([getattr(one, key) for one in found] for key in ("flair", "patron_color"))
    assert abs(sum(flair is not None for flair in flairs) * FLAIR_EVERY / len(NAMES) - 1) < 0.2
    assert abs(sum(color is not None for color in colors) * PATRON_EVERY / len(NAMES) - 1) < 0.4
    assert set(flairs) == {None, *FLAIRS}
    assert set(colors) == {None, *range(1, PATRON_COLORS + 1)}


def test_what_is_written_beside_games_is_what_is_shown_of_users() -> None:
    """The text is the same keys in the same order, each with a comma behind it."""
    for name in NAMES[:500]:
        assert json.loads(f'{{{badges_text(name)}"id":""}}') == {**badges_of(name).shown(), "id": ""}
    assert Badges("nature.fox", 3).shown() == {"flair": "nature.fox", "patron": True, "patronColor": 3}
