"""Laws of filtered exports: the search index's dates, bounds, order and omissions, and which games match."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis.strategies import booleans, frozensets, integers, lists, none, sampled_from, tuples

from fake_lichess.games import Game, SyntheticAccount, Window
from fake_lichess.history import NEWEST_MS
from fake_lichess.selection import (
    CORRESPONDENCE_MS_MOST,
    LOOKS_AT_ONCE,
    TIMED_MS_MOST,
    Filters,
    first,
    matching,
    moved_ms,
    selected,
)
from fake_lichess.settings import GAMES_MOST
from fake_lichess.tracks import PERFS
from tests.made_up_world import account, pool

# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)
SIZE = 700
ALL = list(account(games=SIZE).games(range(SIZE)))
SEARCHED = Filters(rated=True)
perhaps = none() | booleans()
filters = tuples(
    frozensets(sampled_from(PERFS), max_size=3), perhaps, none() | sampled_from(["white", "black"]), perhaps
).map(lambda chosen: Filters(*chosen))
bounds = none() | integers(NEWEST_MS - 150 * 86_400_000, NEWEST_MS + 86_400_000)


def chosen(account: SyntheticAccount, window: Window, wanted: Filters) -> Iterator[Game]:
    """Select games, and leave out what only says that there is none yet."""
    return (game for game in selected(account, window, wanted) if game is not None)


def matches(game: Game, wanted: Filters) -> bool:
    """Say the same as the filters, in other words."""
    imported = game.occasion is not None and game.occasion.source == "import"
    owners_side = "white" if game.white == "player" else "black"
    return (
        not imported
        and (not wanted.perfs or game.track.control.perf in wanted.perfs)
        and (wanted.rated is None or wanted.rated == game.rated)
        and (wanted.analysed is None or wanted.analysed == game.analysed)
        and (wanted.color is None or wanted.color == owners_side)
    )


@unhurried
@given(wanted=filters, since=bounds, until=bounds, oldest_first=booleans())
def test_a_search_finds_exactly_the_matching_games_by_their_last_move(
    wanted: Filters, since: int | None, until: int | None, *, oldest_first: bool
) -> None:
    """Whole seconds of the last move, both bounds included and swapped when they are the wrong way round."""
    if not wanted.searched:
        wanted = SEARCHED
    found = list(chosen(account(games=SIZE), Window(since, until, None, oldest_first), wanted))
    low, high = since, until
    if since is not None and until is not None and since > until:
        low, high = until, since
    expected = [
        game.id
        for game in ALL
        if matches(game, wanted)
        and (low is None or moved_ms(game) // 1000 >= low // 1000)
        and (high is None or moved_ms(game) // 1000 <= high // 1000)
    ]
    assert sorted(game.id for game in found) == sorted(expected)
    times = [moved_ms(game) for game in found]
    assert times == sorted(times, reverse=not oldest_first)


@unhurried
@given(wanted=filters, most=integers(1, 50))
def test_a_search_stops_at_the_most_asked_for(wanted: Filters, most: int) -> None:
    """`max` keeps the beginning of the order."""
    few = [game.id for game in chosen(account(games=SIZE), Window(most=most), wanted)]
    assert few == [game.id for game in chosen(account(games=SIZE), Window(), wanted)][:most]


def test_an_opponent_alone_asks_the_database() -> None:
    """`vs` keeps imported games possible and the order by creation."""
    opponent = ALL[5].black if ALL[5].white == "player" else ALL[5].white
    found = list(chosen(account(games=SIZE), Window(), Filters(opponent=opponent.lower())))
    assert [game.id for game in found] == [game.id for game in ALL if opponent in (game.white, game.black)]


def test_winners_and_losers_are_told_apart() -> None:
    """`wonBy` the owner and `lostBy` the owner are disjoint and leave out draws."""
    won, lost = (
        [game.id for game in chosen(account(games=SIZE), Window(), wanted)]
        for wanted in (Filters(won_by="player"), Filters(lost_by="player"))
    )
    assert not set(won) & set(lost)
    decided = [game for game in ALL if "player" in (game.white, game.black) and game.track.sequence.result != "1/2-1/2"]
    assert len(won) + len(lost) == len(decided)


def test_no_game_lasts_longer_than_the_search_looks() -> None:
    """The order by last move is only right as far back as it looks."""
    for number, row in enumerate(pool().rows):
        for position in range(0, len(row), 5):
            track = row[position] or pool().make(number, position)
            most = TIMED_MS_MOST if track.control.days_per_move is None else CORRESPONDENCE_MS_MOST
            assert track.duration_ms <= most


@unhurried
@given(wanted=filters | sampled_from([Filters(opponent="nobody")]), oldest_first=booleans())
def test_a_search_says_often_that_it_has_nothing_yet(wanted: Filters, *, oldest_first: bool) -> None:
    """However little matches, others get their turn: at least once for every so many games gone through."""
    found = selected(account(games=SIZE), Window(oldest_first=oldest_first), wanted)
    assert sum(game is None for game in found) >= SIZE // LOOKS_AT_ONCE


@given(found=lists(none() | integers(1, 9)), most=none() | integers(0, 9))
def test_what_says_nothing_yet_does_not_count(found: list[int | None], most: int | None) -> None:
    """The first so many are what is there; nothing behind the last of them is looked at."""
    kept = list(first(iter(found), most))
    there = [one for one in found if one]
    assert [one for one in kept if one] == there[:most]
    assert kept == found[: len(kept)]
    assert not kept or len(there) <= len(kept) or most is None or kept[-1]


def test_a_search_of_the_largest_account_begins_at_once() -> None:
    """The newest games of half a million are found without going through the rest."""
    large = account(games=GAMES_MOST)
    found = list(chosen(large, Window(most=10), SEARCHED))
    assert len(found) == 10


@unhurried
@given(since=bounds, until=bounds, opponent=none() | sampled_from([game.black.lower() for game in ALL[:50]]))
def test_few_games_are_found_as_the_database_finds_many(
    since: int | None, until: int | None, opponent: str | None
) -> None:
    """Looking at games one by one finds those that the account's window and opponent mean, in the same order."""
    window, wanted = Window(since, until), Filters(opponent=opponent)
    found = [game.id for game in matching(ALL, window, wanted, "Player")]
    assert found == [game.id for game in chosen(account(games=SIZE), window, wanted)]
