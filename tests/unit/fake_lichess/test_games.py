"""Synthetic accounts: windows, order, ratings and the statistics of a large account."""

import tracemalloc
from collections import Counter
from statistics import mean, quantiles

import pytest

from fake_lichess.games import Window
from fake_lichess.history import NEWEST_MS
from fake_lichess.settings import GAMES_MOST
from fake_lichess.sheets import NEAR
from tests.made_up_world import account

MANY = 40_000


def test_names_differ_only_by_more_than_case() -> None:
    """Lichess's user names ignore case, so the same games belong to both spellings."""
    one, other = (account(name).created(range(5)) for name in ("PlayerOne", "playerone"))
    assert list(one) == list(other)


def test_the_owner_plays_in_every_game_and_on_both_sides() -> None:
    """Each game has the account's owner as White or as Black, about as often, unless it was imported."""
    games = list(account().games(range(1000)))
    whites = [game.white == "player" for game in games]
    imported = [game for game in games if game.occasion and game.occasion.source == "import"]
    assert all("player" in (game.white, game.black) for game in games if game not in imported)
    assert 400 < sum(whites) < 600


def test_a_larger_account_only_reaches_further_back() -> None:
    """The newest games stay the same however many there are."""
    small, large = (list(account(games=games).games(range(100))) for games in (100, 100_000))
    assert small == large


def test_an_open_window_is_the_whole_account() -> None:
    """Without bounds every game is found, newest first."""
    assert account(games=1000).numbers(Window()) == range(1000)


def test_the_most_are_the_newest_or_the_oldest() -> None:
    """`max` cuts after sorting: newest first gives the newest, oldest first the oldest."""
    assert list(account(games=1000).numbers(Window(most=2))) == [0, 1]
    assert list(account(games=1000).numbers(Window(most=2, oldest_first=True))) == [999, 998]


def test_since_includes_and_until_excludes() -> None:
    """A game created exactly at a bound belongs to `since` and not to `until`."""
    times = [at_ms for _, at_ms in account().created(range(1000))]
    assert list(account().numbers(Window(since_ms=times[200], until_ms=times[100]))) == list(range(101, 201))


@pytest.mark.parametrize("window", [Window(since_ms=NEWEST_MS + 1), Window(until_ms=0), Window(since_ms=5, until_ms=4)])
def test_an_empty_window_holds_nothing(window: Window) -> None:
    """Bounds that leave nothing out of order or out of time give no games."""
    assert not account().numbers(window)


def test_oldest_first_is_newest_first_backwards() -> None:
    """Both orders hold the same games."""
    numbers = account(games=300).numbers(Window(oldest_first=True))
    backwards = list(account(games=300).games(numbers))
    assert backwards[::-1] == list(account(games=300).games(range(300)))


def test_an_account_of_half_a_million_games_costs_no_more_than_a_small_one() -> None:
    """Finding and computing games in the middle of the largest account allocates next to nothing."""
    middle = NEWEST_MS - 6 * 365 * 86_400_000
    list(account(games=500).games(range(500)))
    tracemalloc.start()
    numbers = account(games=GAMES_MOST).numbers(Window(until_ms=middle, most=500))
    games = sum(1 for _ in account(games=GAMES_MOST).games(numbers))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert games == 500
    assert peak_bytes < 2_000_000


def test_ratings_follow_results() -> None:
    """Within a block, each rating is the previous one of that kind plus what that game won."""
    games = [game for game in account().games(range(63, -1, -1)) if game.rated]
    strength: dict[str, int] = {}
    for game in games:
        mine = game.white_elo if game.white == "player" else game.black_elo
        perf = game.track.control.perf
        assert mine is not None
        assert strength.get(perf, mine) == mine
        strength[perf] = mine + (game.change or 0) * (1 if game.white == "player" else -1)


def test_winners_gain_and_casual_games_change_nothing() -> None:
    """The winner's rating never falls; casual and unplayed games leave ratings alone."""
    for game in account().games(range(1000)):
        if not game.rated or game.track.points is None:
            assert game.change is None
        elif game.track.points == 2:
            assert game.change is not None
            assert game.change > 0
        if game.white_elo is not None and game.black_elo is not None:
            assert abs(game.white_elo - game.black_elo) <= NEAR


def test_lengths_are_those_of_real_games() -> None:
    """Mean 67 plies; 5, 50 and 95 per cent near 20, 62 and 125; zero-move games between 0.1 and 0.3 per cent."""
    plies = [game.track.plies for game in account(games=MANY).games(range(MANY))]
    cuts = quantiles(plies, n=20)
    assert mean(plies) == pytest.approx(67, abs=3)
    assert cuts[0] == pytest.approx(20, abs=3)
    assert cuts[9] == pytest.approx(62, abs=4)
    assert cuts[18] == pytest.approx(125, abs=10)
    assert 0.001 < plies.count(0) / MANY < 0.003


def test_results_and_endings_are_those_of_real_games() -> None:
    """White wins 49.8 %, Black 46.4 %, 3.8 % are drawn; a quarter of analysed games is lost on time (24.1 %)."""
    results, statuses = Counter[str](), Counter[str]()
    for game in account(games=MANY).games(range(MANY)):
        results[game.track.sequence.result] += 1
        statuses[game.track.status] += game.analysed
    assert results["1-0"] / MANY == pytest.approx(0.498, abs=0.02)
    assert results["0-1"] / MANY == pytest.approx(0.464, abs=0.02)
    assert results["1/2-1/2"] / MANY == pytest.approx(0.038, abs=0.01)
    assert statuses["outoftime"] / statuses.total() == pytest.approx(0.241, abs=0.03)
    assert statuses["cheat"] == statuses["noStart"] == 0


def test_time_controls_and_analysis_are_spread_as_published() -> None:
    """Bullet and blitz together are 79 % of games; 14.7 % of all games are analysed."""
    games = list(account(games=MANY).games(range(MANY)))
    speeds = Counter(game.track.control.speed for game in games)
    assert (speeds["bullet"] + speeds["blitz"]) / MANY == pytest.approx(0.79, abs=0.03)
    assert Counter(game.track.control.text for game in games)["60+0"] / MANY == pytest.approx(0.25, abs=0.03)
    assert sum(game.analysed for game in games) / MANY == pytest.approx(0.147, abs=0.02)


def test_variants_and_occasions_have_their_shares() -> None:
    """Two to four games in a hundred are variants, about one in ten is a tournament's, one in a hundred an import."""
    games = list(account(games=MANY).games(range(MANY)))
    variants = Counter(game.track.control.variant for game in games)
    sources = Counter(game.occasion.source for game in games if game.occasion)
    assert len(variants) == 10
    assert 0.02 < 1 - variants["standard"] / MANY < 0.04
    assert (sources["arena"] + sources["swiss"]) / MANY == pytest.approx(0.104, abs=0.01)
    assert sources["import"] / MANY == pytest.approx(0.01, abs=0.003)
    assert sources["ai"] / MANY == pytest.approx(0.01, abs=0.003)
    assert sum(True in game.occasion.berserk for game in games if game.occasion) > 100
    assert sum(game.occasion.titles != (None, None) for game in games if game.occasion) > 100


def test_a_game_is_found_by_its_id_and_no_other() -> None:
    """Ids lead back to games; those of other accounts, and texts that are no ids, lead nowhere."""
    mine, other = account(games=500), account("other", games=500)
    for number, (game_id, _) in enumerate(mine.created(range(500))):
        assert mine.number_of(game_id) == number
        assert other.number_of(game_id) is None
    assert [mine.number_of(text) for text in ("", "short", "12345678x", "no id!!!")] == [None] * 4
