"""Starts the project's servers as real processes on free ports and ends them; it never imports them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

# A choice: start-up takes about a second; a busy two-core machine may need ten times that.
STOP_WITHIN_S = 15.0


@contextmanager
def running(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run ``python -m arguments... --port 0 --json`` and yield the base URL it prints once it listens.

    Raises:
        AssertionError: the server ended before listening, or did not end cleanly on SIGTERM.
    """
    with subprocess.Popen(
        [sys.executable, "-m", *arguments, "--port", "0", "--json"],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"{arguments} ended with {process.wait()} before it listened"
            yield json.loads(line)["listening"]
        finally:
            process.terminate()
            try:
                code = process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert code == 0, f"{arguments} ended with {code} on SIGTERM"
