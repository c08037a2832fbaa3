"""What Lichess answers in words and headers: content negotiation, errors, CORS; knows no games."""

import re
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from fake_lichess.tokens import secret_of

SERVER_HEADERS = {"Server": "nginx"}
# Added to every /api/ response, errors too (ResponseHeaders.scala and HttpFilter.scala of lila).
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Origin, Authorization, If-Modified-Since, Cache-Control, Content-Type",
    "Vary": "Origin",
}
API_HEADERS = {**SERVER_HEADERS, **CORS_HEADERS}
NDJSON, PGN = "application/x-ndjson", "application/x-chess-pgn"
# Accept headers that get JSON (HTTPRequest.scala:124 of lila): NDJSON only when nothing else is accepted, the others by
# how they begin.
JSON_BEGINNINGS = ("application/json", "application/web.lichess+json", "application/vnd.lichess.v")
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{0} • lichess.org</title></head>'
    "<body><h1>{1}</h1><p>{2}</p></body></html>"
)
TOO_MANY = "Too many requests. Try again later."
# Paths that name a file get no page (HTTPRequest.scala of lila).
FILE_EXTENSION = re.compile(r"(?<=.)\.[a-zA-Z0-9]{2,4}$")


def headers_for(request: Request) -> dict[str, str]:
    """Return the headers of every answer under this path."""
    return API_HEADERS if request.url.path.startswith("/api/") else SERVER_HEADERS


def wants_json(request: Request) -> bool:
    """Say whether games go out as JSON; everything else gets PGN."""
    accept = request.headers.get("Accept", "")
    return accept == NDJSON or accept.startswith(JSON_BEGINNINGS)


def negotiates_json(request: Request) -> bool:
    """Say whether words go out as JSON: to who accepts it, and to whoever comes with a token."""
    is_oauth = secret_of(request.headers.get("Authorization")) is not None
    return is_oauth or request.headers.get("Accept", "").startswith((*JSON_BEGINNINGS, NDJSON))


def not_found(request: Request) -> Response:
    """Answer 404 in the form the caller accepts: JSON, plain text, or the page people see."""
    headers = {"Vary": "Accept"} | headers_for(request)
    if negotiates_json(request):
        return failed(404, "Not found", headers)
    if _is_script(request):
        return PlainTextResponse("Not found", 404, headers)
    return _page(404, "Page not found!", headers)


def no_route(request: Request, status: int = 404, reason: str = "Resource not found") -> Response:
    """Answer 404 where no route or no user name is, which pays no heed to what is accepted."""
    headers = headers_for(request)
    if _is_script(request) or FILE_EXTENSION.search(request.url.path):
        return PlainTextResponse(f"{status} - {reason}", 404, headers)
    return _page(404, "Page not found!", headers)


def limited(request: Request, error: str = TOO_MANY) -> Response:
    """Answer 429 in the form the caller accepts; there is no Retry-After."""
    headers = {"Vary": "Accept"} | headers_for(request)
    if negotiates_json(request):
        return failed(429, error, headers)
    return PlainTextResponse(error, 429, headers) if _is_script(request) else _page(429, error, headers)


def login_required(request: Request, login: str) -> Response:
    """Send people to a page, and tell programs."""
    headers = {"Vary": "Accept"} | headers_for(request)
    if negotiates_json(request):
        return failed(401, "Login required", headers)
    return RedirectResponse(login, 303, headers)


def failed(status: int, error: str, headers: Mapping[str, str] = API_HEADERS) -> Response:
    """Answer with an error in JSON."""
    return JSONResponse({"error": error}, status, headers)


def _page(status: int, text: str, headers: Mapping[str, str]) -> Response:
    title = text.rstrip("!.")
    return HTMLResponse(PAGE.format(title, status, text), status, headers)


def _is_script(request: Request) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
