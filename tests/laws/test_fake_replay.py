"""Laws of replay: what Lichess exported comes back byte for byte, and windows count the same."""

from hypothesis import given, settings
from hypothesis.strategies import booleans, builds, integers

from fake_lichess.games import SyntheticAccount
from fake_lichess.pgn import Options, Renderer
from fake_lichess.reading import FoundGame, as_lichess, split
from fake_lichess.replay import render
from tests.made_up_world import world

# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)

options = builds(Options, clocks=booleans(), evals=booleans(), opening=booleans(), moves=booleans(), tags=booleans())
EVERYTHING = Renderer(Options(clocks=True, evals=True, opening=True))


@unhurried
@given(seed=integers(0, 3), first=integers(0, 499_000), games=integers(1, 20), choice=options)
def test_a_full_export_replayed_is_the_export_under_any_options(
    seed: int, first: int, games: int, choice: Options
) -> None:
    """Exporting everything, replaying the file and exporting again equals exporting directly.

    Imported games may show only when they were played, so their creation cannot be read back.
    """
    played = list(SyntheticAccount(world(seed, 0.5), "player", 500_000).games(range(first, first + games)))
    file = b"".join(map(EVERYTHING.render, played)).decode()
    found = [as_lichess(raw) for raw in split(file.splitlines(keepends=True))]
    direct = Renderer(choice)
    for game, again in zip(played, found, strict=True):
        assert isinstance(again, FoundGame)
        if game.occasion is None or game.occasion.played_on is None:
            assert again.created_at_ms == game.created_at_ms // 1000 * 1000
        assert render(again, choice) == direct.render(game)
