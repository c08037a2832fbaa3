"""Stops requests at the door: without the server's token, or with a body that no request needs or that does not come.

Must not know what is behind it. Health and readiness need no token: whoever asks them has none, and learns nothing.
"""

import asyncio
import secrets

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.problems import problem

OPEN_PATHS = frozenset({"/healthz", "/readyz"})

# A choice: a request with the longest names and token there can be takes 700 bytes.
BODY_BYTES_MOST = 4 * 1024

# A choice: such a body fits into one packet or two, and who waits for it holds a connection and a task.
BODY_WITHIN_S = 10.0

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


class BodyGate:
    """An ASGI application in front of another; a body without a length is measured further in, as it is read."""

    def __init__(self, app: ASGIApp, within_s: float = BODY_WITHIN_S) -> None:
        self._app = app
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413 before its body is read."""
        length_bytes = _length_bytes(scope) if scope["type"] == "http" else 0
        if length_bytes <= BODY_BYTES_MOST:
            await self._app(scope, self._timed(receive) if length_bytes or _is_chunked(scope) else receive, send)
            return
        detail = f"The body has {length_bytes} bytes, and no request needs more than {BODY_BYTES_MOST}."
        await problem(413, detail)(scope, receive, send)

    def _timed(self, receive: Receive) -> Receive:
        """Return *receive* with a limit to how long all of the body may take; what comes after it may take for ever.

        Raises, when called:
            HTTPException: 408; the application that reads the body lets it through.
        """
        deadline_s = asyncio.get_running_loop().time() + self._within_s
        more_body = True

        async def receive_in_time() -> Message:
            nonlocal more_body
            try:
                async with asyncio.timeout_at(deadline_s if more_body else None):
                    message = await receive()
            except TimeoutError:
                detail = f"The body did not come within {self._within_s:g} s. Send the request again, whole."
                raise HTTPException(408, detail, {"Connection": "close"}) from None
            more_body = bool(message.get("more_body", False))
            return message

        return receive_in_time


def _is_chunked(scope: Scope) -> bool:
    """Say whether a body without a length follows."""
    return scope["type"] == "http" and any(name == b"transfer-encoding" for name, _ in scope["headers"])


def _length_bytes(scope: Scope) -> int:
    """Return the length that the request says its body has; the protocol has checked that it is a number."""
    return max((int(value) for name, value in scope["headers"] if name == b"content-length"), default=0)
