"""Opponents and shares: what the accounts of one server have in common."""

import pytest

from fake_lichess.accounts import ALWAYS_THERE, USERNAME
from fake_lichess.people import DRAWN_RATIO, make_world
from fake_lichess.tracks import TIME_CONTROLS
from tests.made_up_world import pool, world


def test_opponents_have_valid_names_that_are_no_accounts_of_the_server() -> None:
    """Every opponent could exist on Lichess, and none is one of our players."""
    for name in world().opponents:
        assert USERNAME.fullmatch(name)
        assert not name.lower().startswith(ALWAYS_THERE)


def test_seeds_change_the_opponents() -> None:
    """Another seed is another world."""
    assert world(1).opponents != world(2).opponents


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.147, 0.5, 0.9, 1.0])
def test_the_share_of_analysed_games_is_the_one_asked_for(ratio: float) -> None:
    """Whatever share is asked for, the time controls together have it, decided and drawn games weighed."""
    analysed = make_world(0, pool(), ratio).rules.analysed
    total = sum(control.share for control in TIME_CONTROLS)
    shares = [(1 - DRAWN_RATIO) * decided + DRAWN_RATIO * drawn for decided, drawn in analysed]
    overall = sum(share * control.share for share, control in zip(shares, TIME_CONTROLS, strict=True)) / total
    assert overall == pytest.approx(ratio, abs=0.001)


def test_slower_games_are_analysed_more_often() -> None:
    """At the usual share, classical games are analysed more often than rapid, blitz and bullet ones, and draws too."""
    shares = dict(zip((control.speed for control in TIME_CONTROLS), world().rules.analysed, strict=True))
    assert shares["bullet"] < shares["blitz"] < shares["rapid"] < shares["classical"]
    assert all(decided < drawn for decided, drawn in shares.values())
