"""The routes of the harness, which no real Lichess has: accounts, truth, counts, configuration."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME, Account, Accounts
from fake_lichess.games import Window
from fake_lichess.limits import Counts, Limits
from fake_lichess.settings import GAMES_MOST, Settings

TRUTH_PIECE_GAMES = 1000  # a choice: some 50 KB of text at a time


class NewAccount(BaseModel):
    """How large an account to make."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    games: int = Field(ge=0, le=GAMES_MOST)


class Leaked(BaseModel):
    """How many places an address is to lose until they are forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    streams: int = Field(ge=1)


def control_routes(settings: Settings, accounts: Accounts, counts: Counts, limits: Limits) -> APIRouter:
    """Build the routes under ``/_control``."""
    routes = APIRouter(prefix="/_control")

    @routes.put("/users/{name}")
    def create(name: Annotated[str, Path(pattern=f"^{USERNAME.pattern}$")], wanted: NewAccount) -> dict[str, str | int]:
        """Make a user exist with so many games."""
        accounts.create(name, wanted.games)
        return {"user": name, "games": wanted.games}

    @routes.get("/users/{name}/truth")
    def truth(
        name: str,
        since: int | None = None,
        until: int | None = None,
        most: Annotated[int | None, Query(alias="max", ge=1)] = None,
    ) -> StreamingResponse:
        """Say exactly what an import of this window must end up with, newest first."""
        account = accounts.find(name)
        if account is None:
            raise HTTPException(404, f"there is no user {name}; create one with PUT /_control/users/{name}")
        numbers = account.numbers(Window(since, until, most))
        return StreamingResponse(truth_text(account, numbers), media_type="application/json")

    @routes.get("/stats")
    async def stats() -> dict[str, object]:
        """Count what was asked for and sent since the start, and the places of streams now taken."""
        return {**counts.snapshot(), "places": limits.places.snapshot()}

    @routes.put("/addresses/{address}/leaked")
    async def leak(address: str, leaked: Leaked) -> dict[str, object]:
        """Take places of an address that no stream will ever give back."""
        limits.leak(address, leaked.streams)
        return {"places": limits.places.snapshot()}

    @routes.get("/config")
    def config() -> dict[str, object]:
        """Say what the server was started with."""
        return {
            "profile": settings.profile.name.value,
            "games_per_s": settings.games_per_s,
            "speed_ratio": settings.speed_ratio,
            "max_streams": settings.max_streams,
            "seed": settings.seed,
            "games": settings.games,
            "leaks": settings.leaks.value,
            "slot_memory_s": settings.slot_memory_s,
            "trust_client_header": settings.trust_client_header,
            "evals_share_ratio": settings.evals_share_ratio,
            "replay": None if settings.replay is None else str(settings.replay),
        }

    return routes


def truth_text(account: Account, numbers: range) -> Iterator[str]:
    """Write the truth piece by piece: an account of half a million games must not be held in memory."""
    yield f'{{"user":{json.dumps(account.name)},"count":{len(numbers)},"games":['
    found = account.created(numbers)
    separator = ""
    while some := tuple(islice(found, TRUTH_PIECE_GAMES)):
        yield separator + ",".join(f'{{"id":"{game_id}","created_at_ms":{at_ms}}}' for game_id, at_ms in some)
        separator = ","
    yield "]}"
