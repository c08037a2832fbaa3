"""What an import makes of a database that takes nothing for a while: it says so, keeps its games, and goes on."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from importer.errors import StorageTrouble
from importer.jobs import ImportView
from importer.store import ImportRow, Status, Store
from importer.store.trouble import told_apart
from tests.importing import importing
from tests.pgn_games import game_id, stream
from tests.scripted_upstream import Answer, Asked, scripted

HELD = "the database is busy: another program is writing to it (database is locked)"


async def held_up(views: "asyncio.Queue[ImportView]") -> ImportView:
    """Return the first view that is held up."""
    while not (view := await views.get()).held_up:
        pass
    return view


def test_a_database_held_by_another_program_is_waited_for(tmp_path: Path) -> None:
    """While another program writes, the batch stays in hand, the stream is left, and afterwards nothing is missing."""

    async def run() -> tuple[ImportView, ImportRow, list[str], list[Asked]]:
        silent = Answer(stream([3]), hold=True)  # until the database is held
        script = silent, Answer(stream([3, 2, 1]), hold=True), Answer(stream([2, 1]))
        async with scripted(*script) as upstream, importing(upstream.url, tmp_path) as here:
            views: asyncio.Queue[ImportView] = asyncio.Queue()

            async def watch(import_id: str) -> None:
                async for view in here.imports.watch(import_id):
                    views.put_nowait(view)

            submitted = await here.imports.submit("lichess", "Alice", 3)
            watching = asyncio.create_task(watch(submitted.row.import_id))
            while (await views.get()).row.phase != "streaming":
                pass
            with closing(sqlite3.connect(tmp_path / "games.sqlite3", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                while HELD not in str((view := await held_up(views)).held_up):
                    pass
            ended = await here.end_of(submitted.row.import_id)
            await watching
            return view, ended, here.stored_ids(), upstream.asked

    view, row, stored, asked = asyncio.run(run())
    assert (view.row.status, view.row.error) == (Status.RUNNING, None)
    assert (row.status, row.stored) == (Status.COMPLETED, 3)
    assert (row.fetched, row.duplicates) == (4, 1)
    assert stored == [game_id(3), game_id(2), game_id(1)]
    assert [one.parameters["max"] for one in asked] == ["3", "3", "2"]


def full(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.execute("PRAGMA max_page_count = 1")
    return db


def read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


@pytest.mark.parametrize(
    ("opened", "reason"),
    [(full, "the disk is full"), (read_only, "the database or its file system is read-only")],
)
def test_trouble_of_the_disk_is_told_apart(
    tmp_path: Path, opened: Callable[[Path], sqlite3.Connection], reason: str
) -> None:
    """What may pass by itself is trouble with its reason; it is no fault of the program."""
    path = tmp_path / "any.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
    with closing(opened(path)) as db, pytest.raises(StorageTrouble, match=reason), told_apart():
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")


def test_a_fault_of_the_program_stays_a_fault(tmp_path: Path) -> None:
    """A table that does not exist will not come into being by waiting."""
    with (
        closing(sqlite3.connect(tmp_path / "any.sqlite3")) as db,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        told_apart(),
    ):
        db.execute("INSERT INTO t VALUES (1)")


def test_trouble_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    """A call that met trouble has stored nothing, and the same call works once the trouble is over."""
    path = tmp_path / "games.sqlite3"
    row = ImportRow("i1", "lichess", "Alice", 10, "2026-01-01T00:00:00+00:00")
    with closing(Store(str(path))) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageTrouble):
                store.accept_import(row)
        assert store.get_import("i1") is None
        store.accept_import(row)
        assert store.get_import("i1") == row
