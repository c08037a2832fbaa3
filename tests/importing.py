"""Runs imports in the test's own process: real SQLite, real HTTP, and a patience that does not outlast a test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.game import Game, read_game
from importer.jobs import Imports, Workshop
from importer.jobs.course import Patience
from importer.jobs.storage import StorageThread
from importer.jobs.workshop import Upstreams
from importer.memory import Collector
from importer.pgn import RawGame
from importer.settings import StrategyName
from importer.store import Account, ImportRow, MonthBook, Store
from importer.upstream import ChessCom, Client, Connections, Host, Lichess, Streams
from tests.pgn_games import pgn

ALICE = Account("lichess", "Alice")

# As patient as the real one in number, but not in time.
QUICK = Patience(down_wait_s=0.001, growth=1.0, failures_most=3, storage_first_wait_s=0.001)


@dataclass(frozen=True)
class Knobs:
    """What a test may set otherwise."""

    concurrent_most: int = 3
    streams_most: int = 3
    batch_size: int = 2
    silent_most_s: float = 0.2
    slice_games: int | None = None
    strategy: StrategyName = "lookup"
    busy_wait_s: float = 0.001
    contact: str = "tests@example.org"
    patience: Patience = QUICK


USUAL = Knobs()


@dataclass(frozen=True)
class Importing:
    """Imports that are ready to be submitted, and the database they fill."""

    imports: Imports
    store: Store

    async def run(self, games_wanted: int, user_id: str = "Alice", platform: str = "lichess") -> ImportRow:
        """Import and return how it ended."""
        submitted = await self.imports.submit(platform, user_id, games_wanted)
        return await self.end_of(submitted.row.import_id)

    async def end_of(self, import_id: str) -> ImportRow:
        """Wait for an import and return how it ended."""
        await self.imports.wait_for_end(import_id)
        view = await self.imports.get(import_id)
        assert view is not None
        return view.row

    async def games_fetched(self, import_id: str, number: int) -> None:
        """Let the import go on until it has fetched so many games."""
        while (view := await self.imports.get(import_id)) is not None and view.row.fetched < number:
            await asyncio.to_thread(int)  # a turn for everyone else

    def stored_ids(self, account: Account = ALICE) -> list[str]:
        """Return the ids of the stored games, newest first."""
        return [game_id for game_id, _ in self.store.newest_first(account)]


def put(store: Store, texts: Iterable[bytes], account: Account = ALICE) -> None:
    """Store games as an earlier import would have."""
    games = [read_game(RawGame(text.strip())) for text in texts]
    store.add_games(account, [game for game in games if isinstance(game, Game)], [])


def put_numbers(store: Store, numbers: Iterable[int]) -> None:
    """Store Alice's games of these numbers."""
    put(store, [pgn(number) for number in numbers])


def upstreams(url: str, knobs: Knobs, on_answer: Callable[[int], None]) -> Upstreams:
    """Meet every platform at *url*."""
    client = Client(Connections(stall_s=knobs.silent_most_s, contact=knobs.contact), on_answer)
    return Upstreams(
        client,
        Lichess(client, Host(url, Streams(knobs.streams_most, knobs.busy_wait_s))),
        ChessCom(client, Host(url, Streams(1, knobs.busy_wait_s))),
    )


@asynccontextmanager
async def importing(
    url: str, path: Path, knobs: Knobs = USUAL, on_answer: Callable[[int], None] = lambda _status: None
) -> AsyncIterator[Importing]:
    """Open a database and import into it from the upstream at *url*."""
    store = Store(str(path / "games.sqlite3"))
    workshop = Workshop(
        store=store,
        storage=StorageThread(),
        upstreams=upstreams(url, knobs, on_answer),
        months=MonthBook(str(path / "games.sqlite3")),
        spool_folder=str(path),
        collector=Collector(0),
        batch_size=knobs.batch_size,
        page_size=2,
        strategy=knobs.strategy,
        slice_games=knobs.slice_games,
        patience=knobs.patience,
    )
    imports = Imports(workshop, knobs.concurrent_most)
    await imports.open()
    try:
        yield Importing(imports, store)
    finally:
        await imports.close()
        await workshop.close()
