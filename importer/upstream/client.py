"""Streams a player's games from Lichess over httpx: the one client, its limits, and what each bad answer means.

Must not look into the games, store anything or decide whether to ask again: an error only says what happened.
"""

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from importer.errors import (
    PlayerUnknown,
    StreamCut,
    StreamStalled,
    UpstreamBusy,
    UpstreamDown,
    UpstreamPage,
    UpstreamRefused,
)
from importer.upstream.streams import Notice, Streams

# Lichess answers 404 to the names of bare HTTP libraries (python-httpx, curl, ...) and asks for an identifying name.
# Source: lila, app/controllers/Game.scala `NoCrawlers`, since July 2026.
USER_AGENT = "import-capacity/0.1 (+reference importer; asks for games that its own users request)"

# A stream that is read slowly otherwise holds 0.7-1.0 MB in the kernel, charged to this process; with this 0.09, as
# measured. Smaller costs system calls: at 25 games/s of 3 KiB even 16 KiB would do.
RECEIVE_BUFFER_BYTES = 64 * 1024

# A choice: a round trip around the world, many times over.
CONNECT_WITHIN_S = 10.0

_GAMES = "application/x-chess-pgn"


@dataclass(frozen=True, slots=True)
class Window:
    """Which games of a player to ask for."""

    user_id: str
    since_ms: int | None  # inclusive
    until_ms: int | None  # exclusive
    oldest_first: bool
    games_most: int

    def parameters(self) -> dict[str, str]:
        """Return the window as query parameters; clocks, evaluations and openings are not sent unless asked for."""
        chosen = {"clocks": "true", "evals": "true", "opening": "true", "max": str(self.games_most)}
        chosen["sort"] = "dateAsc" if self.oldest_first else "dateDesc"
        if self.since_ms is not None:
            chosen["since"] = str(self.since_ms)
        if self.until_ms is not None:
            chosen["until"] = str(self.until_ms)
        return chosen


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections there may be, and how long one may say nothing."""

    most: int = 15
    most_per_host: int = 3
    # Lichess paces games evenly and a Play server gives up on a silent peer after 75 s, so a stream that is silent for
    # a minute is dead.
    stall_s: float = 60.0


class Upstream:
    """The one HTTP client: a client of its own for each import was measured at 0.7 MB and 15 ms more."""

    def __init__(
        self,
        base_url: str,
        connections: Connections,
        streams: Streams,
        on_answer: Callable[[int], None] = lambda _status: None,
    ) -> None:
        self.streams = streams
        self._stall_s = connections.stall_s
        self._on_answer = on_answer
        self._base_url = base_url.rstrip("/")
        limits = httpx.Limits(max_connections=connections.most, max_keepalive_connections=connections.most_per_host)
        options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)]
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(limits=limits, socket_options=options),
            # No limit on waiting for a place: extra streams wait their turn rather than fail.
            timeout=httpx.Timeout(connections.stall_s, connect=CONNECT_WITHIN_S, pool=None),
            # Uncompressed: a cut compressed stream loses its tail, and each one needs a window of memory.
            headers={"User-Agent": USER_AGENT, "Accept": _GAMES, "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    @asynccontextmanager
    async def games(
        self, window: Window, notice: Notice, token: str | None = None
    ) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """Open a stream of PGN bytes; it ends normally only when the upstream said that it is complete.

        *notice* is told what it waits for before it asks. *token* is sent with this request alone.

        Raises:
            UpstreamError: the kind tells whether and when to ask again.
        """
        url = f"{self._base_url}/api/games/user/{window.user_id}"
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.streams.place(notice):
            try:
                chosen = window.parameters()
                async with self._client.stream("GET", url, params=chosen, headers=headers) as response:
                    self._on_answer(response.status_code)
                    self._heed(response.status_code)
                    _check(response, window.user_id)
                    yield self._pieces(response)
            except httpx.ConnectError as error:
                raise UpstreamDown(f"{self._base_url} cannot be reached: {error}") from error
            except httpx.ConnectTimeout as error:
                raise UpstreamDown(f"{self._base_url} cannot be reached within {CONNECT_WITHIN_S:g} s") from error
            except httpx.TimeoutException as error:
                raise StreamStalled(f"{self._base_url} did not answer within {self._stall_s:g} s") from error
            except httpx.HTTPError as error:
                raise UpstreamDown(f"{self._base_url} broke off before it answered: {error}") from error

    def _heed(self, status: int) -> None:
        """Tell the other streams what an answer means for them."""
        if status == httpx.codes.TOO_MANY_REQUESTS:
            self.streams.refused()
        elif status < httpx.codes.INTERNAL_SERVER_ERROR:
            self.streams.welcomed()

    async def _pieces(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        Raises:
            StreamStalled: nothing came for too long.
            StreamCut: the body did not come to its end.
        """
        try:
            async for piece in response.aiter_raw():
                yield piece
        except httpx.TimeoutException as error:
            raise StreamStalled(f"the stream fell silent for {self._stall_s:g} s") from error
        except httpx.HTTPError as error:
            raise StreamCut(f"the stream was cut: {error}") from error


def _check(response: httpx.Response, user_id: str) -> None:
    """Raise what a bad answer means; a page in place of games must never pass for an empty history."""
    status = response.status_code
    if status == httpx.codes.OK:
        kind = response.headers.get("Content-Type", "nothing named")
        if not kind.startswith(_GAMES):
            raise UpstreamPage(f"the upstream answered 200 with {kind} in place of games")
        return
    if status == httpx.codes.NOT_FOUND:
        raise PlayerUnknown(f"no such player: the upstream knows no {user_id!r} (or refuses this program's name)")
    if status == httpx.codes.UNAUTHORIZED:
        raise UpstreamRefused("the upstream answered 401: it does not know the token, or not any more")
    if status == httpx.codes.UNAUTHORIZED:
        raise UpstreamRefused("the upstream answered 401: it does not accept the token")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise UpstreamBusy("the upstream answered 429: too many requests from this address")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise UpstreamDown(f"the upstream answered {status}")
    raise UpstreamRefused(f"the upstream answered {status}, which asking again will not change")
