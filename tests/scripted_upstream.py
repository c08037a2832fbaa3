"""A tiny real HTTP server that plays back scripted answers, byte for byte, cuts and silences included.

It knows nothing of Lichess: the fake does. It exists for what no well-behaved server can be made to say.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

PGN = "application/x-chess-pgn"


@dataclass(frozen=True)
class Answer:
    """What to send for one request: a status, a body in pieces, and how it ends."""

    body: tuple[bytes, ...] = ()
    status: int = 200
    kind: str = PGN
    cut: bool = False  # close the connection without the last chunk
    together: int = 0  # end only once so many requests were open at the same time
    hold: bool = False  # keep the connection open and silent until the client goes away
    headers: tuple[str, ...] = ()  # whole lines, beside those that every answer has


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass
class ScriptedUpstream:
    """Answers request number n with script entry n, then with the last entry again and again."""

    script: Sequence[Answer]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    open_now: int = 0
    open_most: int = 0
    more_open: asyncio.Condition = field(default_factory=asyncio.Condition)
    connections: list[tuple[asyncio.Task[None], asyncio.StreamWriter]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        serving = asyncio.create_task(self._serve(reader, writer))
        self.connections.append((serving, writer))
        await serving

    async def close(self) -> None:
        """End every connection and wait until it is gone: until Python 3.12 a closed server does not wait for them."""
        for serving, writer in self.connections:
            serving.cancel()
            writer.close()
        await asyncio.gather(*(serving for serving, _ in self.connections), return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for _, writer in self.connections), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        target = urlsplit(head[0].split()[1])
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        parameters = {name: values[0] for name, values in parse_qs(target.query).items()}
        answer = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(Asked(target.path, parameters, {name.lower(): value for name, value in headers.items()}))
        self.open_now += 1
        async with self.more_open:
            self.open_most = max(self.open_most, self.open_now)
            self.more_open.notify_all()
        try:
            await self._play(answer, reader, writer)
        except ConnectionError:
            pass  # the client went away first, as some tests want
        finally:
            self.open_now -= 1
            writer.close()

    async def _play(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {answer.status} Scripted\r\nContent-Type: {answer.kind}\r\nTransfer-Encoding: chunked\r\n"
        writer.write("\r\n".join((f"{head}Connection: close", *answer.headers, "", "")).encode())
        for piece in answer.body:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        async with self.more_open:
            await self.more_open.wait_for(lambda: self.open_most >= answer.together)
        if answer.hold:
            await reader.read()
        elif not answer.cut:
            writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def scripted(*script: Answer) -> AsyncIterator[ScriptedUpstream]:
    """Serve a script on a free loopback port."""
    upstream = ScriptedUpstream(script)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        await upstream.close()
        await server.wait_closed()
