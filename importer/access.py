"""Stops requests at the door: without the server's token, or with a body that no request needs.

Must not know what is behind it. Health and readiness need no token: whoever asks them has none, and learns nothing.
"""

import secrets

from starlette.types import ASGIApp, Receive, Scope, Send

from importer.problems import problem

OPEN_PATHS = frozenset({"/healthz", "/readyz"})

# A choice: a request with the longest names and token there can be takes 700 bytes.
BODY_BYTES_MOST = 4 * 1024

_NEEDED = "Send the header Authorization: Bearer followed by the server's API_TOKEN."


class TokenGate:
    """An ASGI application in front of another."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        await problem(401, _NEEDED, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        """Compare in a time that does not tell how much of the token is right."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and secrets.compare_digest(_uniform(given[0]), self._expected)


def _uniform(header: bytes) -> bytes:
    """Return the header with its scheme, of which case does not matter, in lower case."""
    scheme, _, token = header.partition(b" ")
    return scheme.lower() + b" " + token.strip(b" ")


class SizeGate:
    """An ASGI application in front of another; a body without a length is measured further in, as it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413 before its body is read."""
        length_bytes = _length_bytes(scope) if scope["type"] == "http" else 0
        if length_bytes <= BODY_BYTES_MOST:
            await self._app(scope, receive, send)
            return
        detail = f"The body has {length_bytes} bytes, and no request needs more than {BODY_BYTES_MOST}."
        await problem(413, detail)(scope, receive, send)


def _length_bytes(scope: Scope) -> int:
    """Return the length that the request says its body has; the protocol has checked that it is a number."""
    return max((int(value) for name, value in scope["headers"] if name == b"content-length"), default=0)
