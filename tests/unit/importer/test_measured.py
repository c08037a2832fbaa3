"""What is counted: committed games, waits and batches, each once."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from importer.game import Game, Rejection, read_game
from importer.measured import MeasuredStore
from importer.metrics import Metrics, Now
from importer.pgn import RawGame
from importer.store import ImportRow, Status
from tests.pgn_games import pgn

ROW = ImportRow("i1", "lichess", "Alice", 10, "2026-01-01T00:00:00+00:00")
NOW = Now({"queued": 2, "running": 0}, queue_length=2, streams_in_use=1)


@pytest.fixture
def metrics() -> Metrics:
    """Begin to count."""
    return Metrics()


@pytest.fixture
def store(tmp_path: Path, metrics: Metrics) -> Iterator[MeasuredStore]:
    """Open an empty database."""
    with closing(MeasuredStore(str(tmp_path / "games.sqlite3"), metrics)) as opened:
        yield opened


def game(number: int) -> Game:
    """Return the row of game *number*."""
    row = read_game(RawGame(pgn(number).strip()))
    assert isinstance(row, Game)
    return row


def values(metrics: Metrics) -> dict[str, float]:
    """Return what Prometheus would read, by name and labels."""
    families = text_string_to_metric_families(metrics.text(NOW).decode())
    samples = [sample for family in families for sample in family.samples]
    return {"".join((one.name, *(f" {value}" for value in one.labels.values()))): one.value for one in samples}


def test_games_are_counted_by_what_became_of_them(store: MeasuredStore, metrics: Metrics) -> None:
    """Each committed batch adds its stored, duplicate and rejected games, and one batch."""
    store.put_import(ROW)
    row = store.save_batch(ROW, [game(1), game(2)], [])
    row = store.save_batch(row, [game(2)], [Rejection("x", "why", b"x")])
    store.put_import(replace(row, status=Status.COMPLETED))
    read = values(metrics)
    assert [read[f"importer_games_total {outcome}"] for outcome in ("stored", "duplicates", "rejected")] == [2, 1, 1]
    assert read["importer_batch_seconds_count"] == 2


def test_what_an_earlier_process_stored_is_not_counted_again(store: MeasuredStore, metrics: Metrics) -> None:
    """A resumed import is counted from where it is taken up."""
    store.put_import(replace(ROW, stored=500, queue_wait_s=3.0))
    store.save_batch(replace(ROW, stored=500, queue_wait_s=3.0), [game(1)], [])
    read = values(metrics)
    assert read["importer_games_total stored"] == 1
    assert read["importer_queue_wait_seconds_count"] == 0


def test_the_wait_in_the_queue_is_counted_once(store: MeasuredStore, metrics: Metrics) -> None:
    """An import's wait is observed when it is known, however often the row is written after that."""
    store.put_import(ROW)
    store.put_import(replace(ROW, status=Status.RUNNING, queue_wait_s=7.0))
    store.put_import(replace(ROW, status=Status.COMPLETED, queue_wait_s=7.0))
    read = values(metrics)
    assert (read["importer_queue_wait_seconds_count"], read["importer_queue_wait_seconds_sum"]) == (1, 7.0)


def test_the_state_of_the_moment_is_reported(metrics: Metrics) -> None:
    """Imports by state, the queue, the streams, the upstream's answers and the memory are there, zeros included."""
    metrics.count_answer(429)
    metrics.count_answer(429)
    read = values(metrics)
    assert (read["importer_imports queued"], read["importer_imports running"]) == (2, 0)
    assert (read["importer_queue_length"], read["importer_upstream_streams"]) == (2, 1)
    assert read["importer_upstream_answers_total 429"] == 2
    assert read["process_resident_memory_bytes"] > 0
