"""What happens to every request before a route sees it: HEAD, OPTIONS, and the app's own web views; an ASGI layer.

Sources: HttpRequestHandler.scala, HTTPRequest.scala and ResponseHeaders.scala of lila.
"""

import asyncio
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fake_lichess.answers import CORS_HEADERS, SERVER_HEADERS
from fake_lichess.chesscom import FORBIDDEN

OWN = ("/_control", "/healthz")  # the harness's
CHESSCOM = "/pub"
# Origins of the app's web views, with any port, or of a developer's machine.
APP_ORIGINS = ("capacitor://localhost", "ionic://localhost", "http://localhost")
OPTIONS_HEADERS = {"Allow": CORS_HEADERS["Access-Control-Allow-Methods"], "Access-Control-Max-Age": "86400"}


def is_app(origin: str) -> bool:
    """Say whether a request comes from the app or a developer's machine."""
    return any(origin == known or origin.startswith(f"{known}:") for known in APP_ORIGINS)


def app_headers(origin: str) -> dict[str, str]:
    """Return the headers that let the app read an answer with its own login."""
    return CORS_HEADERS | {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": f"{CORS_HEADERS['Access-Control-Allow-Headers']}, X-Requested-With, sessionId",
        "Access-Control-Allow-Credentials": "true",
    }


class Front:
    """The door of the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http" or scope["path"].startswith(OWN):
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin", "")
        if is_app(origin) and not scope["path"].startswith(CHESSCOM):
            send = _with_headers(send, app_headers(origin).items())
        if scope["method"] == "OPTIONS":
            await options(scope["path"], app=is_app(origin))(scope, receive, send)
        elif scope["method"] == "HEAD":
            door = Bodiless(receive, send)
            await self._app({**scope, "method": "GET"}, door.receive, door.send)
        else:
            await self._app(scope, receive, send)


def options(path: str, *, app: bool) -> Response:
    """Answer OPTIONS: what may be asked for under the API, nothing elsewhere; Chess.com refuses."""
    if path.startswith(CHESSCOM):
        return HTMLResponse(FORBIDDEN, 403)
    if path.startswith("/api/") or app:
        return Response(None, 204, SERVER_HEADERS | CORS_HEADERS | OPTIONS_HEADERS)
    return Response(None, 404, SERVER_HEADERS)


class Bodiless:
    """Sends the beginning of an answer and none of its body; a stream sees its reader leave at once."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._begun = asyncio.Event()

    async def receive(self) -> Message:
        """Receive the request, and once the answer has begun the reader's goodbye."""
        message = asyncio.ensure_future(self._receive())
        begun = asyncio.ensure_future(self._begun.wait())
        await asyncio.wait((message, begun), return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if self._begun.is_set():
            message.cancel()
            return {"type": "http.disconnect"}
        return message.result()

    async def send(self, message: Message) -> None:
        """Send the beginning, and the end with it."""
        if self._begun.is_set():
            return
        self._begun.set()
        await self._send(message)
        await self._send({"type": "http.response.body", "body": b""})


def _with_headers(send: Send, headers: Iterable[tuple[str, str]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(dict(headers))
        await send(message)

    return sending
