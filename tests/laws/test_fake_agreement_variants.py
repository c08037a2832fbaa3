"""Both forms of a game agree in every variant, the rarest too: 2 000 games of the ten thousand."""

from collections import Counter
from itertools import islice

from hypothesis import given, settings
from hypothesis.strategies import integers

from fake_lichess.games import SyntheticAccount
from fake_lichess.pgn import VARIANT_NAMES
from fake_lichess.settings import GAMES_MOST
from tests.laws.agreement import all_agree, names
from tests.made_up_world import world

# Each example takes so many games of each of nine variants; for the rarest some 40 000 are looked through.
EXAMPLES, GAMES_EACH = 6, 40
VARIANTS = tuple(variant for variant in VARIANT_NAMES if variant != "standard")


def test_every_variant_agrees_in_both_forms() -> None:
    """Start positions, drops, given checks and endings of their own: all are legal, and the same in both forms."""
    met = Counter[str]()

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(seed=integers(0, 3), name=names)
    def each(seed: int, name: str) -> None:
        games = list(SyntheticAccount(world(seed, 0.5), name, GAMES_MOST).games(range(40_000)))
        for variant in VARIANTS:
            of_it = (game for game in games if game.track.control.variant == variant)
            met[variant] += all_agree(islice(of_it, GAMES_EACH))

    each()
    assert {variant for variant, count in met.items() if count >= EXAMPLES * GAMES_EACH} == set(VARIANTS)
