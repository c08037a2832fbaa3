"""Makes the 100 000 games that are compared with what is published, and measures them."""

from fake_lichess.games import Game, SyntheticAccount
from fake_lichess.settings import EVALS_SHARE_RATIO, GAMES_DEFAULT
from tests.fidelity.measuring import SPEEDS, Measured, compressed_ratio, measure, percent, sizes
from tests.fidelity.published import AT_PLIES
from tests.made_up_world import world

# Accounts of the usual size and of the usual seed, as the server makes them when it is given no options.
ACCOUNTS = 100
GAMES = ACCOUNTS * GAMES_DEFAULT
# The share at which the benchmark's shares by speed hold as published; the default share is another source's.
BENCHMARK_SHARE_RATIO = 0.2


def corpus(evals_share_ratio: float = EVALS_SHARE_RATIO) -> list[Game]:
    """Make the games; they are the same on every machine."""
    numbers = range(GAMES_DEFAULT)
    accounts = (
        SyntheticAccount(world(0, evals_share_ratio), f"player{number}", GAMES_DEFAULT)
        for number in range(1, ACCOUNTS + 1)
    )
    return [game for account in accounts for game in account.games(numbers)]


def measured(games: list[Game]) -> Measured:
    """Measure everything that the published values are compared with."""
    # Sizes of games where all are analysed, since the few that are otherwise would stand for few lengths and lines.
    found = measure(games) | sizes(corpus(1.0), AT_PLIES)
    found["compressed, of 1 000 games"] = compressed_ratio(games[:GAMES_DEFAULT])
    with_more_analysed = corpus(BENCHMARK_SHARE_RATIO)
    for speed in SPEEDS:
        of_speed = [game for game in with_more_analysed if game.track.control.speed == speed]
        found[f"analysed among {speed} at 20 % in all"] = percent(of_speed, lambda game: game.analysed)
    return found
