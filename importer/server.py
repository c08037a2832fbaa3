"""Puts the server together and runs it until it is told to stop.

Must not read argv or the environment, print, or exit: what it has to say it hands to whoever started it.
"""

import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from importer.access import BodyGate, TokenGate
from importer.admission import Admission, Places
from importer.api import Parts, create_app
from importer.connection import Connection
from importer.errors import AddressUnusable
from importer.events import Closing
from importer.games_feed import GamesReading
from importer.head import HeadGate
from importer.jobs import Imports, Workshop
from importer.keys import KeyBook
from importer.measured import MeasuredStore
from importer.memory import Collector
from importer.metrics import Metrics
from importer.operations import Operated
from importer.pulse import Pulse
from importer.settings import Settings
from importer.store import DatabaseLock

LOOPBACK = "127.0.0.1"

PORTS = range(2**16)  # RFC 9293; 0 stands for any that is free

# A choice: a connection that is still busy after this is cut, well inside the ten seconds a stop may take.
DRAIN_WITHIN_S = 3


class _Server(uvicorn.Server):
    """Says where it listens once it does, and ends what would outlast its stop."""

    def __init__(self, config: uvicorn.Config, say_ready: Callable[[], None], closing: Closing) -> None:
        super().__init__(config)
        self._say_ready = say_ready
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._say_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; streams of events would otherwise be waited for until they are cut."""
        self._closing.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Bind the port.

    Raises:
        AddressUnusable: it is taken or not allowed.
    """
    if port not in PORTS:  # the system would take one of these in its place
        raise _unusable(host, port, OverflowError(f"it is not from {PORTS[0]} to {PORTS[-1]}"))
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
    except (OSError, OverflowError, UnicodeError) as error:
        raise _unusable(host, port, error) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _unusable(host, port, error) from error
    return listener


def _unusable(host: str, port: int, error: Exception) -> AddressUnusable:
    where = f"port {port}" if host == LOOPBACK else f"port {port} of {host!r}"
    return AddressUnusable(f"{where} cannot be listened on: {error}. Choose another with --port.")


def url_of(listener: socket.socket) -> str:
    """Return the address that a bound socket is reached at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _leave_no_dump() -> None:
    """Let no crash write memory, and with it the tokens of players, to a disk.

    A limit of one byte rather than none: with none the kernel still hands a dump to the program that some systems name
    for it. Source: Linux, fs/coredump.c, which takes a limit of 1 for "not even that".
    """
    _, most_bytes = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most_bytes if most_bytes == 0 else 1, most_bytes))


def serve(settings: Settings, listener: socket.socket, say_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    _leave_no_dump()
    # At its lowest level httpcore logs every header of an answer, and an upstream may send back what it was sent.
    logging.getLogger("httpcore").setLevel(logging.INFO)
    closing = Closing()
    config = uvicorn.Config(
        application(settings, closing),
        loop="asyncio",  # uvloop was measured at 1.5 MB more per import and no more games per second
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_WITHIN_S,
    )
    _Server(config, say_ready, closing).run(sockets=[listener])


def application(settings: Settings, closing: Closing) -> ASGIApp:
    """Put the server together."""
    lock = DatabaseLock(settings.database_path)
    metrics = Metrics()
    store = MeasuredStore(settings.database_path, metrics)
    collector = Collector(settings.gc_every_games)
    workshop = Workshop.of(settings, store, collector, metrics.count_answer)
    imports = Imports(workshop, settings.max_concurrent_imports)
    reading = GamesReading(settings.database_path)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await imports.open()
        collector.settle()
        async with Pulse(metrics.count_late_s):
            yield
        await imports.close()
        reading.close()
        await workshop.close()
        lock.close()

    places = Places(settings.max_concurrent_imports, settings.max_queued_imports)
    admission = Admission(imports, KeyBook(settings.database_path), workshop.storage, places)
    operated = Operated(settings, imports, reading, metrics, workshop.upstreams.open_streams)
    parts = Parts(operated, admission, closing)
    app = HeadGate(BodyGate(create_app(parts, lifespan)))
    token = settings.api_token.get_secret_value()
    return TokenGate(app, token) if token else app
