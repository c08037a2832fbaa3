"""Which games a filtered export holds: Lichess's search engine, with its own dates, bounds and omissions; no I/O.

Any of perfType, rated, color and analysed makes Lichess ask its search index instead of its database: games are then
dated by their last move, in whole seconds, with both bounds included; imported games are missing. Sources:
GameApiV2.scala:113 of lila; Range.scala and MongoGame.scala of lila-search.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush, merge
from typing import NamedTuple, Protocol, TypeVar

from fake_lichess.games import Game, Window
from fake_lichess.tracks import DAY_MS, LASTS_DAYS_MOST

# No game with clocks lasts longer than this: half an hour and twenty seconds a move for each side, over 115 moves.
TIMED_MS_MOST = DAY_MS // 4
CORRESPONDENCE_MS_MOST = LASTS_DAYS_MOST * DAY_MS
# The search stops there (`Size(config.max.fold(500_000)...)` of lila).
FOUND_MOST = 500_000
WINNERS = {"1-0": 0, "0-1": 1}
# After so many games looked at, found or not, a search says that it has nothing yet: going through half a million that
# do not match takes seconds, in which nobody else would be answered. A choice: about a millisecond of work.
LOOKS_AT_ONCE = 128
T = TypeVar("T")


class Filters(NamedTuple):
    """What games are asked for besides their dates; None and nothing mean all."""

    perfs: frozenset[str] = frozenset()
    rated: bool | None = None
    color: str | None = None  # white or black: the side the account's owner played
    analysed: bool | None = None
    opponent: str | None = None  # user ids, in lower case
    won_by: str | None = None
    lost_by: str | None = None

    @property
    def searched(self) -> bool:
        """Say whether the search engine answers instead of the database."""
        return bool(self.perfs) or (self.rated, self.color, self.analysed) != (None, None, None)


class Listed(Protocol):
    """An account whose games can be looked at."""

    @property
    def name(self) -> str:
        """Return the owner's name."""

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""

    def games(self, numbers: range) -> Iterator[Game]:
        """Yield these games, in this order."""


def moved_ms(game: Game) -> int:
    """Return when the last move was made; imported games were never played here."""
    imported = game.occasion is not None and game.occasion.source == "import"
    return game.created_at_ms + (0 if imported else game.track.duration_ms)


def selected(account: Listed, window: Window, filters: Filters) -> Iterator[Game | None]:
    """Yield the games asked for, in the order asked for, and None now and then for nothing yet; holds few of them."""
    owner = account.name.lower()
    if filters.searched:
        return first(_searched(account, window, filters, owner), window.most or FOUND_MOST)
    games = account.games(account.numbers(window._replace(most=None)))
    return first(combed(games, lambda game: _matches(game, filters, owner)), window.most)


def combed(games: Iterable[Game], wanted: Callable[[Game], bool]) -> Iterator[Game | None]:
    """Yield the games that are wanted, and None whenever a good many were looked at."""
    for looked, game in enumerate(games, 1):
        if wanted(game):
            yield game
        if looked % LOOKS_AT_ONCE == 0:
            yield None


def first(found: Iterable[T], most: int | None) -> Iterator[T]:
    """Stop after so many; what says that there is nothing yet, None or an empty text, does not count."""
    if most == 0:
        return
    left = most
    for one in found:
        yield one
        if left is not None and one:
            left -= 1
            if left == 0:
                return


def matching(games: Iterable[Game], window: Window, filters: Filters, owner: str) -> Iterator[Game]:
    """Yield those of a few games that are asked for, found by their creation as the database finds them."""
    for game in games:
        since = window.since_ms is None or game.created_at_ms >= window.since_ms
        until = window.until_ms is None or game.created_at_ms < window.until_ms
        if since and until and _matches(game, filters, owner.lower()):
            yield game


def _matches(game: Game, filters: Filters, owner: str) -> bool:
    white, black = game.white.lower(), game.black.lower()
    if filters.opponent is not None and filters.opponent not in (white, black):
        return False
    if not filters.searched:
        return _won(game, filters, (white, black))
    wanted = (
        game.track.control.perf in filters.perfs or not filters.perfs,
        filters.rated in (None, game.rated),
        filters.analysed in (None, game.analysed),
        filters.color is None or (white if filters.color == "white" else black) == owner,
        game.occasion is None or game.occasion.source != "import",
    )
    return all(wanted) and _won(game, filters, (white, black))


def _won(game: Game, filters: Filters, players: tuple[str, str]) -> bool:
    """Say whether the right player won."""
    if filters.won_by is None and filters.lost_by is None:
        return True
    side = WINNERS.get(game.track.sequence.result)
    if side is None:
        return False
    return filters.won_by in (None, players[side]) and filters.lost_by in (None, players[1 - side])


def _searched(account: Listed, window: Window, filters: Filters, owner: str) -> Iterator[Game | None]:
    """Yield matching games by last move, and None whenever a good many were looked at."""
    bounds = [window.since_ms, window.until_ms]
    if window.since_ms is not None and window.until_ms is not None and window.since_ms > window.until_ms:
        bounds.reverse()
    since_s, until_s = (None if bound is None else bound // 1000 for bound in bounds)
    reach = Window(
        None if since_s is None else since_s * 1000 - CORRESPONDENCE_MS_MOST,
        None if until_s is None else until_s * 1000 + 1000,
        None,
        window.oldest_first,
    )
    numbers = account.numbers(reach)
    games = _oldest_first(account, numbers) if window.oldest_first else _newest_first(account, numbers)
    for game in games:
        if game is None:
            yield None
            continue
        at_s = moved_ms(game) // 1000
        inside = (since_s is None or at_s >= since_s) and (until_s is None or at_s <= until_s)
        if inside and _matches(game, filters, owner):
            yield game


def _oldest_first(account: Listed, numbers: range) -> Iterator[Game | None]:
    """Sort by last move: a game may go out once the next one was created after its end."""
    waiting: list[tuple[int, int, Game]] = []
    for number, game in zip(numbers, account.games(numbers), strict=True):
        if number % LOOKS_AT_ONCE == 0:
            yield None
        while waiting and waiting[0][0] < game.created_at_ms:
            yield heappop(waiting)[2]
        heappush(waiting, (moved_ms(game), -number, game))
    while waiting:
        yield heappop(waiting)[2]


def _newest_first(account: Listed, numbers: range) -> Iterator[Game | None]:
    """Sort by last move, looking only as far into the past as a game of its kind can last."""
    slow = _falling(account, numbers, CORRESPONDENCE_MS_MOST, timed=False)
    fast = _falling(account, numbers, TIMED_MS_MOST, timed=True)
    return (game for _, _, game in merge(slow, fast))


def _falling(account: Listed, numbers: range, lasts_ms: int, *, timed: bool) -> Iterator[tuple[int, int, Game | None]]:
    """Yield games of one kind with the latest end first, each behind the key it is sorted by.

    A None that says nothing was found yet has the key that no later game comes before.
    """
    waiting: list[tuple[int, int, Game]] = []
    for number, game in zip(numbers, account.games(numbers), strict=True):
        latest_ms = game.created_at_ms + lasts_ms
        while waiting and -waiting[0][0] >= latest_ms:
            yield heappop(waiting)
        if number % LOOKS_AT_ONCE == 0:
            yield -latest_ms, -1, None
        if (game.track.control.days_per_move is None) == timed:
            heappush(waiting, (-moved_ms(game), number, game))
    while waiting:
        yield heappop(waiting)
