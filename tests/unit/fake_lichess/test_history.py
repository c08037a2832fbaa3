"""When blocks of games lie, and the way back from an instant to its block."""

from datetime import UTC, datetime

import pytest

from fake_lichess.history import BLOCK_GAMES, NEWEST_MS, block_at, block_end_ms


def test_the_newest_block_ends_at_the_fixed_instant() -> None:
    """Games do not depend on the day they are asked for."""
    assert datetime.fromtimestamp(NEWEST_MS / 1000, UTC) == datetime(2026, 6, 30, 20, tzinfo=UTC)
    assert block_end_ms(0) == NEWEST_MS


@pytest.mark.parametrize(
    ("games", "earliest", "latest"), [(1000, 2025, 2026), (10_000, 2024, 2025), (500_000, 2013, 2013)]
)
def test_an_account_reaches_as_far_back_as_its_size_suggests(games: int, earliest: int, latest: int) -> None:
    """A thousand games are months, ten thousand are two years, half a million is Lichess's whole life."""
    year = datetime.fromtimestamp(block_end_ms(games // BLOCK_GAMES) / 1000, UTC).year
    assert earliest <= year <= latest


def test_an_instant_after_everything_belongs_to_the_newest_block() -> None:
    """There is no block in the future."""
    assert block_at(NEWEST_MS + 1) == 0
