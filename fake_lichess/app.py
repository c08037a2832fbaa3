"""Puts the fake Lichess together: its routes, the harness's own, and what it says where there is none."""

from collections.abc import Mapping
from time import monotonic

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from fake_lichess.account_routes import account_routes
from fake_lichess.accounts import Accounts
from fake_lichess.answers import no_route
from fake_lichess.chesscom import chesscom_routes, no_data
from fake_lichess.control import control_routes
from fake_lichess.faults import Fault
from fake_lichess.front import CHESSCOM, OWN, Front
from fake_lichess.game_routes import game_routes
from fake_lichess.limits import Counts, Limits
from fake_lichess.lookups import Lookups
from fake_lichess.own_routes import own_routes
from fake_lichess.settings import Settings
from fake_lichess.site import Site
from fake_lichess.tokens import Tokens
from fake_lichess.troubles import Troubles
from fake_lichess.user_routes import Summaries, user_routes


def make_app(settings: Settings, accounts: Accounts, faults: Mapping[str, tuple[Fault, ...]]) -> FastAPI:
    """Build the server."""
    counts = Counts()
    troubles = Troubles(faults, counts)
    limits, lookups = Limits(settings, counts, monotonic), Lookups(settings, monotonic)
    site = Site(settings, accounts, Tokens(), counts, limits, troubles, lookups)
    summaries = Summaries(accounts)
    app = FastAPI(title="fake Lichess", openapi_url=None, redirect_slashes=False)
    app.add_middleware(Front)
    app.include_router(chesscom_routes(settings, accounts, counts, troubles))
    app.include_router(control_routes(settings, accounts, counts, limits, troubles))
    app.include_router(own_routes(site))
    app.include_router(game_routes(site))
    app.include_router(user_routes(site, summaries))
    app.include_router(account_routes(site, summaries))

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok"}

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def no_such_page(request: Request, error: Exception) -> Response:
        """Answer for paths without a route, and for methods a route does not have, as each side does."""
        if request.url.path.startswith(OWN):
            return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, getattr(error, "status_code", 404))
        return no_data(request) if request.url.path.startswith(CHESSCOM) else no_route(request)

    return app
