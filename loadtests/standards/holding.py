"""Standards whose requests take memory of their own: exact, shared, spiky, leaker; nothing here knows of HTTP."""

import time

from loadtests.standards.memory import Area, take
from loadtests.standards.serving import Standard
from loadtests.standards.weights import PAGE_BYTES

# By definition of this standard: shorter than the 50 ms between two readings, so that a reading can miss it.
SPIKE_S = 0.02


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

    True answer: as for ``Exact``, and the kernel's index of the mapping, 1 % at most. Version 1 of control groups
    counts shared memory as page cache, and it still cannot be freed while swap is off; a harness that left it out
    would see no need at all.
    """

    shared = True


class Spiky(Exact):
    """Each request holds *size_bytes* for 20 ms only, and is in flight for longer.

    True answer: the peak of one request is that of ``Exact``, but readings 50 ms apart see it or miss it by chance. So
    the truth is a bracket: the highest reading is at most the true peak, and the kernel's own highest resident set
    with the page tables is at least that, since it misses nothing, and above it, since it counts files as well.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._until_s = 0.0

    def begin(self) -> None:
        """Take the memory of one request."""
        super().begin()
        self._until_s = time.monotonic() + SPIKE_S

    def go_on(self) -> bool:
        """Give it back when its time is over."""
        over = time.monotonic() >= self._until_s
        if over:
            self.end()
        return over


class Leaker(Standard):
    """While requests are in flight it takes *size_bytes* each second, evenly, and never gives any back.

    True answer: there is no plateau. Memory rises by ``mapped_bytes(size_bytes)`` a second as long as a request is in
    flight, however many there are, and stays where it is afterwards.
    """

    def __init__(self, size_bytes: int) -> None:
        self._bytes_per_s = size_bytes
        self._taken_bytes = 0
        self._began_s: float | None = None
        self._areas: list[Area] = []

    def begin(self) -> None:
        """Start the leak, unless it runs already."""
        if self._began_s is None:
            self._began_s = time.monotonic()

    def go_on(self) -> bool:
        """Take what has come due since the last time, in whole pages."""
        elapsed_s = 0.0 if self._began_s is None else time.monotonic() - self._began_s
        due_bytes = round(self._bytes_per_s * elapsed_s) - self._taken_bytes
        due_bytes -= due_bytes % PAGE_BYTES
        if due_bytes:
            self._areas.append(take(due_bytes))
            self._taken_bytes += due_bytes
        return True
