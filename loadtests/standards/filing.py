"""Standards whose requests use files: cache_writer needs almost nothing, thrasher needs its file to stay cached."""

import mmap
import os
import time
from pathlib import Path

from loadtests.standards.serving import Standard
from loadtests.standards.weights import PAGE_BYTES

# A choice: large enough that writing costs few calls; it is part of the base.
PIECE_BYTES = 64 * 1024
# A choice: with the file in memory a pass takes some milliseconds, without it some seconds.
PASSES = 200
# A choice: short enough that the server answers other requests meanwhile, long enough to get on.
SLICE_S = 0.01
PAGES_BETWEEN_LOOKS = 64


class CacheWriter(Standard):
    """Each request writes a file of *size_bytes* and keeps it open until it is answered.

    True answer: it needs nothing beside its base. The page cache fills up to the limit, so the kernel's own peak stands
    at the limit, and it is given up again page by page. What the kernel needs to find and write cached pages, 3 % of
    them on ext4, is given up with them; version 1 cannot tell that part from kernel memory that stays, so there the
    reading may be higher by as much.
    """

    def __init__(self, size_bytes: int, folder: Path) -> None:
        self._size_bytes = size_bytes
        self._folder = folder
        self._piece = b"1" * PIECE_BYTES
        self._files: list[int] = []

    def begin(self) -> None:
        """Write the file of one request."""
        self._files.append(written(self._folder / f"cache-{len(self._files)}", self._size_bytes, self._piece))

    def end(self) -> None:
        """Close the files; they are removed with their folder."""
        while self._files:
            os.close(self._files.pop())


class Thrasher(Standard):
    """The first request maps a file of *size_bytes*; requests are done when each page was read 200 times, in order.

    True answer: it needs nothing beside its base, and the page tables of the mapping. With a limit that holds base and
    file it is done within a second or two. With a smaller one each page has been dropped again by the time it is due,
    so every reading of it goes to the disk, nothing is ever killed, and it is not done for minutes: it thrashes.
    """

    def __init__(self, size_bytes: int, folder: Path) -> None:
        self._size_bytes = size_bytes
        self._folder = folder
        self._piece = b"1" * PIECE_BYTES
        self._area: mmap.mmap | None = None
        self._at_bytes = 0
        self._passes = 0

    def begin(self) -> None:
        """Write the file from within, so that its cache is charged here, and map it."""
        if self._area is not None:
            return
        file = written(self._folder / "thrash", self._size_bytes, self._piece)
        os.fsync(file)  # only clean pages can be dropped at once
        self._area = mmap.mmap(file, self._size_bytes, prot=mmap.PROT_READ)
        self._area.madvise(mmap.MADV_RANDOM)  # no reading ahead: what is not there must be waited for
        os.close(file)

    def go_on(self) -> bool:
        """Read on for a slice of time; say whether every pass is done."""
        until_s = time.monotonic() + SLICE_S
        while self._area is not None and self._passes < PASSES and time.monotonic() < until_s:
            for at in range(self._at_bytes, self._at_bytes + PAGES_BETWEEN_LOOKS * PAGE_BYTES, PAGE_BYTES):
                self._area[at % self._size_bytes]
            self._at_bytes += PAGES_BETWEEN_LOOKS * PAGE_BYTES
            if self._at_bytes >= self._size_bytes:
                self._at_bytes, self._passes = 0, self._passes + 1
        return self._passes == PASSES


def written(path: Path, size_bytes: int, piece: bytes) -> int:
    """Write a file of whole pieces, at least *size_bytes* long, and return it open."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for _ in range(0, size_bytes, len(piece)):
        os.write(file, piece)
    return file
