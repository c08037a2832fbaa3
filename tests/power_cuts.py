"""Makes the files that a power cut can leave, from copies of the database before and after each transaction.

What SQLite has synced is on the disk. Of what it has written since, each sector may be there or not, in any order, and
a file may end anywhere behind what is synced. In WAL mode with `synchronous = NORMAL` the log is synced before a
checkpoint copies it into the database, the database after that, and its header when it begins anew; a commit is not.
Source: https://www.sqlite.org/pragma.html#pragma_synchronous, https://www.sqlite.org/atomiccommit.html.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

# What a disk writes whole or not at all: the least that is in use.
SECTOR_BYTES = 512
# Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
LOG_HEADER_BYTES = 32


@dataclass(frozen=True)
class Copy:
    """The two files at one moment, as programs see them."""

    database: bytes
    log: bytes

    @classmethod
    def of(cls, path: Path) -> "Copy":
        """Copy the files as they are."""
        log = path.with_name(f"{path.name}-wal")
        return cls(path.read_bytes(), log.read_bytes() if log.exists() else b"")

    def put(self, path: Path) -> None:
        """Write the files to another place, where no one has them open."""
        path.write_bytes(self.database)
        path.with_name(f"{path.name}-wal").write_bytes(self.log)


def cuts(moments: list[Copy], chance: random.Random, each: int) -> Iterator[tuple[int, Copy]]:
    """Yield files that a cut may leave, with the number of the moment up to which everything is certainly synced.

    The first moment must be synced, and the log never shorter than at the first.
    """
    synced, old_log, synced_bytes = 0, moments[0].log, len(moments[0].log)
    for number, (before, after) in enumerate(pairwise(moments)):
        checkpointed = after.database != before.database
        for _ in range(each):
            if checkpointed:  # the log is synced whole, and the database is being written
                yield number + 1, Copy(_torn(before.database, after.database, chance), after.log)
            # Of the log since then sectors may be missing, with what was there before in their place, and its end too.
            torn = after.log[:synced_bytes] + _torn(old_log, after.log, chance)[synced_bytes:]
            for log in (torn, after.log):
                yield synced, Copy(before.database, log[: chance.randint(synced_bytes, len(log))])
        if checkpointed:  # the next to write begins the log anew, and syncs its header first
            synced, old_log, synced_bytes = number + 1, after.log, LOG_HEADER_BYTES


def _torn(old: bytes, new: bytes, chance: random.Random) -> bytes:
    """Return the new content, where some sectors are still as they were."""
    share = chance.random()
    found = bytearray()
    for begin in range(0, max(len(old), len(new)), SECTOR_BYTES):
        first, second = old[begin : begin + SECTOR_BYTES], new[begin : begin + SECTOR_BYTES]
        kept = first if chance.random() < share else second
        found += kept.ljust(SECTOR_BYTES, b"\0")
    return bytes(found)
