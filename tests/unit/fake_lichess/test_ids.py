"""Game ids: their form, and that no two numbers of an account can share one."""

from math import gcd

from fake_lichess.ids import ALPHABET, NUMBERS, STRIDE, game_id
from fake_lichess.settings import GAMES_MOST


def test_an_id_is_eight_characters_of_base_62() -> None:
    """Ids look like Lichess's."""
    found = game_id(123, 456, 65535, 0)
    assert len(found) == 8
    assert set(found) <= set(ALPHABET)


def test_stepping_visits_every_number_before_one_returns() -> None:
    """The step shares no factor with the count, and no account is larger than the count: so ids are distinct."""
    assert gcd(STRIDE, NUMBERS) == 1
    assert GAMES_MOST < NUMBERS


def test_a_whole_account_has_distinct_beginnings() -> None:
    """The first four characters alone tell 20 000 games apart."""
    assert len({game_id(99, number, 0, 0) for number in range(20_000)}) == 20_000
