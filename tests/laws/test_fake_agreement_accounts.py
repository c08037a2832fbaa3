"""Both forms of a game agree in whole accounts, as they are served without options: 3 000 games of the ten thousand."""

from collections import Counter

from hypothesis import given, settings
from hypothesis.strategies import integers

from fake_lichess.games import SyntheticAccount
from tests.laws.agreement import all_agree, names
from tests.made_up_world import world

ACCOUNTS, ACCOUNT_GAMES = 15, 200


def test_whole_accounts_agree_in_both_forms() -> None:
    """Whoever is asked for, the oldest game first: PGN without errors, legal moves, the same in JSON."""
    met = Counter[str]()

    @settings(deadline=None, max_examples=ACCOUNTS)
    @given(seed=integers(4, 7), name=names)
    def whole(seed: int, name: str) -> None:
        account = SyntheticAccount(world(seed), name, ACCOUNT_GAMES)
        met["games"] += all_agree(account.games(range(ACCOUNT_GAMES)[::-1]))

    whole()
    assert met["games"] >= ACCOUNTS * ACCOUNT_GAMES
