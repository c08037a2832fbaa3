"""The routes of the harness, which no real Lichess has: accounts, truth, counts, configuration."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME, Account, Accounts
from fake_lichess.games import Window
from fake_lichess.limits import Counts
from fake_lichess.settings import GAMES_MOST, Settings


class NewAccount(BaseModel):
    """How large an account to make."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    games: int = Field(ge=0, le=GAMES_MOST)


def control_routes(settings: Settings, accounts: Accounts, counts: Counts) -> APIRouter:
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
    ) -> dict[str, object]:
        """Say exactly what an import of this window must end up with, newest first."""
        account = _existing(accounts, name)
        found = account.created(account.numbers(Window(since, until, most)))
        games = [{"id": game_id, "created_at_ms": created_at_ms} for game_id, created_at_ms in found]
        return {"user": account.name, "count": len(games), "games": games}

    @routes.get("/stats")
    def stats() -> dict[str, int]:
        """Count what was asked for and sent since the start."""
        return counts.snapshot()

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
            "evals_share_ratio": settings.evals_share_ratio,
            "replay": None if settings.replay is None else str(settings.replay),
        }

    return routes


def _existing(accounts: Accounts, name: str) -> Account:
    account = accounts.find(name)
    if account is None:
        raise HTTPException(404, f"there is no user {name}; create one with PUT /_control/users/{name}")
    return account
