"""Answers HEAD wherever there is a GET: the same status and headers, and nothing else.

Must not know what is asked for. A stream ends with its headers: nobody reads an account, or waits for an import's end,
to throw it away.
"""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class HeadGate:
    """An ASGI application in front of another, which need not know of HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; of a HEAD as a GET, of which only the beginning is answered."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = asyncio.Event()

        async def send_head(message: Message) -> None:
            if not answered.is_set():
                await send(message if message["type"] == "http.response.start" else _END)
            if message["type"] != "http.response.start":
                answered.set()

        asking = asyncio.ensure_future(self._app({**scope, "method": "GET"}, receive, send_head))
        waiting = asyncio.ensure_future(answered.wait())
        try:
            await asyncio.wait({asking, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
