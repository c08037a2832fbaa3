"""What Lichess answers in words and headers: content negotiation, errors, CORS; knows no games."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

SERVER_HEADERS = {"Server": "nginx"}
# Added to every /api/ response, errors too (ResponseHeaders.scala and HttpFilter.scala of lila).
API_HEADERS = {
    **SERVER_HEADERS,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Origin, Authorization, If-Modified-Since, Cache-Control, Content-Type",
    "Vary": "Origin",
}
NDJSON, PGN = "application/x-ndjson", "application/x-chess-pgn"
# Accept headers that get JSON (HTTPRequest.scala:124 of lila): NDJSON only when nothing else is accepted, the others by
# how they begin.
JSON_BEGINNINGS = ("application/json", "application/web.lichess+json", "application/vnd.lichess.v")
PAGE_NOT_FOUND = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page not found • lichess.org</title></head>'
    "<body><h1>404</h1><p>Page not found!</p></body></html>"
)


def wants_json(request: Request) -> bool:
    """Say whether games go out as JSON; everything else gets PGN."""
    accept = request.headers.get("Accept", "")
    return accept == NDJSON or accept.startswith(JSON_BEGINNINGS)


def not_found(request: Request, headers: Mapping[str, str] = API_HEADERS) -> Response:
    """Answer 404 in the form the caller accepts: JSON, plain text, or the page people see."""
    accept = request.headers.get("Accept", "")
    if "Authorization" in request.headers or accept.startswith((*JSON_BEGINNINGS, NDJSON)):
        return failed(404, "Not found", headers)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return PlainTextResponse("Not found", 404, headers)
    return HTMLResponse(PAGE_NOT_FOUND, 404, headers)


def failed(status: int, error: str, headers: Mapping[str, str] = API_HEADERS) -> Response:
    """Answer with an error in JSON."""
    return JSONResponse({"error": error}, status, headers)
