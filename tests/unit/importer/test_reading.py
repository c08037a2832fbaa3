"""Reading stored games a page at a time: the order, the positions, and how much is held."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.game import Game
from importer.reading import NEWEST, PAGE_BYTES_MOST, PAGE_GAMES_MOST, GamesReader, Position
from importer.store import Account, Store
from tests.importing import ALICE, put, put_numbers
from tests.pgn_games import FOOLS_MATE, created_at_s, game_id, pgn


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """Set up an empty database and return where it lies."""
    with closing(Store(str(tmp_path / "games.sqlite3"))):
        yield str(tmp_path / "games.sqlite3")


def read_all(path: str, most: int, account: Account = ALICE) -> list[Game]:
    """Return every game of an account, read in pages of so many."""
    games: list[Game] = []
    with closing(GamesReader(path)) as reader:
        after = NEWEST
        while page := reader.page(account, after, most):
            games += page
            after = Position.of(page[-1])
    return games


def put_in(path: str, *texts: bytes) -> None:
    with closing(Store(path)) as store:
        put(store, texts)


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_pages_of_any_size_hold_every_game_once_and_newest_first(path: str, most: int) -> None:
    """Games of one second and games without a time have their places too; other users' games are not among them."""
    same_second = [pgn(20 + number, FOOLS_MATE, created_at_s(5)) for number in range(3)]
    untimed = [pgn(30 + number, FOOLS_MATE, None, UTCDate=None, UTCTime=None) for number in range(3)]
    put_in(path, *map(pgn, range(1, 8)), *same_second, *untimed)
    with closing(Store(path)) as store:
        put(store, [pgn(99)], Account("lichess", "bob"))
    expected = [7, 6, 22, 21, 20, 5, 4, 3, 2, 1, 32, 31, 30]
    assert [game.game_id for game in read_all(path, most)] == [game_id(number) for number in expected]


def test_a_game_comes_back_as_it_was_stored(path: str) -> None:
    """Every column is read, whatever the case of the user's name."""
    put_in(path, pgn(1))
    (game,) = read_all(path, 10, Account("lichess", "aLICE"))
    assert (game.game_id, game.created_at_s, game.white, game.plies) == (game_id(1), created_at_s(1), "Alice", 4)
    assert game.pgn == pgn(1).decode().strip()


def test_a_page_is_bounded_in_games_and_in_bytes(path: str) -> None:
    """A page ends with its most games, or with the game that takes it past its most bytes."""
    put_in(path, *(pgn(number) for number in range(PAGE_GAMES_MOST + 1)))
    large = f"{{{'x' * 30_000}}} {FOOLS_MATE}"
    put_in(path, *(pgn(1000 + number, large) for number in range(9)))
    with closing(GamesReader(path)) as reader:
        first = reader.page(ALICE, NEWEST, 10_000)
        behind = Position(created_at_s(1000), game_id(1000))
        assert len(reader.page(ALICE, behind, 10_000)) == PAGE_GAMES_MOST
    assert PAGE_BYTES_MOST <= sum(len(game.pgn) for game in first) < PAGE_BYTES_MOST + 31_000


def test_games_stored_while_someone_reads_do_not_disturb_the_order(path: str) -> None:
    """A reader goes on from its position: nothing twice, nothing skipped of what was there."""
    with closing(Store(path)) as store, closing(GamesReader(path)) as reader:
        put_numbers(store, [10, 20, 30])
        (first,) = reader.page(ALICE, NEWEST, 1)
        put_numbers(store, [5, 25, 35])
        rest = reader.page(ALICE, Position.of(first), 10)
    assert [game.game_id for game in rest] == [game_id(number) for number in (25, 20, 10, 5)]


times = st.none() | st.integers(min_value=-(10**12) + 1, max_value=10**12 - 1)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(created_at_s=times, game=ids)
def test_a_position_survives_being_written(created_at_s: int | None, game: str) -> None:
    """What a client gets as a position means the same when it sends it back."""
    position = Position(created_at_s, game)
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize("text", ["", "~", "1", "-~a", "1~", "1~a b", "1~a\n", "1234567890123~a", "1~" + "a" * 65])
def test_what_is_no_position_is_refused(text: str) -> None:
    """A text that no position is written as raises a ValueError."""
    with pytest.raises(ValueError, match=r".*"):
        Position.parse(text)
