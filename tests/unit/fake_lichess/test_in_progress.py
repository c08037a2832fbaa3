"""Games in progress: newer than any other, unfinished, and shown with a delay."""

from fake_lichess.history import NEWEST_MS
from fake_lichess.in_progress import DELAYED_PLIES, MOST, in_progress
from fake_lichess.settings import GAMES_MOST
from tests.made_up_world import account


def test_games_in_progress_are_nobody_s_history() -> None:
    """Their ids belong to no finished game of the largest account, and they began after all of those."""
    games = in_progress(account(games=GAMES_MOST), MOST)
    assert len({game.id for game in games}) == MOST
    assert all(account(games=GAMES_MOST).number_of(game.id) is None for game in games)
    times = [game.created_at_ms for game in games]
    assert times == sorted(times, reverse=True)
    assert times[-1] > NEWEST_MS


def test_the_last_moves_are_not_shown() -> None:
    """All moves but one were made, and the last three of those stay hidden; nothing is decided yet."""
    for game in in_progress(account(), MOST):
        track = game.track
        assert len(track.moves) == len(track.sequence.moves) - 1 - DELAYED_PLIES
        assert (track.status, track.sequence.result, track.points, game.change, game.analysed) == (
            "started", "*", None, None, False,
        )  # fmt: skip
        assert "player" in (game.white, game.black)


def test_fewer_games_in_progress_are_the_older_ones() -> None:
    """Beginning one more game leaves the others as they are."""
    assert in_progress(account(), 3)[1:] == in_progress(account(), 2)
    assert in_progress(account(), 0) == ()
