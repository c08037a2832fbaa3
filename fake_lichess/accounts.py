"""Which accounts exist and how their games are asked for, whether made up or replayed from a file; never waits."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from fake_lichess.details import Details
from fake_lichess.games import Game, SyntheticAccount, Window, World
from fake_lichess.ids import ACCOUNTS, account_number, found_in, named_by, salt_of
from fake_lichess.in_progress import in_progress
from fake_lichess.literate import renderer
from fake_lichess.ndjson import JsonRenderer
from fake_lichess.pages import Pages, Texts
from fake_lichess.pgn import Options
from fake_lichess.selection import Filters, selected

# `LilaRouter.scala:35` of lila: anything else is no username at all.
USERNAME = re.compile(r"[a-zA-Z0-9_-]{2,30}")
INVALID_NAME = "Invalid Lichess username"
ALWAYS_THERE = "player"
# Accounts not named by a mere number whose games are found by id once somebody asked for them: a choice, more than any
# test asks for; each costs a name.
MET_MOST = 1000
# Choices of options that are kept ready, each with every text rendered under it: a choice, 10 to 40 MB for each.
WRITERS_MOST = 8


class Account(Protocol):
    """One user's games, found by number (0 is the newest) and never needed all at once."""

    name: str
    size: int

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield the id and the creation time in milliseconds of these games."""

    def rendered(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of an account besides its games."""

    closed: bool = False
    playing: int = 0  # games in progress
    bookmarks: tuple[str, ...] = ()  # ids of games, of whomever


Replay = Callable[[str], Account]  # one file's games, as the account of any name


ORDINARY = Standing()
Write = Callable[[Game], bytes]


@dataclass(frozen=True, slots=True)
class Writer:
    """What writes games under one choice of options."""

    render: Write
    pages: Pages | None = None  # writes many at once, exactly the same; None where nothing needs to be quick

    def __call__(self, game: Game) -> bytes:
        """Write one game."""
        return self.render(game)


class Synthetic:
    """A made-up account that can be rendered."""

    def __init__(self, games: SyntheticAccount, writer: Callable[[Options], Writer]) -> None:
        self.name, self.size = games.name, games.size
        self._games = games
        self._writer = writer

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""
        return self._games.numbers(window)

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield the id and the creation time in milliseconds of these games."""
        return self._games.created(numbers)

    def rendered(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games."""
        games, pages = map(self._writer(options).render, self._games.games(numbers)), self._writer(options).pages
        return games if pages is None else Texts(games, pages.written(self._games.blocks(numbers)))

    def selected(self, window: Window, filters: Filters) -> Iterator[Game | None]:
        """Yield the games that a filtered export holds, and None now and then for nothing yet."""
        return selected(self._games, window, filters)

    def written(self, games: Iterable[Game | None], options: Options) -> Iterator[bytes]:
        """Yield the text of games found, empty where there is none yet."""
        render = self._writer(options).render
        return (b"" if game is None else render(game) for game in games)

    def writer(self, options: Options) -> Write:
        """Return what writes one game under these options."""
        return self._writer(options)

    def text_of(self, game: Game, options: Options) -> bytes:
        """Return the text of a game found already."""
        return self._writer(options)(game)

    def created_of(self, game: Game) -> int:
        """Return when a game was created, in milliseconds."""
        return game.created_at_ms

    def games(self, numbers: range) -> Iterator[Game]:
        """Yield these games, in this order."""
        return self._games.games(numbers)

    def number_of(self, game_id: str) -> int | None:
        """Return which game has this id; None when none of this account has."""
        return self._games.number_of(game_id)

    def in_progress(self, games: int) -> tuple[Game, ...]:
        """Return so many games that are being played now, the newest first."""
        return in_progress(self._games, games)


class Accounts:
    """Finds accounts by name, whatever its case; holds names and sizes, never games."""

    def __init__(self, world: World, games: int, details: Details, replayed: Replay | None = None) -> None:
        self._world = world
        self._salt = salt_of(world.seed)
        self._games = games
        self._replayed = replayed
        self._created: dict[str, tuple[str, int]] = {}
        # Names by their number in ids, where the number alone does not say them: of accounts that were created, and of
        # those that were always there and somebody asked for.
        self._created_by_number: dict[int, str] = {}
        self._met_by_number: dict[int, str] = {}
        self._standing: dict[str, Standing] = {}
        self._people = frozenset(name.lower() for name in world.opponents)
        self._writer = lru_cache(WRITERS_MOST)(lambda options: _writer(options, details))

    def create(self, name: str, games: int) -> None:
        """Make an account exist with this many games, or change how many it has."""
        self._created[name.lower()] = (name, games)
        self._created_by_number[account_number(self._world.seed, name)] = name

    def find(self, name: str) -> Account | None:
        """Return the account of this name; None when there is no such user."""
        if not USERNAME.fullmatch(name):
            return None
        user = name.lower()
        created = self._created.get(user)
        if created is None and user.startswith(ALWAYS_THERE):
            if self._replayed is not None:
                return self._replayed(user)
            self._meet(user)
            created = (user, self._games)
        if created is None:
            return None
        return Synthetic(SyntheticAccount(self._world, *created), self._writer)

    def exists(self, name: str) -> bool:
        """Say whether somebody has this name: an account, or one of the people whom accounts play."""
        return name.lower() in self._people or self.find(name) is not None

    def stand(self, name: str, standing: Standing) -> None:
        """Change what is true of an account besides its games."""
        self._standing[name.lower()] = standing

    def standing(self, name: str) -> Standing:
        """Return what is true of an account besides its games."""
        return self._standing.get(name.lower(), ORDINARY)

    def playing(self, account: Account) -> tuple[Game, ...]:
        """Return the games that the account's owner plays now, the newest first."""
        standing = self.standing(account.name)
        return account.in_progress(standing.playing) if isinstance(account, Synthetic) and standing.playing else ()

    def owner_of(self, game_id: str) -> Synthetic | None:
        """Return the account whose game this would be: the id says it, of any account there is."""
        number, _ = found_in(game_id, self._salt) or (ACCOUNTS, 0)
        name = named_by(number) or self._created_by_number.get(number) or self._met_by_number.get(number)
        account = None if name is None else self.find(name)
        return account if isinstance(account, Synthetic) else None

    def game(self, game_id: str) -> Game | None:
        """Return the game with this id, of any account there is, in progress or over."""
        account = self.owner_of(game_id)
        if account is None:
            return None
        number = account.number_of(game_id)
        if number is not None:
            return next(account.games(range(number, number + 1)))
        return next((game for game in self.playing(account) if game.id == game_id), None)

    def _meet(self, user: str) -> None:
        number = account_number(self._world.seed, user)
        if named_by(number) is not None:
            return
        self._met_by_number.pop(number, None)
        self._met_by_number[number] = user
        if len(self._met_by_number) > MET_MOST:
            del self._met_by_number[next(iter(self._met_by_number))]


def _writer(options: Options, details: Details) -> Writer:
    if options.as_json:
        return Writer(JsonRenderer(options, details).render)
    made = renderer(options, details)
    return Writer(made.render, None if options.literate else Pages(made, tags=options.tags))
