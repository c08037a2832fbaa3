"""A server of known weight: takes the memory it is asked for over HTTP and keeps it; imports nothing of ours.

``GET /anonymous/N`` and ``/shared/N`` hold N bytes more, ``/cache/N`` writes a file of N bytes into the working folder
and keeps it open, as some file systems drop the cache of a closed file; ``/own`` answers with the process's own account
of its anonymous memory.
"""

import mmap
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import BinaryIO

PAGE_BYTES = mmap.PAGESIZE
held: list[mmap.mmap] = []
written: list[BinaryIO] = []


def hold(size_bytes: int, flags: int) -> None:
    """Map memory and touch every page of it; nothing is copied, so nothing else is charged."""
    area = mmap.mmap(-1, size_bytes, flags=flags | mmap.MAP_ANONYMOUS)
    for at in range(0, size_bytes, PAGE_BYTES):
        area[at] = 1
    held.append(area)


def write(size_bytes: int) -> None:
    """Write a file piece by piece, so that nothing but page cache grows."""
    file = Path("cache").open("wb")  # noqa: SIM115 - kept open on purpose
    file.writelines(b"1" * PAGE_BYTES for _ in range(0, size_bytes, PAGE_BYTES))
    file.flush()
    written.append(file)


def own_anonymous_bytes() -> int:
    """Read what this process itself has of anonymous memory."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise ValueError


class Handler(BaseHTTPRequestHandler):
    """Takes memory as the path says, then answers."""

    def do_GET(self) -> None:
        """Answer only once the memory is touched."""
        kind, _, size = self.path.strip("/").partition("/")
        answer = "taken"
        if kind == "anonymous":
            hold(int(size), mmap.MAP_PRIVATE)
        elif kind == "shared":
            hold(int(size), mmap.MAP_SHARED)
        elif kind == "cache":
            write(int(size))
        elif kind == "own":
            answer = str(own_anonymous_bytes())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
