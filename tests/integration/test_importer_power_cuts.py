"""Power cuts at any moment, before, during and after checkpoints: a batch and its progress stay one, and go on."""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from importer.game import Game, read_game
from importer.pgn import RawGame
from importer.store import Account, ImportRow, Phase, Status, Store
from importer.tools.opening import reading
from importer.tools.verify import Tally, disagreements
from tests.pgn_games import pgn
from tests.power_cuts import Copy, cuts

ALICE = Account("lichess", "alice")
BATCHES, BATCH = 12, 5
ROW = ImportRow("i1", *ALICE.key(), BATCHES * BATCH, "2026-01-01T00:00:00+00:00", Status.RUNNING, Phase.STREAMING)
# Pages in the log after which SQLite checkpoints by itself: 1000 in the importer, which these games never fill.
CHECKPOINT_PAGES = 40


def batch(number: int) -> list[Game]:
    """Return the games of a batch."""
    found = [read_game(RawGame(pgn(number * BATCH + one).strip())) for one in range(BATCH)]
    return [one for one in found if isinstance(one, Game)]


def moments(path: Path, checkpoint_pages: int = CHECKPOINT_PAGES) -> list[Copy]:
    """Import batch by batch; return the files after the import was accepted, and after each batch."""
    with closing(Store(str(path))) as store:
        store._db.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")  # noqa: SLF001
        store.accept_import(ROW)
        found, row = [Copy.of(path)], ROW
        for number in range(BATCHES):
            row = store.save_batch(replace(row, fetched=(number + 1) * BATCH), batch(number), [])
            found.append(Copy.of(path))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_power_cut_leaves_the_import_goes_on(tmp_path: Path, seed: int) -> None:
    """The files hold whole batches with their progress, all from before a checkpoint, and the rest can follow."""
    chance = random.Random(seed)
    path = tmp_path / "games.sqlite3"
    found = moments(path)
    seen = set()
    for number, (synced, left) in enumerate(cuts(found, chance, 2)):
        cut = tmp_path / f"cut{number}.sqlite3"
        left.put(cut)
        seen.add(survived(cut, synced))
    assert len(seen) > 3
    assert {found[number].database != found[number + 1].database for number in range(BATCHES)} == {True, False}


def survived(path: Path, synced: int) -> int:
    """Go on with the import that a cut has left; return how many batches it had."""
    with closing(Store(str(path))) as store:
        (row,) = store.unfinished()
        done = row.stored // BATCH
        assert row.stored == done * BATCH == row.fetched == len(list(store.newest_first(ALICE)))
        assert synced <= done <= BATCHES
        for number in range(done, BATCHES):
            row = store.save_batch(replace(row, fetched=row.fetched + BATCH), batch(number), [])
        store.put_import(replace(row, status=Status.COMPLETED, phase=Phase.FINISHED))
    tally = Tally()
    with reading(str(path)) as db:
        assert list(disagreements(db, str(path), tally)) == []
    assert tally.games == {ALICE.key(): BATCHES * BATCH}
    return done


def test_an_acceptance_outlasts_every_cut_behind_it(tmp_path: Path) -> None:
    """What someone was told is accepted is synced: wherever the log ends after that, the import is there."""
    accepted, after, *_ = moments(tmp_path / "games.sqlite3", checkpoint_pages=0)
    assert accepted.database == after.database
    for end in range(len(accepted.log), len(after.log), 700):
        cut = tmp_path / f"cut{end}.sqlite3"
        Copy(after.database, after.log[:end]).put(cut)
        with closing(Store(str(cut))) as store:
            assert store.get_import("i1") is not None


def test_the_server_checkpoints_as_sqlite_does(tmp_path: Path) -> None:
    """What these cuts assume of the server's connection is so: a log, synced at checkpoints."""
    with closing(Store(str(tmp_path / "games.sqlite3"))) as store:
        found = [store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]  # noqa: SLF001
    assert found == ["wal", 1]
    assert sqlite3.sqlite_version_info >= (3, 11)  # since then a log may be written out of order within a transaction
