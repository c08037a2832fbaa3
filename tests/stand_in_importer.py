"""A scripted importer, for tests of what drives importers: speaks the importer's API and imports nothing.

``python -m tests.stand_in_importer --port 0 --json --script completes`` serves until SIGTERM. What it was asked, and
when on ``time.monotonic()``, is told at ``GET /journal``.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SCRIPTS = (
    "completes",
    "fails",
    "dies",
    "forgets",
    "rejects",
    "overloaded",
    "babbles",
    "never",
    "hangs",
    "stutters",
    "hurries",
    "rambles",
)
# An answer so long that reading it takes any client a good part of a second.
RAMBLE = b"[" + b"0," * 3_000_000 + b"0]"


@dataclass
class Script:
    """What the server does, and everything it remembers."""

    name: str
    polls: int  # how many looks an import takes to be done
    at_once: int
    tells_config: bool
    journal: list[dict[str, Any]] = field(default_factory=list)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def running(self) -> int:
        """Count the imports that run."""
        return sum(item["status"] == "running" for item in self.imports.values())

    def accept(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Begin an import, or let it wait its turn."""
        runs = self.running() < self.at_once
        waiting = sum(item["status"] == "queued" for item in self.imports.values())
        item = {
            "import_id": f"i{len(self.imports)}",
            "user_id": wanted["user_id"],
            "limit": wanted["limit"],
            "looks": 0,
        }
        item |= {"status": "running" if runs else "queued", "queue_position": 0 if runs else waiting + 1}
        item |= {"fetched": 0, "stored": 0, "duplicates": 0, "rejected": 0, "error": None}
        item |= {"queue_wait_s": 0.0 if runs else None, "first_game_after_s": None, "elapsed_s": None}
        if self.name == "hurries":
            item["status"] = "completed"
        self.imports[item["import_id"]] = item
        return item

    def look(self, import_id: str) -> dict[str, Any]:
        """Move an import on by one look."""
        item = self.imports[import_id]
        item["looks"] += 1
        if item["status"] == "queued" and self.running() < self.at_once:
            item.update(status="running", queue_position=0, queue_wait_s=0.25, looks=0)
        elif item["status"] == "running" and item["looks"] >= self.polls and self.name not in ("never", "hangs"):
            end = {"status": "failed", "error": "no such player"} if self.name == "fails" else {"status": "completed"}
            item.update(end, fetched=item["limit"], stored=item["limit"], first_game_after_s=0.01, elapsed_s=0.5)
        return item


class Handler(BaseHTTPRequestHandler):
    """Answers by the script of its server."""

    protocol_version = "HTTP/1.1"  # keeps connections open, as real servers do
    wbufsize = -1  # one packet an answer: in two, each would wait for the acknowledgement of the first
    script: Script

    def do_POST(self) -> None:
        """Accept an import, or not."""
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(wanted)
        if self.script.name == "rejects":
            self._answer(422, {"detail": "limit must be between 1 and 100000"})
        elif self.script.name == "overloaded":
            self._answer(503, {"detail": "try again later"})
        elif self.script.name == "babbles":
            self._answer(202, ["not", "an", "import"])
        else:
            with self.script.lock:
                self._answer(202, self.script.accept(wanted))

    def do_GET(self) -> None:
        """Tell the journal, the settings, or how far an import has come."""
        if self.path == "/journal":
            self._answer(200, self.script.journal)
            return
        self._note(None)
        if self.path == "/api/v1/config":
            known = {"settings": {"MAX_CONCURRENT_IMPORTS": str(self.script.at_once)}, "warnings": []}
            self._answer(200 if self.script.tells_config else 404, known if self.script.tells_config else {})
            return
        with self.script.lock:
            self._tell(self.script.look(self.path.rpartition("/")[2]))

    def _tell(self, item: dict[str, Any]) -> None:
        late = item["looks"] >= self.script.polls
        if self.script.name == "dies" and late:
            os._exit(0)  # as after a kill: nothing is said, every connection breaks
        if self.script.name == "hangs" and late:
            threading.Event().wait()
        if self.script.name == "rambles":
            self._send(200, RAMBLE)
            return
        if self.script.name == "stutters" and item["looks"] == 1:
            self.close_connection = True  # one answer is lost
        elif self.script.name == "forgets" and late:
            self._answer(404, {"detail": "no such import"})
        else:
            self._answer(200, item)

    def _note(self, body: dict[str, Any] | None) -> None:
        entry = {"at_s": time.monotonic(), "method": self.command, "path": self.path, "body": body}
        with self.script.lock:
            self.script.journal.append(entry)

    def _answer(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def main() -> None:
    """Serve the script named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--script", choices=SCRIPTS, default="completes")
    parser.add_argument("--polls", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--tells-no-config", dest="tells_config", action="store_false")
    options = parser.parse_args()
    script = Script(options.script, options.polls, options.at_once, options.tells_config)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), type("ScriptedHandler", (Handler,), {"script": script}))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    sys.stdout.write(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
