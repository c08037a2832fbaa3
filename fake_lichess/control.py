"""The routes of the harness, which no real Lichess has: accounts, faults, truth, counts, configuration."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME, Accounts, Standing
from fake_lichess.in_progress import MOST as PLAYING_MOST
from fake_lichess.limits import Counts, Limits
from fake_lichess.query import InvalidFilter, Query
from fake_lichess.settings import GAMES_MOST, Settings
from fake_lichess.troubles import EVERYONE, Given, Troubles
from fake_lichess.truth import Digest, truth_text

USER_OR_EVERYONE = rf"^({USERNAME.pattern}|\{EVERYONE})$"


class NewAccount(BaseModel):
    """How large an account to make."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    games: int = Field(ge=0, le=GAMES_MOST)


class Leaked(BaseModel):
    """How many places an address is to lose until they are forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    streams: int = Field(ge=1)


class NewStanding(BaseModel):
    """What is to be true of an account besides its games; what is left out is as usual."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    closed: bool = False
    playing: int = Field(default=0, ge=0, le=PLAYING_MOST)
    bookmarks: tuple[str, ...] = ()


def control_routes(
    settings: Settings, accounts: Accounts, counts: Counts, limits: Limits, troubles: Troubles
) -> APIRouter:
    """Build the routes under ``/_control``."""
    routes = APIRouter(prefix="/_control")
    routes.include_router(history_routes(accounts, troubles))
    routes.include_router(fault_routes(troubles))

    @routes.get("/stats")
    async def stats() -> dict[str, object]:
        """Count what was asked for and sent since the start, and the places of streams now taken."""
        return {**counts.snapshot(), "places": limits.places.snapshot(), "faults": troubles.done}

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
            "reader_patience_s": settings.reader_patience_s,
            "trust_client_header": settings.trust_client_header,
            "evals_share_ratio": settings.evals_share_ratio,
            "replay": None if settings.replay is None else str(settings.replay),
        }

    return routes


def history_routes(accounts: Accounts, troubles: Troubles) -> APIRouter:
    """Build the routes that make accounts and say what is in them."""
    routes = APIRouter()

    @routes.put("/users/{name}")
    def create(name: Annotated[str, Path(pattern=f"^{USERNAME.pattern}$")], wanted: NewAccount) -> dict[str, str | int]:
        """Make a user exist with so many games."""
        accounts.create(name, wanted.games)
        return {"user": name, "games": wanted.games}

    @routes.put("/users/{name}/standing")
    def stand(name: Annotated[str, Path(pattern=f"^{USERNAME.pattern}$")], wanted: NewStanding) -> dict[str, object]:
        """Close an account, put its owner into games, or bookmark games for him."""
        accounts.stand(name, Standing(wanted.closed, wanted.playing, wanted.bookmarks))
        account = accounts.find(name)
        playing = () if account is None else accounts.playing(account)
        return {"user": name, **wanted.model_dump(mode="json"), "playing": [game.id for game in playing]}

    @routes.get("/users/{name}/truth")
    def truth(name: str, request: Request) -> StreamingResponse:
        """Say exactly what an import must end up with that exports with these parameters, in the export's order."""
        found, query = accounts.find(name), Query(request)
        if found is None:
            raise HTTPException(404, f"there is no user {name}; create one with PUT /_control/users/{name}")
        try:
            filters = query.filters(found.name.lower(), accounts.exists)
        except InvalidFilter as error:
            raise HTTPException(400, f"{error}: name the opponent with vs, or {found.name}") from error
        digest = Digest() if query.flag("digest", default=False) else None
        pieces = truth_text(troubles.account(found), query.window(), filters, digest)
        return StreamingResponse(pieces, media_type="application/json")

    return routes


def fault_routes(troubles: Troubles) -> APIRouter:
    """Build the routes that make things go wrong."""
    routes = APIRouter()

    @routes.put("/users/{name}/faults")
    async def give(name: Annotated[str, Path(pattern=USER_OR_EVERYONE)], given: Given) -> dict[str, object]:
        """Replace a user's faults, or with ``*`` those of everyone who has none of his own."""
        troubles.give(name, given.faults)
        return told(name)

    @routes.get("/users/{name}/faults")
    async def faults_of(name: str) -> dict[str, object]:
        """List a user's faults with what they were told."""
        return told(name)

    def told(name: str) -> dict[str, object]:
        return {"user": name, "faults": [fault.model_dump(exclude_unset=True) for fault in troubles.of(name)]}

    return routes
