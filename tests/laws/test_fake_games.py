"""Laws of synthetic accounts: legal, repeatable, in order, and windows that fit together."""

import io
from itertools import pairwise

import chess.pgn
from hypothesis import given, settings
from hypothesis.strategies import booleans, builds, integers, none, sampled_from, text

from fake_lichess.games import SyntheticAccount, Window
from fake_lichess.history import BLOCK_GAMES, NEWEST_MS, block_at, block_end_ms
from fake_lichess.pgn import TERMINATION, Options, Renderer
from fake_lichess.settings import GAMES_MOST
from tests.made_up_world import world

# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)

names = text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=2, max_size=30)
numbers = integers(0, GAMES_MOST - 1)
accounts = builds(
    lambda seed, name, size: SyntheticAccount(world(seed), name, size), integers(0, 3), names, integers(1, GAMES_MOST)
)
options = builds(Options, clocks=booleans(), evals=booleans(), opening=booleans())
instants = integers(NEWEST_MS - 14 * 365 * 86_400_000, NEWEST_MS + 86_400_000)
bounds = none() | instants


@unhurried
@given(seed=integers(0, 3), name=names, number=numbers, choice=options)
def test_every_game_parses_without_errors_and_is_what_it_says(
    seed: int, name: str, number: int, choice: Options
) -> None:
    """A strict reader finds legal moves, the tags promised, and an end of the game that fits the board."""
    [game] = SyntheticAccount(world(seed, 0.5), name, GAMES_MOST).games(range(number, number + 1))
    text = Renderer(choice).render(game).decode()
    assert text.endswith("\n\n\n")
    read = chess.pgn.read_game(io.StringIO(text))
    assert read is not None
    assert read.errors == []
    # The reader's own notation leaves out which piece is dropped when it is a pawn.
    assert [node.san() for node in read.mainline()] == [san.replace("P@", "@") for san in game.track.moves]
    tags = read.headers
    assert (tags["Site"], tags["GameId"]) == (f"https://lichess.org/{game.id}", game.id)
    assert tags["Termination"] == TERMINATION[game.track.status]
    assert ("Opening" in tags) == choice.opening
    outcome = read.end().board().outcome()
    assert tags["Result"] == (outcome.result() if outcome else game.track.sequence.result)
    if game.track.status != "draw":
        assert (game.track.status in ("mate", "stalemate", "variantEnd")) == (outcome is not None)
    timed = game.track.control.days_per_move is None and (game.occasion is None or game.occasion.source != "import")
    for node in read.mainline():
        assert (node.clock() is not None) == (choice.clocks and timed)
        mating = node.is_end() and game.track.status in ("mate", "variantEnd")
        assert (node.eval() is not None) == (choice.evals and game.analysed and not mating)


@unhurried
@given(seed=integers(0, 3), name=names, first=numbers, more=integers(0, 200), choice=options)
def test_the_same_account_and_number_give_the_same_bytes(
    seed: int, name: str, first: int, more: int, choice: Options
) -> None:
    """Whatever was computed before, in whichever order: a game only depends on seed, user and number."""
    run = range(first, first + more)
    one, other = (SyntheticAccount(world(seed), spelling, GAMES_MOST) for spelling in (name, name))
    forwards = [Renderer(choice).render(game) for game in one.games(run)]
    backwards = [Renderer(choice).render(game) for game in other.games(run[::-1])]
    assert forwards == backwards[::-1]


@unhurried
@given(account=accounts, first=numbers)
def test_games_are_strictly_older_with_every_number(account: SyntheticAccount, first: int) -> None:
    """No two games of an account begin in the same millisecond, across blocks too."""
    times = [at_ms for _, at_ms in account.created(range(first, first + 3 * BLOCK_GAMES))]
    assert all(newer > older for newer, older in pairwise(times))
    assert times[0] <= NEWEST_MS


@unhurried
@given(account=accounts, first=numbers)
def test_the_quick_list_of_games_is_the_true_one(account: SyntheticAccount, first: int) -> None:
    """Ids and times told to the harness are those of the games themselves."""
    run = range(first, first + 100)
    assert list(account.created(run)) == [(game.id, game.created_at_ms) for game in account.games(run)]


@unhurried
@given(account=accounts, first=numbers, apart=integers(1, GAMES_MOST))
def test_ids_are_distinct_within_an_account(account: SyntheticAccount, first: int, apart: int) -> None:
    """However far apart two games lie, they have different ids."""
    [(one, _)] = account.created(range(first, first + 1))
    [(other, _)] = account.created(range(first + apart, first + apart + 1))
    assert one != other


@unhurried
@given(block=integers(0, GAMES_MOST // BLOCK_GAMES))
def test_an_instant_leads_back_to_its_block(block: int) -> None:
    """The first and the last instant of a block's span belong to it and to no other."""
    assert block_at(block_end_ms(block)) == block
    assert block_at(block_end_ms(block + 1) + 1) == block
    assert block_end_ms(block + 1) < block_end_ms(block) - BLOCK_GAMES


@unhurried
@given(account=accounts, since=bounds, until=bounds)
def test_a_window_holds_exactly_the_games_between_its_bounds(
    account: SyntheticAccount, since: int | None, until: int | None
) -> None:
    """The games at both edges are inside, their neighbours outside."""
    found = account.numbers(Window(since, until))
    edges = [
        number for number in (found.start - 1, found.start, found.stop - 1, found.stop) if 0 <= number < account.size
    ]
    for number in edges:
        [(_, at_ms)] = account.created(range(number, number + 1))
        inside = (since is None or at_ms >= since) and (until is None or at_ms < until)
        assert (number in found) == inside


@unhurried
@given(account=accounts, cut=instants, since=bounds, until=bounds, oldest_first=booleans())
def test_two_windows_that_meet_are_the_whole(
    account: SyntheticAccount, cut: int, since: int | None, until: int | None, *, oldest_first: bool
) -> None:
    """Cutting a window at any instant loses no game and doubles none."""
    between = cut if since is None else max(cut, since)
    between = between if until is None else min(between, until)
    whole = account.numbers(Window(since, until, None, oldest_first))
    older = account.numbers(Window(since, between, None, oldest_first))
    newer = account.numbers(Window(between, until, None, oldest_first))
    parts = (older, newer) if oldest_first else (newer, older)
    assert sum(map(len, parts)) == len(whole)
    joined = [part for part in parts if part]
    assert not whole or (joined[0][0], joined[-1][-1]) == (whole[0], whole[-1])


@unhurried
@given(account=accounts, since=bounds, most=integers(1, 1000), oldest_first=booleans())
def test_the_most_are_the_first_of_the_window(
    account: SyntheticAccount, since: int | None, most: int, *, oldest_first: bool
) -> None:
    """`max` keeps the beginning of the order asked for."""
    whole = account.numbers(Window(since, None, None, oldest_first))
    assert account.numbers(Window(since, None, most, oldest_first)) == whole[:most]


@unhurried
@given(name=names, spelling=sampled_from([str.lower, str.upper]))
def test_the_case_of_a_name_changes_no_game(name: str, spelling: object) -> None:
    """User names ignore case, so ids and times do too."""
    assert callable(spelling)
    one, other = (SyntheticAccount(world(0), each, 100) for each in (name, spelling(name)))
    assert list(one.created(range(100))) == list(other.created(range(100)))
