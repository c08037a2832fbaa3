"""Which accounts exist and how their games are asked for, whether made up or replayed from a file; never waits."""

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from fake_lichess.games import SyntheticAccount, Window, World
from fake_lichess.pgn import Options, Renderer

# `LilaRouter.scala:35` of lila: anything else is no username at all.
USERNAME = re.compile(r"[a-zA-Z0-9_-]{2,30}")
ALWAYS_THERE = "player"


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


Replay = Callable[[str], Account]  # one file's games, as the account of any name


class Synthetic:
    """A made-up account that can be rendered."""

    def __init__(self, games: SyntheticAccount, renderers: dict[Options, Renderer]) -> None:
        self.name, self.size = games.name, games.size
        self._games = games
        self._renderers = renderers

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""
        return self._games.numbers(window)

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield the id and the creation time in milliseconds of these games."""
        return self._games.created(numbers)

    def rendered(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games."""
        return map(self._renderers.setdefault(options, Renderer(options)).render, self._games.games(numbers))


class Accounts:
    """Finds accounts by name, whatever its case; holds names and sizes, never games."""

    def __init__(self, world: World, games: int, replayed: Replay | None = None) -> None:
        self._world = world
        self._games = games
        self._replayed = replayed
        self._created: dict[str, tuple[str, int]] = {}
        self._renderers: dict[Options, Renderer] = {}

    def create(self, name: str, games: int) -> None:
        """Make an account exist with this many games, or change how many it has."""
        self._created[name.lower()] = (name, games)

    def find(self, name: str) -> Account | None:
        """Return the account of this name; None when there is no such user."""
        if not USERNAME.fullmatch(name):
            return None
        created = self._created.get(name.lower())
        if created is None and name.lower().startswith(ALWAYS_THERE):
            if self._replayed is not None:
                return self._replayed(name.lower())
            created = (name.lower(), self._games)
        if created is None:
            return None
        return Synthetic(SyntheticAccount(self._world, *created), self._renderers)
