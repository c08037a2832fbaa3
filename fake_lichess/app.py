"""The routes of Lichess: parameters as leniently read, refusals as curtly worded, headers as sent by the real server.

Only PGN exists so far: every Accept header gets it. Nothing here waits; a stream does that by itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from fake_lichess.accounts import Account, Accounts
from fake_lichess.control import control_routes
from fake_lichess.faults import Fault
from fake_lichess.games import Window
from fake_lichess.limits import Caller, Counts, Kind, Limits, Refused, address_of, is_crawler, pace_for
from fake_lichess.pgn import Options
from fake_lichess.settings import Settings
from fake_lichess.stream import GameStream, Sending
from fake_lichess.troubles import Troubled, Troubles

# Added to every /api/ response, errors too (ResponseHeaders.scala and HttpFilter.scala of lila).
API_HEADERS = {
    "Server": "nginx",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Origin, Authorization, If-Modified-Since, Cache-Control, Content-Type",
    "Vary": "Origin",
}
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")  # what fits into 64 bits, near enough
TRUE = ("1", "true", "True", "on", "yes")  # Form.scala:172 of lila
# Accept headers that get JSON (HTTPRequest.scala:124 of lila).
JSON_TYPES = ("application/json", "application/x-ndjson", "application/web.lichess+json", "application/vnd.lichess.v")
PAGE_NOT_FOUND = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page not found • lichess.org</title></head>'
    "<body><h1>404</h1><p>Page not found!</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query string read as Lichess reads it: what does not parse counts as absent, and nothing is an error."""

    request: Request

    def text(self, name: str) -> str | None:
        """Return the first value of a parameter; None when absent or empty."""
        values = self.request.query_params.getlist(name)
        return values[0] if values and values[0] else None

    def number(self, name: str) -> int | None:
        """Return a whole number; None when absent or anything else."""
        value = self.text(name)
        return int(value) if value is not None and WHOLE_NUMBER.fullmatch(value) else None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a switch: any value that does not mean yes means no."""
        value = self.text(name)
        return default if value is None else value in TRUE

    def window(self) -> Window:
        """Return which games are asked for; at least one."""
        most = self.number("max")
        return Window(
            self.number("since"),
            self.number("until"),
            None if most is None else max(1, most),
            oldest_first=self.text("sort") == "dateAsc",
        )

    def options(self) -> Options:
        """Return how the games are to be written."""
        return Options(
            moves=self.flag("moves", default=True),
            tags=self.flag("tags", default=True),
            clocks=self.flag("clocks", default=False),
            evals=self.flag("evals", default=False),
            opening=self.flag("opening", default=False),
        )


def make_app(settings: Settings, accounts: Accounts, faults: Mapping[str, tuple[Fault, ...]]) -> FastAPI:
    """Build the server."""
    counts = Counts()
    troubles = Troubles(faults, counts)
    limits = Limits(settings, counts, monotonic)
    app = FastAPI(title="fake Lichess", openapi_url=None)
    app.include_router(control_routes(settings, accounts, counts, limits, troubles))

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok"}

    @app.get("/api/games/user/{username}")
    async def export(username: str, request: Request) -> Response:
        """Export a user's games."""
        counts.requests += 1
        found = None if is_crawler(request.headers.get("User-Agent")) else accounts.find(username)
        if found is None:
            return not_found(request)
        trouble = troubles.instead(found.name, API_HEADERS)
        if trouble is not None:
            return trouble
        account = troubles.account(found)
        query = Query(request)
        games = account.rendered(account.numbers(query.window()), query.options())
        caller = Caller(address_of(request.client and request.client.host, request.headers, settings))
        slot = limits.admit(caller, Kind.BY_USER)
        if isinstance(slot, Refused):
            return JSONResponse(slot.body, 429, API_HEADERS)
        pace, struck = pace_for(settings, caller, Kind.BY_USER), troubles.of_connection(account.name)
        return GameStream(Sending(games, pace, counts, slot, struck), export_headers(account))

    @app.exception_handler(404)
    async def no_such_page(request: Request, error: Exception) -> Response:
        """Answer for paths without a route as Lichess does; the harness's own routes explain themselves."""
        if request.url.path.startswith("/_control"):
            return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, 404)
        return not_found(request)

    return app


def export_headers(account: Account | Troubled) -> dict[str, str]:
    """Name the file as Lichess does: without quotes around it, and the content type without a charset."""
    filename = f"lichess_{account.name}_{datetime.now(UTC):%Y-%m-%d}.pgn"
    return API_HEADERS | {"Content-Disposition": f"attachment; filename={filename}", "X-Accel-Buffering": "no"}


def not_found(request: Request) -> Response:
    """Answer 404 in the form the caller accepts: JSON, plain text, or the page people see."""
    accept = request.headers.get("Accept", "")
    if "Authorization" in request.headers or accept.startswith(JSON_TYPES):
        return JSONResponse({"error": "Not found"}, 404, API_HEADERS)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return PlainTextResponse("Not found", 404, API_HEADERS)
    return HTMLResponse(PAGE_NOT_FOUND, 404, API_HEADERS)
