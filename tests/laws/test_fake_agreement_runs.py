"""Both forms of a game agree in long runs of games of large accounts: 3 000 games of the ten thousand."""

from collections import Counter

from hypothesis import given, settings
from hypothesis.strategies import integers

from fake_lichess.games import SyntheticAccount
from fake_lichess.settings import GAMES_MOST
from tests.laws.agreement import all_agree, names
from tests.made_up_world import world

RUNS, RUN_GAMES = 30, 100


def test_runs_of_games_agree_in_both_forms() -> None:
    """Wherever in an account's history: PGN without errors, legal moves to the last position, the same in JSON."""
    met = Counter[str]()

    @settings(deadline=None, max_examples=RUNS)
    @given(seed=integers(0, 3), name=names, first=integers(0, GAMES_MOST - RUN_GAMES))
    def run(seed: int, name: str, first: int) -> None:
        account = SyntheticAccount(world(seed, 0.5), name, GAMES_MOST)
        met["games"] += all_agree(account.games(range(first, first + RUN_GAMES)))

    run()
    assert met["games"] >= RUNS * RUN_GAMES
