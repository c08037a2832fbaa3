"""A month on the disk while its games are taken."""

import asyncio
from pathlib import Path

import pytest

from importer.errors import StorageTrouble
from importer.jobs.spool import Spool
from importer.jobs.storage import StorageThread


def visible(folder: Path) -> list[Path]:
    """Return what the folder shows."""
    return list(folder.iterdir())


def test_what_goes_in_comes_out_again_and_again(tmp_path: Path) -> None:
    """In pieces, from the beginning each time; the folder shows no file of it at any time."""
    pieces = [bytes([number]) * 40_000 for number in range(5)]

    async def run() -> list[bytes]:
        storage = StorageThread()
        with Spool(str(tmp_path), storage) as spool:
            for piece in pieces:
                await spool.write(piece)
            assert visible(tmp_path) == []
            read = [[piece async for piece in spool.pieces()] for _ in range(2)]
        storage.close()
        assert max(len(piece) for piece in read[0]) == 65_536
        return [b"".join(one) for one in read]

    assert asyncio.run(run()) == [b"".join(pieces)] * 2


def test_a_disk_without_room_is_trouble_that_passes(tmp_path: Path) -> None:
    """An import waits for it as for a database that cannot be written."""
    storage = StorageThread()
    with pytest.raises(StorageTrouble, match="the disk has no room for a month of games"):
        Spool(str(tmp_path / "missing"), storage)
    storage.close()
