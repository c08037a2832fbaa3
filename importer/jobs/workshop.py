"""What every import of the process shares: the database and its thread, the upstream, the turns, the patience.

Must not know any import.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from importer.game import Game, Rejection, read_game
from importer.jobs.course import SLICE_GAMES, Patience
from importer.jobs.storage import StorageThread
from importer.memory import Collector
from importer.pgn import RawGame
from importer.readers import replay_by
from importer.replay import Replay, replayed
from importer.settings import Settings, StrategyName
from importer.store import MonthBook, Store
from importer.upstream import REQUESTS_AT_ONCE, ChessCom, Client, Connections, Host, Lichess, Streams

# A choice: a move takes three bytes at least and 15 us at most, so what is read in the loop holds it for 40 ms. One of
# fifty real games is larger; only a text made for the purpose has that many moves.
LARGE_GAME_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Every platform that games come from, and the one client that asks them."""

    client: Client
    lichess: Lichess
    chesscom: ChessCom

    def refusal(self, platform: str) -> str | None:
        """Say why a platform cannot be asked at all; None when it can."""
        return self.chesscom.refusal if platform == "chesscom" else None

    def open_streams(self) -> int:
        """Return how many answers are asked for or being read."""
        return self.lichess.streams.open + self.chesscom.streams.open


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every import of the process shares."""

    store: Store
    storage: StorageThread
    upstreams: Upstreams
    months: MonthBook
    spool_folder: str  # where there is room for a month of games
    collector: Collector
    batch_size: int
    page_size: int
    strategy: StrategyName = "lookup"
    slice_games: int | None = None  # asked for at a time, where there are fewer streams than imports
    replay: Replay = replayed
    patience: Patience = field(default_factory=Patience)
    clock_s: Callable[[], float] = time.monotonic
    # One game is parsed at a time, then the loop gets its turn: with 100 imports the loop's lag falls from 335 to 2 ms.
    parse_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(
        cls,
        settings: Settings,
        store: Store,
        collector: Collector,
        on_answer: Callable[[int], None] = lambda _status: None,
    ) -> Self:
        """Equip a workshop as the settings say; *on_answer* is told the status of each answer of the upstream."""
        shared = settings.max_concurrent_imports > settings.upstream_max_streams
        return cls(
            store=store,
            storage=StorageThread(),
            upstreams=_upstreams(settings, on_answer),
            months=MonthBook(settings.database_path),
            spool_folder=str(Path(settings.database_path).resolve().parent),
            collector=collector,
            batch_size=settings.import_batch_size,
            page_size=settings.existing_games_page_size,
            strategy=settings.existing_games_strategy,
            slice_games=SLICE_GAMES if shared else None,
            replay=replay_by(settings.pgn_reader),
        )

    async def read(self, raw: RawGame) -> Game | Rejection:
        """Read a game while no other is read; a large one in a thread, so that the loop can answer meanwhile."""
        if len(raw.text) > LARGE_GAME_BYTES:
            return await asyncio.to_thread(read_game, raw, replay=self.replay)
        return read_game(raw, replay=self.replay)

    async def close(self) -> None:
        """Close what was opened, the database last."""
        await self.upstreams.client.close()
        self.storage.close()
        self.store.close()


def _upstreams(settings: Settings, on_answer: Callable[[int], None]) -> Upstreams:
    """Make the client, and each platform with a budget and a patience of its own: the limits are each upstream's."""
    pool = Connections(
        most=settings.http_pool_limit,
        most_per_host=settings.http_pool_limit_per_host,
        stall_s=settings.upstream_stall_s,
        receive_buffer_bytes=settings.upstream_receive_buffer_bytes,
        contact=settings.upstream_contact,
    )
    client = Client(pool, on_answer)
    # httpx limits connections in all but not per host, so the smaller of the two is kept here.
    streams = Streams(min(settings.upstream_max_streams, pool.most_per_host), settings.upstream_busy_wait_s)
    return Upstreams(
        client,
        Lichess(client, Host(settings.lichess_base_url, streams)),
        ChessCom(client, Host(settings.chesscom_base_url, Streams(REQUESTS_AT_ONCE, settings.upstream_busy_wait_s))),
    )
