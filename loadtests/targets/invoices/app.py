"""A WSGI app that issues invoices: every worker keeps a catalogue, and every request holds the pages it draws.

A worked example of a server of several processes: what all of them hold is known, so the answer can be checked.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from loadtests.targets.invoices.settings import CATALOGUE_MIB, INVOICE_MIB, ISSUED_FILE

BYTES_PER_MIB = 1024 * 1024
# A choice: long enough that requests sent at the same moment are all in flight at once for most of it.
WORK_S = 0.5

# Gunicorn imports this module in each worker, after it has forked: no worker shares its catalogue with another.
CATALOGUE = bytearray(b"\xff") * (CATALOGUE_MIB * BYTES_PER_MIB)
NUMBERS = itertools.count(1)


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer one request."""
    body = _issue() if environ["PATH_INFO"] == "/invoice" else f"{len(CATALOGUE)} bytes of catalogue\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _issue() -> bytes:
    pages = bytearray(b"\xff") * (INVOICE_MIB * BYTES_PER_MIB)
    time.sleep(WORK_S)
    number = f"{os.getpid()}-{next(NUMBERS)}"
    with ISSUED_FILE.open("a") as issued:  # one short line at a time, which the kernel does not mix with another's
        issued.write(f"{number}\n")
    return f"invoice {number}, {len(pages)} bytes of pages\n".encode()
