"""A server that dies by SIGKILL while the kernel kills another program; imports nothing of ours.

``GET /hold`` starts a process in the cgroup whose entry file is named on the command line, which is given more to touch
than that cgroup allows. Once the kernel has killed it, the server sends SIGKILL to itself. From outside that looks as
when the machine runs out of memory: the machine's counter rose, the server was killed, and its own cgroup's did not.
"""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

HUNGER_BYTES = 128 * 2**20
_ENTER = 'echo $$ > "$0" && exec "$@"'


class Handler(BaseHTTPRequestHandler):
    """Is ready at once, and dies of a request."""

    def do_GET(self) -> None:
        """Say that all is well, or die."""
        if self.path == "/hold":
            hungry = [sys.executable, "-I", "-S", "-c", f"b'1' * {HUNGER_BYTES}"]
            done = subprocess.run(["/bin/sh", "-c", _ENTER, sys.argv[2], *hungry], check=False)
            if done.returncode == -signal.SIGKILL:
                os.kill(os.getpid(), signal.SIGKILL)
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
