"""Standards that end or begin badly: child_hog, crasher, slow_start; they take care of nothing but that."""

import os
import signal
import time

from loadtests.standards.memory import take
from loadtests.standards.serving import Standard

# The code a shell gives to a program killed by SIGKILL; here nobody killed it.
CRASH_CODE = 137


class ChildHog(Standard):
    """Each request has a child that takes *size_bytes*; the server itself takes nothing.

    True answer: the child's memory counts like the server's, with what a fork copies: the page tables of the base, and
    the pages that either side writes to afterwards, under 2 MiB in all. Where that does not fit, the kernel kills the
    child, which is the largest, and the server lives and answers: still a kill, and not a success.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._children: list[tuple[int, int]] = []

    def begin(self) -> None:
        """Start the child of one request, and wait until it has its memory, or is dead."""
        hears, lives = os.pipe()  # the child hears when the server, which holds the other end, is no more
        waits, taken = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(lives)
            area = take(self._size_bytes)
            os.write(taken, b"1")
            os.read(hears, 1)  # nobody ever writes
            area.close()
            os._exit(0)
        os.close(hears)
        os.close(taken)
        os.read(waits, 1)  # empty when the child is dead
        os.close(waits)
        self._children.append((child, lives))

    def end(self) -> None:
        """End the children."""
        while self._children:
            child, lives = self._children.pop()
            os.close(lives)
            os.kill(child, signal.SIGKILL)  # one that was killed before is still there until it is reaped
            os.waitpid(child, 0)


class Crasher(Standard):
    """The first request ends the server with exit code 137.

    True answer: it crashed. The code is what a shell shows for a program that was killed for want of memory, but no
    counter of the kernel rose, and it ended by itself.
    """

    def begin(self) -> None:
        """End at once, without a word."""
        os._exit(CRASH_CODE)


class SlowStart(Standard):
    """Listens at once and is ready *ready_after_s* later; requests need nothing.

    True answer: time to readiness is *ready_after_s* and what the interpreter takes to start, some tenths of a second.
    A harness that takes an open port for readiness reports the latter alone.
    """

    def __init__(self, ready_after_s: float) -> None:
        self._ready_at_s = time.monotonic() + ready_after_s

    def ready(self) -> bool:
        """Say whether its time has come."""
        return time.monotonic() >= self._ready_at_s
