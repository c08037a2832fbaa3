"""Standards whose requests take memory: exact and shared; nothing here knows of HTTP."""

from loadtests.standards.memory import Area, take
from loadtests.standards.serving import Standard


class Exact(Standard):
    """Each request in flight holds exactly *size_bytes* of private memory.

    True answer: the peak is the base and, for each request in flight, ``mapped_bytes(size_bytes)``: the pages, and one
    page of page table for each 2 MiB of them, 0.2 %. One thread serves all requests, so no stack is added; a request's
    connection adds nothing that is charged in whole pages. All of it goes back when the requests are answered.
    """

    shared = False

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._areas: list[Area] = []

    def begin(self) -> None:
        """Take the memory of one request."""
        self._areas.append(take(self._size_bytes, shared=self.shared))

    def end(self) -> None:
        """Give all of it back."""
        while self._areas:
            self._areas.pop().close()


class Shared(Exact):
    """Each request in flight holds *size_bytes* of memory in a shared mapping.

    True answer: as ``Exact``. Version 1 of control groups counts shared memory as page cache, and it still cannot be
    freed while swap is off; a harness that left it out would see no need at all.
    """

    shared = True
