"""Serves a standard over HTTP in one thread, so that no thread's stack blurs the known answer.

Requests for ``/hold`` are held together: all are answered when ``hold_s`` have passed since the last of them had what
it needs. So the needs of requests sent at the same moment overlap entirely, however slow the machine is.
"""

import json
import select
import socket
import time

# A choice: short against the 50 ms between two readings of the harness.
TICK_S = 0.005
# A choice: the harness connects at most some dozen times at once.
BACKLOG = 128
REQUEST_BYTES = 8192
# Answered at once; everything else is a request to be held.
_QUICK = ("/healthz", "/config")


class Standard:
    """What a server of known need does; this one needs nothing beside its base."""

    def ready(self) -> bool:
        """Say whether the server is ready to serve."""
        return True

    def begin(self) -> None:
        """Take what one request needs; it is in flight from now on."""

    def go_on(self) -> bool:
        """Do a little of what requests in flight have to do; False while there is more of it."""
        return True

    def end(self) -> None:
        """Give back what all requests in flight took; they are about to be answered."""


class Server:
    """Listens on loopback and answers for a standard."""

    def __init__(self, standard: Standard, port: int, hold_s: float, settings: dict[str, str]) -> None:
        self._standard = standard
        self._hold_s = hold_s
        self._settings = settings
        self._listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self._poll = select.poll()
        self._poll.register(self._listener, select.POLLIN)
        self._open: dict[int, socket.socket] = {}
        self._held: list[socket.socket] = []
        self._answer_at_s = 0.0

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Serve until the process is ended."""
        idle = True
        while True:
            for number, _ in self._poll.poll(TICK_S * 1000 if idle else 0):
                self._meet(number)
            idle = True
            if self._held:
                idle = self._standard.go_on()
                if idle and time.monotonic() >= self._answer_at_s:
                    self._answer_held()

    def _meet(self, number: int) -> None:
        if number == self._listener.fileno():
            connection, _ = self._listener.accept()
            self._open[connection.fileno()] = connection
            self._poll.register(connection, select.POLLIN)
            return
        connection = self._open[number]
        asked = _read(connection)
        if asked is None:
            self._part(connection)
        elif asked in _QUICK:
            self._answer_quickly(connection, asked)
        else:
            self._hold(connection)

    def _hold(self, connection: socket.socket) -> None:
        self._standard.begin()
        self._held.append(connection)
        self._answer_at_s = time.monotonic() + self._hold_s

    def _answer_held(self) -> None:
        self._standard.end()
        held, self._held = self._held, []
        for connection in held:
            _write(connection, 200, {"status": "completed"})

    def _answer_quickly(self, connection: socket.socket, path: str) -> None:
        if path == "/config":
            _write(connection, 200, {"settings": self._settings})
        else:
            ready = self._standard.ready()
            _write(connection, 200 if ready else 503, {"status": "ok" if ready else "starting"})

    def _part(self, connection: socket.socket) -> None:
        if connection in self._held:
            self._held.remove(connection)
        self._poll.unregister(connection)
        del self._open[connection.fileno()]
        connection.close()


def _read(connection: socket.socket) -> str | None:
    """Read a request and return its path; None when the other side has gone."""
    try:
        request = connection.recv(REQUEST_BYTES)
    except ConnectionError:
        return None
    words = request.split(b" ", 2)
    return words[1].partition(b"?")[0].decode(errors="replace") if len(words) > 1 else None


def _write(connection: socket.socket, status: int, body: dict[str, object]) -> None:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    try:
        connection.sendall(head.encode() + content)
    except ConnectionError:
        return  # the other side has gone; the loop meets that at its next reading
