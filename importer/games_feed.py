"""A player's stored games over HTTP, newest first: as JSON a page at a time, as NDJSON or PGN the whole account.

Must not hold more than one page of the database, however large the account and however slow the client.
"""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Header, Path, Query, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Send

from importer.accept import choose
from importer.errors import StoreDamaged
from importer.forms import game_object, line, text
from importer.game import Game
from importer.messages import AFTER_RULE, PLATFORM_RULE, USER_RULE, Platform
from importer.problems import Rules
from importer.reading import NEWEST, PAGE_GAMES_MOST, POSITION_PATTERN, GamesReader, Position
from importer.store import USER_ID_PATTERN, Account

_log = logging.getLogger(__name__)

JSON, NDJSON, PGN = "application/json", "application/x-ndjson", "application/x-chess-pgn"

# Choices. JSON is parsed whole by whoever asked, so it comes in pages unless more is asked for; the others need not be.
JSON_GAMES_USUALLY = 100
GAMES_MOST = 1_000_000

# What the parameters must be, in the words of an error.
GAMES_RULES = {
    "/api/v1/users/{user_id}/games": Rules(
        {
            ("path", "user_id"): USER_RULE,
            ("query", "platform"): PLATFORM_RULE,
            ("query", "after"): AFTER_RULE,
            ("query", "limit"): f"must be a whole number from 1 to {GAMES_MOST}",
        }
    )
}


class GameObject(BaseModel):
    """A stored game."""

    id: str
    created_at_ms: Annotated[int | None, Field(description="null where the PGN does not show it")]
    played_on: Annotated[str | None, Field(description="the PGN's date, for example 1972.??.??")]
    white: str
    black: str
    white_elo: int | None
    black_elo: int | None
    result: str
    variant: str
    time_control: str | None
    eco: str | None
    opening: str | None
    termination: str | None
    plies: int
    pgn: str


class GamesPage(BaseModel):
    """Stored games of a player, newest first, those whose time is not known last."""

    games: list[GameObject]
    next: Annotated[str | None, Field(description="`after` of the next page; null when there are no more games")]


class GamesReading:
    """Reads off the event loop, in a thread and over a connection of its own.

    Measured with four clients that read as fast as they can: in the imports' thread a batch's commit takes 2.9 ms at
    the 95th percentile, beside a thread of its own 13 (they share one interpreter), and as many pages are read either
    way. It is its own all the same: a batch waits up to two seconds for a file that a tool holds; clients should not.
    Unlike the imports' calls these can be cancelled: nobody needs to know how reading a page ended.
    """

    def __init__(self, path: str) -> None:
        self._reader = GamesReader(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")

    async def page(self, account: Account, after: Position, most: int) -> list[Game]:
        """Return the next games behind *after*."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._reader.page, account, after, most)

    async def imports_by_status(self) -> dict[str, int]:
        """Return how many imports there are of each status that any has."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._reader.imports_by_status)

    async def pages(self, account: Account, after: Position, most: int | None) -> AsyncIterator[list[Game]]:
        """Yield games page by page until *most* have come or there are no more."""
        left = GAMES_MOST if most is None else most
        while left > 0 and (page := await self.page(account, after, min(left, PAGE_GAMES_MOST))):
            yield page
            left -= len(page)
            after = Position.of(page[-1])

    def close(self) -> None:
        """Finish the page in hand, then close the database."""
        self._thread.shutdown(cancel_futures=True)
        self._reader.close()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which games to send."""

    account: Account
    after: Position
    most: int | None


async def _as_json(reading: GamesReading, chosen: Selection) -> AsyncGenerator[bytes, None]:
    """Write one object: the games, and where the next page begins."""
    after, separator = chosen.after, '{"games":['
    async for page in reading.pages(chosen.account, after, chosen.most or JSON_GAMES_USUALLY):
        yield (separator + ",".join(line(game_object(game)) for game in page)).encode()
        after, separator = Position.of(page[-1]), ","
    more = separator == "," and await reading.page(chosen.account, after, 1)
    opening = "" if separator == "," else separator
    yield f'{opening}],"next":{json.dumps(str(after) if more else None)}}}'.encode()


async def _as_ndjson(reading: GamesReading, chosen: Selection) -> AsyncGenerator[bytes, None]:
    """Write one object a line."""
    async for page in reading.pages(chosen.account, chosen.after, chosen.most):
        yield "".join(line(game_object(game)) + "\n" for game in page).encode()


async def _as_pgn(reading: GamesReading, chosen: Selection) -> AsyncGenerator[bytes, None]:
    """Write the texts as they were stored, a blank line behind each."""
    async for page in reading.pages(chosen.account, chosen.after, chosen.most):
        yield "".join(map(text, page)).encode()


_FORMS: dict[str, Callable[[GamesReading, Selection], AsyncGenerator[bytes, None]]] = {
    JSON: _as_json,
    NDJSON: _as_ndjson,
    PGN: _as_pgn,
}

_TEXT = {"type": "string"}


class _Transfer(StreamingResponse):
    """Games on their way; where one cannot be read the connection ends before the body does, and the log says why."""

    async def stream_response(self, send: Send) -> None:
        """Send what can be read; without the last piece the web server hangs up, which is how the client can tell."""
        try:
            await super().stream_response(send)
        except (StoreDamaged, sqlite3.Error) as error:
            _log.error("games were not sent whole: %s", error)


async def _begun(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Return the same with its first piece read, so that what is wrong with that one is refused before the answer.

    Raises:
        StoreDamaged: a game of it cannot be read.
    """
    first = await anext(pieces, b"")

    async def whole() -> AsyncGenerator[bytes, None]:
        yield first
        async for piece in pieces:
            yield piece

    return whole()


def add_games_route(app: FastAPI, reading: GamesReading) -> None:
    """Serve the stored games."""

    @app.get(
        "/api/v1/users/{user_id}/games",
        response_class=StreamingResponse,
        responses={
            200: {
                "model": GamesPage,
                "description": "The games; an account without any has an empty list.",
                "content": {NDJSON: {"schema": _TEXT}, PGN: {"schema": _TEXT}},
            },
            406: {"description": "None of the three forms is accepted."},
        },
    )
    async def list_games(
        user_id: Annotated[str, Path(pattern=USER_ID_PATTERN, examples=["alice"])],
        platform: Annotated[Platform, Query()] = "lichess",
        after: Annotated[str | None, Query(pattern=POSITION_PATTERN, description="`next` of an earlier answer")] = None,
        limit: Annotated[
            int | None,
            Query(ge=1, le=GAMES_MOST, description=f"JSON sends {JSON_GAMES_USUALLY} unless told, the others all"),
        ] = None,
        accept: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> StreamingResponse:
        """Send a player's stored games, newest first."""
        kind = choose(accept, list(_FORMS))
        if kind is None:
            raise HTTPException(status.HTTP_406_NOT_ACCEPTABLE, f"Games come as {JSON}, {NDJSON} or {PGN}.")
        position = NEWEST if after is None else Position.parse(after)
        body = _FORMS[kind](reading, Selection(Account(platform, user_id), position, limit))
        return _Transfer(await _begun(body), media_type=kind, headers={"Vary": "Accept"})
