"""What the games of a world are dealt: evenly, without any of it being seen in an order."""

from collections import Counter
from itertools import pairwise

import pytest

from fake_lichess.dealing import Deal

# Three of four sessions are of the first control, whose ten tracks are sorted backwards.
TABLE, RANKS = (0, 0, 0, 1), ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], [0, 1, 2])
GAMES = 4000


def deal(seed: int = 0) -> Deal:
    """Deal to sessions of four games."""
    return Deal(seed, (game % 4 == 0 for game in range(GAMES)), TABLE, RANKS)


def test_controls_are_spread_evenly_over_sessions_and_kept_within_them() -> None:
    """Three of four sessions, in any long run, have the control that is that common."""
    controls = [card.control for card in deal().cards(range(GAMES))]
    assert all(len(set(controls[start : start + 4])) == 1 for start in range(0, GAMES, 4))
    for start in range(0, GAMES, 400):
        assert controls[start : start + 400].count(0) == pytest.approx(300, abs=12)


def test_every_track_is_dealt_before_any_comes_again() -> None:
    """In turns of ten games each of the ten tracks is played once, each turn in another order."""
    tracks = [card.track for card in deal().cards(range(GAMES)) if card.control == 0]
    turns = [tracks[start : start + 10] for start in range(0, len(tracks) - 9, 10)]
    assert all(sorted(turn) == list(range(10)) for turn in turns)
    assert all(one != other for one, other in pairwise(turns))


def test_analyses_are_spread_evenly_over_what_is_alike() -> None:
    """Of neighbours in rank about as many are analysed as asked for, in every turn."""
    cards = [card for card in deal().cards(range(GAMES)) if card.control == 0]
    for start in range(0, len(cards) - 9, 10):
        analysed = sorted(RANKS[0][card.track] for card in cards[start : start + 10] if card.analysed < 0.5)
        assert 4 <= len(analysed) <= 6
        assert max(after - before for before, after in pairwise(analysed)) <= 3


def test_games_are_dealt_the_same_whichever_are_asked_for_first() -> None:
    """One game's card depends on the seed and its place alone; another seed deals others."""
    whole = deal().cards(range(GAMES))
    assert deal().cards(range(2000, 2010)) == whole[2000:2010]
    assert deal(1).cards(range(GAMES)) != whole
    assert Counter(card.control for card in whole) == Counter(card.control for card in deal(1).cards(range(GAMES)))
