"""One connection of a client: what is no HTTP is answered with a problem too, and who does not finish asking is left.

Must not know what can be asked for.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from importer.problems import PROBLEM, Problem

# A choice: the longest request line and headers there can be take a second on the slowest of lines; without a limit
# anyone holds as many connections as he likes by never finishing a header.
HEADERS_WITHIN_S = 10.0


class Connection(H11Protocol):
    """Uvicorn's protocol with a limit to its patience."""

    headers_within_s = HEADERS_WITHIN_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Take what came, and go on waiting where it is no whole request yet."""
        super().data_received(data)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer and close."""
        body = Problem(title="The request cannot be read", status=400, detail=f"{msg} It is no HTTP/1.1.")
        content = body.model_dump_json().encode()
        headers = [("Content-Type", PROBLEM), ("Content-Length", str(len(content))), ("Connection", "close")]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait_for_headers(self) -> None:
        """Watch the clock as long as a request has not said all that comes before its body.

        Between two requests it stands still: Uvicorn itself closes connections that are not used.
        """
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._patience is None:
            self._patience = self.loop.call_later(self.headers_within_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
