"""When cyclic garbage is collected."""

import gc
import weakref

from importer.memory import Collector


class Knot:
    """Refers to itself, so that only the cyclic collector can free it."""

    def __init__(self) -> None:
        self.myself = self


def test_every_so_many_games_garbage_is_collected() -> None:
    """With every third game due, a knot tied before is gone after the third and not sooner."""
    gc.disable()
    try:
        collector = Collector(3)
        knot = weakref.ref(Knot())
        assert [collector.count_game() for _ in range(2)] == [False, False]
        assert knot() is not None
        assert collector.count_game()
        assert knot() is None
    finally:
        gc.enable()


def test_the_count_begins_again() -> None:
    """Collections come at a steady rate over the whole life of the process."""
    collector = Collector(2)
    assert [collector.count_game() for _ in range(6)] == [False, True] * 3


def test_zero_means_never() -> None:
    """With 0 no collection is ever asked for."""
    collector = Collector(0)
    assert not any(collector.count_game() for _ in range(1_000))


def test_what_the_start_left_is_set_aside() -> None:
    """After settling, later collections have next to nothing to look at."""
    try:
        Collector(1).settle()
        assert gc.get_freeze_count() > 1_000
        assert len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()
