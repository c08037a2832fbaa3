"""Which games are asked for next, and how long an import waits after a refusal."""

import pytest

from importer.errors import (
    PlayerUnknown,
    StreamCut,
    StreamStalled,
    UpstreamBusy,
    UpstreamDown,
    UpstreamError,
    UpstreamPage,
    UpstreamRefused,
)
from importer.jobs.course import Direction, Patience, next_spare, next_window
from importer.store import Edge
from importer.upstream import Window


def test_with_nothing_stored_the_window_is_open() -> None:
    """A first import asks for the newest games without any bound in time."""
    assert next_window("a", Direction.OLDER, None, 500, 0) == Window(
        "a", None, None, oldest_first=False, games_most=500
    )


def test_newer_games_are_asked_for_from_the_edge_second_on() -> None:
    """Going forward the edge's second is taken in, with room for the games of it that are stored."""
    window = next_window("a", Direction.NEWER, Edge(1_700_000_000, 2), 500, 0)
    assert window == Window("a", 1_700_000_000_000, None, oldest_first=True, games_most=502)


def test_older_games_are_asked_for_up_to_the_edge_second() -> None:
    """Going back the whole edge second is taken in, although the upstream's bound is exclusive."""
    window = next_window("a", Direction.OLDER, Edge(1_700_000_000, 1), 500, 100)
    assert window == Window("a", None, 1_700_000_001_000, oldest_first=False, games_most=601)


def test_spare_games_grow_until_something_moves() -> None:
    """An answer that brought nothing new is followed by ever larger ones, and by none once something moved."""
    assert next_spare(0, moved=False) == 100
    assert next_spare(100, moved=False) == 400
    assert next_spare(400, moved=True) == 0


PATIENCE = Patience(down_wait_s=2, growth=2, jitter_ratio=0.25, failures_most=4)


@pytest.mark.parametrize(
    ("error", "failures", "chance", "wait_s"),
    [
        (UpstreamBusy(), 3, 1.0, 0),
        (UpstreamBusy(), 4, 0.0, None),
        (UpstreamPage(), 1, 0.0, 2),
        (StreamStalled(), 1, 0.0, 2),
        (UpstreamDown(), 1, 0.0, 2),
        (StreamCut(), 2, 1.0, 5),
        (PlayerUnknown(), 1, 0.0, None),
        (UpstreamRefused(), 1, 0.0, None),
    ],
)
def test_waits_fit_the_trouble(error: UpstreamError, failures: int, chance: float, wait_s: float | None) -> None:
    """Passing trouble is waited out for seconds, a busy upstream elsewhere; some things never mend."""
    assert PATIENCE.wait_s(error, failures, chance) == wait_s


def test_a_full_disk_is_tried_again_soon_and_then_less_often() -> None:
    """The waits grow to their most and stay there, however long the trouble lasts."""
    patience = Patience(storage_first_wait_s=1, growth=2, storage_wait_most_s=15)
    assert [patience.storage_wait_s(failures) for failures in (1, 2, 4, 5, 10_000)] == [1, 2, 8, 15, 15]
