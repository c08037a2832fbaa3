"""Keeps one answer of an upstream on the disk until its games are taken; nothing of it outlives the process.

Must not look into what it keeps. An answer may be tens of megabytes, of which memory never holds more than a piece.
"""

import tempfile
from collections.abc import AsyncIterator
from typing import Self

from importer.errors import StorageTrouble
from importer.jobs.storage import StorageThread

# A choice: as much as one read of the network brings, so that memory holds no more than while streaming.
_PIECE_BYTES = 64 * 1024


class Spool:
    """A file without a name: the system takes its space back however the process ends."""

    def __init__(self, folder: str, storage: StorageThread) -> None:
        """Open a file in *folder*, which is the database's: where temporary files usually go may be memory.

        Raises:
            StorageTrouble: there can be no such file for now.
        """
        self._storage = storage
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 its owner closes it
        except OSError as error:
            raise _trouble(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the space back."""
        self._file.close()

    async def write(self, piece: bytes) -> None:
        """Add to the end.

        Raises:
            StorageTrouble: the disk is full, or the like.
        """
        await self._storage.call(self._write, piece)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield everything from the beginning.

        Raises:
            StorageTrouble: the disk does not give it back.
        """
        begin = 0
        while piece := await self._storage.call(self._read, begin):
            begin += len(piece)
            yield piece

    def _write(self, piece: bytes) -> None:
        try:
            while piece:
                piece = piece[self._file.write(piece) :]
        except OSError as error:
            raise _trouble(error) from error

    def _read(self, begin: int) -> bytes:
        try:
            self._file.seek(begin)
            return self._file.read(_PIECE_BYTES)
        except OSError as error:
            raise _trouble(error) from error


def _trouble(error: OSError) -> StorageTrouble:
    return StorageTrouble(f"the disk has no room for a month of games ({error.strerror})")
