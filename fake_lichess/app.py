"""Puts the fake Lichess together: its routes, the harness's own, and what it says where there is none."""

from collections.abc import Mapping
from time import monotonic

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from fake_lichess.accounts import Accounts
from fake_lichess.answers import not_found
from fake_lichess.chesscom import chesscom_routes
from fake_lichess.control import control_routes
from fake_lichess.faults import Fault
from fake_lichess.game_routes import Site, game_routes
from fake_lichess.limits import Counts, Limits
from fake_lichess.settings import Settings
from fake_lichess.tokens import Tokens
from fake_lichess.troubles import Troubles
from fake_lichess.user_routes import user_routes


def make_app(settings: Settings, accounts: Accounts, faults: Mapping[str, tuple[Fault, ...]]) -> FastAPI:
    """Build the server."""
    counts, tokens = Counts(), Tokens()
    troubles = Troubles(faults, counts)
    limits = Limits(settings, counts, monotonic)
    app = FastAPI(title="fake Lichess", openapi_url=None)
    app.include_router(chesscom_routes(settings, accounts, counts, troubles))
    app.include_router(control_routes(settings, accounts, counts, limits, troubles))
    app.include_router(game_routes(Site(settings, accounts, tokens, counts, limits, troubles)))
    app.include_router(user_routes(accounts, tokens, counts, monotonic))

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok"}

    @app.exception_handler(404)
    async def no_such_page(request: Request, error: Exception) -> Response:
        """Answer for paths without a route as Lichess does; the harness's own routes explain themselves."""
        if request.url.path.startswith("/_control"):
            return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, 404)
        return not_found(request)

    return app
