"""What an account comes to: counts, ratings and times, as Lichess shows them."""

from fake_lichess.history import NEWEST_MS
from fake_lichess.in_progress import in_progress
from fake_lichess.users import disabled, extended, public, summed_up
from tests.made_up_world import account

GAMES = 2000


def test_counts_add_up() -> None:
    """Every game is won, drawn, lost or imported."""
    counts = dict(summed_up("player", account(games=GAMES).games(range(GAMES))).counts)
    assert counts["all"] == GAMES == counts["win"] + counts["draw"] + counts["loss"] + counts["import"]


def test_the_rating_shown_is_the_one_after_the_latest_game() -> None:
    """The latest game of each kind decides, with what it changed."""
    games = list(account(games=GAMES).games(range(GAMES)))
    perfs = dict(summed_up("player", games).perfs)
    latest = next(game for game in games if game.track.control.perf == "blitz" and "player" in (game.white, game.black))
    white = latest.white == "player"
    before, change = (latest.white_elo, 1) if white else (latest.black_elo, -1)
    assert perfs["blitz"].rating == (before or 0) + change * (latest.change or 0)
    assert perfs["blitz"].shown()["rd"] == 45


def test_a_new_user_is_provisional_and_unseen_variants_are_not_listed() -> None:
    """Without games there are the standard ratings at 1500 and nothing else."""
    shown = extended("Empty", summed_up("Empty", ()))
    assert shown["id"] == "empty"
    assert shown["seenAt"] == NEWEST_MS
    perfs = public("Empty", summed_up("Empty", ()))["perfs"]
    assert isinstance(perfs, dict)
    assert list(perfs) == ["bullet", "blitz", "rapid", "classical", "correspondence"]
    assert perfs["blitz"] == {"games": 0, "rating": 1500, "rd": 500, "prog": 0, "prov": True}


def test_who_plays_shows_the_newest_game_and_his_side_of_it() -> None:
    """The address of the game stands before the counts, which count every game in progress and every bookmark."""
    playing = in_progress(account(), 3)
    shown = extended("player", summed_up("player", ()), playing, bookmarks=5)
    color = "white" if playing[0].white == "player" else "black"
    assert shown["playing"] == f"https://lichess.org/{playing[0].id}/{color}"
    assert list(shown)[-2:] == ["playing", "count"]
    counts = shown["count"]
    assert isinstance(counts, dict)
    assert (counts["playing"], counts["bookmark"]) == (3, 5)


def test_a_closed_account_shows_its_name_and_nothing_else() -> None:
    """Not even what was known before."""
    assert disabled("SomeBody") == {"id": "somebody", "username": "SomeBody", "disabled": True}
