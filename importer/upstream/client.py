"""Asks upstreams over httpx: the one client of the process, its limits, and what each bad answer means.

Must not know any upstream's addresses, look into the games, store anything or decide whether to ask again: an error
only says what happened.
"""

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from importer.errors import StreamCut, StreamStalled, UpstreamBusy, UpstreamDown, UpstreamPage, UpstreamRefused
from importer.upstream.streams import Notice, Streams

# Lichess answers 404 to the names of bare HTTP libraries (python-httpx, curl, ...) and asks for an identifying name.
# Source: lila, app/controllers/Game.scala `NoCrawlers`, since July 2026. Without a contact in it Chess.com answers 403.
USER_AGENT = "import-capacity/0.1 (+reference importer; asks for games that its own users request{contact})"

# A stream that is read slowly otherwise holds 0.7-1.0 MB in the kernel, charged to this process; with this 0.09, as
# measured. Smaller costs system calls: at 25 games/s of 3 KiB even 16 KiB would do.
RECEIVE_BUFFER_BYTES = 64 * 1024

# A choice: a round trip around the world, many times over.
CONNECT_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections there may be, how long one may say nothing, and who answers for them."""

    most: int = 15
    most_per_host: int = 3
    # Lichess paces games evenly and a Play server gives up on a silent peer after 75 s, so a stream that is silent for
    # a minute is dead.
    stall_s: float = 60.0
    receive_buffer_bytes: int = RECEIVE_BUFFER_BYTES  # that the kernel keeps for each stream
    contact: str = ""  # where the owner of this server can be reached


@dataclass(frozen=True, slots=True)
class Host:
    """Where an upstream is, and what it grants this address."""

    base_url: str
    streams: Streams


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask a host for."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold a token


class Client:
    """The one HTTP client: a client of its own for each import was measured at 0.7 MB and 15 ms more."""

    def __init__(self, connections: Connections, on_answer: Callable[[int], None] = lambda _status: None) -> None:
        self.contact = connections.contact
        self._stall_s = connections.stall_s
        self._on_answer = on_answer
        limits = httpx.Limits(max_connections=connections.most, max_keepalive_connections=connections.most_per_host)
        options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, connections.receive_buffer_bytes)]
        contact = f"; contact: {connections.contact}" if connections.contact else ""
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(limits=limits, socket_options=options),
            # No limit on waiting for a place: extra streams wait their turn rather than fail.
            timeout=httpx.Timeout(connections.stall_s, connect=CONNECT_WITHIN_S, pool=None),
            # Uncompressed: a cut compressed stream loses its tail, and each one needs a window of memory.
            headers={"User-Agent": USER_AGENT.format(contact=contact), "Accept-Encoding": "identity"},
            # None is kept: it would tell the upstream, in one import's name, who asked for another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,  # a token must not go where an answer points to
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    @asynccontextmanager
    async def answer(self, host: Host, question: Question, notice: Notice) -> AsyncIterator[httpx.Response]:
        """Wait for a place, ask, and give the answer, whatever it is; the place is held until the answer is left.

        *notice* is told what it waits for before it asks.

        Raises:
            UpstreamError: there was no answer; the kind tells whether and when to ask again.
        """
        url, params = f"{host.base_url}{question.path}", question.parameters
        async with host.streams.place(notice):
            try:
                async with self._client.stream("GET", url, params=params, headers=question.headers) as response:
                    self._on_answer(response.status_code)
                    _heed(response.status_code, host.streams)
                    yield response
            except httpx.ConnectError as error:
                raise UpstreamDown(f"{host.base_url} cannot be reached: {error}") from error
            except httpx.ConnectTimeout as error:
                raise UpstreamDown(f"{host.base_url} cannot be reached within {CONNECT_WITHIN_S:g} s") from error
            except httpx.TimeoutException as error:
                raise StreamStalled(f"{host.base_url} did not answer within {self._stall_s:g} s") from error
            except httpx.HTTPError as error:
                raise UpstreamDown(f"{host.base_url} broke off before it answered: {error}") from error

    async def pieces(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes; it ends normally only when the upstream said that it is complete.

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


def _heed(status: int, streams: Streams) -> None:
    """Tell the other streams what an answer means for them."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        streams.refused()
    elif status < httpx.codes.INTERNAL_SERVER_ERROR:
        streams.welcomed()


def check_games(response: httpx.Response, *kinds: str) -> None:
    """Pass an answer that holds games.

    Raises:
        UpstreamError: what it is instead; a page in place of games must never pass for an empty history.
    """
    status = response.status_code
    if status == httpx.codes.OK:
        kind = response.headers.get("Content-Type", "nothing named")
        if not kind.startswith(kinds):
            raise UpstreamPage(f"the upstream answered 200 with {kind} in place of games")
        if (coding := response.headers.get("Content-Encoding", "identity")) != "identity":
            raise UpstreamPage(f"the upstream answered 200 in {coding}, which was not asked for")
        return
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise UpstreamBusy("the upstream answered 429: too many requests from this address")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise UpstreamDown(f"the upstream answered {status}")
    raise UpstreamRefused(f"the upstream answered {status}, which asking again will not change")
