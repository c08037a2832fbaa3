"""Both forms of a game agree whyever it was played: 2 000 games of the ten thousand, none an ordinary one."""

from collections import Counter
from itertools import islice

from hypothesis import given, settings
from hypothesis.strategies import integers

from fake_lichess.games import SyntheticAccount
from fake_lichess.settings import GAMES_MOST
from tests.laws.agreement import all_agree, names
from tests.made_up_world import world

EXAMPLES, GAMES_EACH = 20, 100
SOURCES = {"ai", "arena", "friend", "import", "lobby", "swiss"}  # lobby: against a titled player


def test_every_occasion_agrees_in_both_forms() -> None:
    """Tournaments, berserks, titles, friends, the computer, passers-by and imports say the same in both forms."""
    met, sources = Counter[str](), Counter[str]()

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(seed=integers(0, 3), name=names, first=integers(0, GAMES_MOST - 20_000))
    def peculiar(seed: int, name: str, first: int) -> None:
        games = SyntheticAccount(world(seed, 0.5), name, GAMES_MOST).games(range(first, first + 20_000))
        chosen = list(islice((game for game in games if game.occasion is not None), GAMES_EACH))
        met["games"] += all_agree(chosen)
        sources.update(game.occasion.source for game in chosen if game.occasion is not None)

    peculiar()
    assert met["games"] >= EXAMPLES * GAMES_EACH
    assert set(sources) == SOURCES
