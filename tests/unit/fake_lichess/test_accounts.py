"""Which users exist: players, created ones, and those of a replayed file."""

from collections import Counter

import pytest

from fake_lichess.accounts import MET_MOST, Accounts, Synthetic
from fake_lichess.games import Window
from fake_lichess.pgn import Options
from fake_lichess.replay import ReplayAccount, ReplayFile
from tests.made_up_world import details, world


def test_players_exist_and_others_do_not() -> None:
    """Whoever is called player-something has games; anyone else must be created first."""
    accounts = Accounts(world(), 7, details())
    found = accounts.find("Player_1")
    assert found is not None
    assert (found.name, found.size) == ("player_1", 7)
    assert accounts.find("somebody") is None


def test_created_users_have_the_games_asked_for_whatever_the_case() -> None:
    """A created user is found under any spelling and keeps the one he was created with."""
    accounts = Accounts(world(), 7, details())
    accounts.create("SomeBody", 3)
    found = accounts.find("somebody")
    assert found is not None
    assert (found.name, found.size) == ("SomeBody", 3)
    assert len(list(found.rendered(found.numbers(Window()), Options()))) == 3


@pytest.mark.parametrize("name", ["player!", "p", "player" * 6, "player\n", "pläyer"])
def test_what_is_no_username_is_nobody(name: str) -> None:
    """Names outside [a-zA-Z0-9_-]{2,30} do not exist."""
    assert Accounts(world(), 7, details()).find(name) is None


def test_a_replayed_file_is_every_player_but_no_created_user() -> None:
    """Players get the file's games under their own name; created users still get made-up games."""
    file = ReplayFile((), Counter(), cut=False)
    accounts = Accounts(world(), 7, details(), replayed=lambda name: ReplayAccount(file, name))
    accounts.create("somebody", 3)
    player, somebody = accounts.find("Player1"), accounts.find("somebody")
    assert isinstance(player, ReplayAccount)
    assert player.name == "player1"
    assert isinstance(somebody, Synthetic)


@pytest.mark.parametrize("name", ["player7", "player123456"])
def test_games_are_found_by_id_without_having_heard_of_the_account(name: str) -> None:
    """Two servers with the same seed know each other's games of any counted player."""
    elsewhere = Accounts(world(), 70, details()).find(name)
    assert isinstance(elsewhere, Synthetic)
    here = Accounts(world(), 70, details())
    for game in elsewhere.games(range(70)):
        assert here.game(game.id) == game
    larger = Accounts(world(), 71, details()).find(name)
    assert isinstance(larger, Synthetic)
    assert here.game([game.id for game in larger.games(range(71))][70]) is None


def test_games_of_other_names_are_found_once_somebody_asked_for_them() -> None:
    """A created account is known at once, others from when they were first asked for, and as many as are kept."""
    accounts, elsewhere = Accounts(world(), 7, details()), Accounts(world(), 7, details())
    accounts.create("Somebody", 3)
    elsewhere.create("somebody", 3)
    for name in ("somebody", "player-x"):
        found = elsewhere.find(name)
        assert isinstance(found, Synthetic)
        first = next(found.games(range(1)))
        assert (accounts.game(first.id) is None) == (name == "player-x")
        assert accounts.find(name) is not None
        assert accounts.game(first.id) is not None
    for number in range(MET_MOST):
        accounts.find(f"player-{number}")
    assert accounts.game(first.id) is None
