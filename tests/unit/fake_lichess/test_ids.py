"""Game ids: their form, that no two games can share one, and that an id alone says which game it is."""

from math import gcd

import pytest

from fake_lichess.ids import (
    ACCOUNTS,
    ALPHABET,
    NUMBERS,
    STRIDE,
    VALUES,
    account_number,
    found_in,
    game_ids,
    named_by,
    salt_of,
)
from fake_lichess.settings import GAMES_MOST


def test_an_id_is_eight_characters_of_base_62() -> None:
    """Ids look like Lichess's."""
    [found] = game_ids(123, 456, 1, 0)
    assert len(found) == 8
    assert set(found) <= set(ALPHABET)


def test_no_two_games_share_an_id() -> None:
    """Multiplying loses nothing, and every account has room for the largest number of games: so ids are distinct."""
    assert gcd(STRIDE, VALUES) == 1
    assert GAMES_MOST < NUMBERS
    assert ACCOUNTS * NUMBERS <= VALUES
    assert len({game_id for account in range(4) for game_id in game_ids(account, 0, 20_000, 7)}) == 80_000


@pytest.mark.parametrize("salt", [0, 98_765_432_109])
@pytest.mark.parametrize(("account", "number"), [(0, 0), (1, 0), (0, 1), (77, 499_999), (ACCOUNTS - 1, NUMBERS - 1)])
def test_an_id_says_whose_game_it_is_and_which(account: int, number: int, salt: int) -> None:
    """Account and number come back out of the id, under the salt it was made with."""
    [game_id] = game_ids(account, number, 1, salt)
    assert found_in(game_id, salt) == (account, number)
    assert found_in(game_id, salt + 1) != (account, number)


def test_ids_in_a_row_are_those_asked_for_one_by_one() -> None:
    """A run of games has the ids that its games have alone."""
    assert game_ids(9, 640, 64, 5) == [game_ids(9, 640 + place, 1, 5)[0] for place in range(64)]


@pytest.mark.parametrize("text", ["", "short", "12345678x", "no id!!!", "0000000é"])
def test_what_is_no_id_names_no_game(text: str) -> None:
    """Anything but eight characters of the alphabet is no id."""
    assert found_in(text, 0) is None


@pytest.mark.parametrize("name", ["player0", "player7", "player9999999"])
def test_counted_names_are_known_by_their_number(name: str) -> None:
    """Whose games they are can be said without ever having heard of the account."""
    assert named_by(account_number(0, name)) == name
    assert account_number(0, name.upper()) == account_number(5, name)


@pytest.mark.parametrize("name", ["player", "player01", "player10000000", "magnus", "player-1"])
def test_other_names_draw_a_number_nobody_is_counted_by(name: str) -> None:
    """Their numbers depend on the seed, fit into an id, and name nobody by themselves."""
    number = account_number(0, name)
    assert number < ACCOUNTS
    assert number != account_number(1, name)
    assert named_by(number) is None


def test_seeds_make_other_ids() -> None:
    """The same game of the same name has another id in another world."""
    assert game_ids(1, 1, 1, salt_of(0)) != game_ids(1, 1, 1, salt_of(1))
