"""Sends games at their pace and stops the moment the reader is gone; the only module that sleeps.

The slot of a stream is given back in every case: all sent, reader gone, server stopping.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fake_lichess.faults import Fault, steps
from fake_lichess.limits import Counts, Ended, Slot
from fake_lichess.pacing import Pace, begun, take
from fake_lichess.pages import Page, Texts

# Unpaced games are gathered into chunks: one chunk a game would cost more in framing than in games. Made-up games in
# PGN come in pages, all others are gathered until there is as much as on a page. Paced streams send one chunk a game,
# as Lichess does.
CHUNK_BYTES = 40 * 1024
# Sending does not give way by itself while the socket takes everything, so that one fast reader would keep all others
# waiting. A choice: about a third of a millisecond of work. Giving way after every 16 KiB took the bare sending of
# ready text from 2.8 to 4.5 us a game.
GIVES_WAY_AFTER_GAMES = 64
NOTHING_YET = Page(b"", 0)


@dataclass(frozen=True, slots=True)
class Sending:
    """What one stream sends, how fast, and what to do when it is over."""

    games: Iterator[bytes]  # empty where none was found yet, so that others may have their turn
    pace: Pace | None  # None when unpaced
    counts: Counts
    slot: Slot  # given back when the stream is over, however that happens
    faults: tuple[Fault, ...] = ()  # of the connection
    patience_s: float | None = None  # a reader who takes nothing for so long is cut off; None waits for ever


class Turns:
    """Lets games pass at their pace."""

    def __init__(self, pace: Pace | None) -> None:
        self._pace = pace
        self._bucket = None if pace is None else begun(pace, monotonic())

    async def next(self) -> None:
        """Wait until one more game may be sent; at once when unpaced."""
        while self._pace is not None and self._bucket is not None:
            self._bucket, wait_s = take(self._pace, self._bucket, monotonic())
            if wait_s == 0.0:
                return
            await asyncio.sleep(wait_s)


class GameStream(Response):
    """A response that streams games; one that is cut ends without saying so, and its connection is closed."""

    media_type = "application/x-chess-pgn"

    def __init__(self, sending: Sending, headers: Mapping[str, str]) -> None:
        super().__init__(headers=dict(headers))
        self._sending = sending
        del self.headers["content-length"]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until all is sent or the reader is gone."""
        sending = asyncio.ensure_future(self._send_all(send))
        watching = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait((sending, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            unfinished = sending.cancel()
            self._sending.slot.release(Ended.BY_READER if unfinished else Ended.BY_SERVER)
        if not unfinished:
            sending.result()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            if await self._is_cut(send):
                return
        except TimeoutError:  # the reader took nothing for too long
            return
        # Before the end is sent: a reader that has seen the end may ask for the next export at once.
        self._sending.slot.release()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _is_cut(self, send: Send) -> bool:
        """Send the games; say whether a fault cut the connection."""
        if self._sending.faults:
            return await self._is_cut_by_faults(send)
        if self._sending.pace is None:
            await self._send_chunks(send)
        else:
            await self._send_paced(send, Turns(self._sending.pace))
        return False

    async def _is_cut_by_faults(self, send: Send) -> bool:
        """Send as the faults have it; say whether they cut the connection."""
        turns = Turns(self._sending.pace)
        for step in steps(self._sending.games, self._sending.faults):
            await asyncio.sleep(step.wait_s)
            if step.games:
                await turns.next()
            if step.data:
                await self._send(send, step.data, step.games)
            if step.cut:
                return True
        return False

    async def _send_paced(self, send: Send, turns: Turns) -> None:
        for game in self._sending.games:
            if not game:
                await asyncio.sleep(0)
                continue
            await turns.next()
            await self._send(send, game, 1)

    async def _send_chunks(self, send: Send) -> None:
        games, at_once = self._sending.games, 0
        for page in games.pages if isinstance(games, Texts) else gathered(games):
            if page.games:
                await self._send(send, page.text, page.games)
            at_once += page.games
            if not page.games or at_once >= GIVES_WAY_AFTER_GAMES:
                at_once = 0
                await asyncio.sleep(0)

    async def _send(self, send: Send, chunk: bytes, games: int) -> None:
        """Send one chunk; waits here while the reader is slow."""
        message = {"type": "http.response.body", "body": chunk, "more_body": True}
        if self._sending.patience_s is None:
            await send(message)
        else:
            async with asyncio.timeout(self._sending.patience_s):
                await send(message)
        self._sending.counts.games_sent += games
        self._sending.counts.bytes_sent += len(chunk)


def gathered(games: Iterator[bytes]) -> Iterator[Page]:
    """Gather games that come one by one; an empty page says that none was found yet."""
    some, size_bytes = list[bytes](), 0
    for game in games:
        if not game:
            yield NOTHING_YET
            continue
        some.append(game)
        size_bytes += len(game)
        if size_bytes >= CHUNK_BYTES:
            yield Page(b"".join(some), len(some))
            some, size_bytes = [], 0
    if some:
        yield Page(b"".join(some), len(some))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
