"""What "more" means where a history is published by month, and how little is asked for: order, seams, conditions."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from importer.store import Account, ImportRow, Status
from tests.chesscom_pgn import game_id
from tests.importing import Importing, Knobs, importing
from tests.months_upstream import PGN, UNCHANGED, listed, month
from tests.scripted_upstream import Answer, Asked, scripted

ALICE = Account("chesscom", "alice")
BASE = "/pub/player/alice/games/"


def imports(path: Path, wanted: Sequence[int], *script: Answer) -> tuple[list[ImportRow], list[set[str]], list[Asked]]:
    """Import so many games one after the other; return how each ended, what each stored, and what was asked for."""

    async def run() -> tuple[list[ImportRow], list[set[str]], list[Asked]]:
        async with scripted(*script) as upstream, importing(upstream.url, path) as here:
            rows, new, before = list[ImportRow](), list[set[str]](), set[str]()
            for games in wanted:
                rows.append(await here.run(games, "Alice", "chesscom"))
                new.append(set(here.stored_ids(ALICE)) - before)
                before |= new[-1]
            return rows, new, upstream.asked

    return asyncio.run(run())


def ids(*numbers: int) -> set[str]:
    """Return the ids of these games."""
    return {game_id(number) for number in numbers}


def paths(asked: Sequence[Asked]) -> list[str]:
    """Return what was asked for, in short."""
    return [one.path.removeprefix(BASE) for one in asked]


@pytest.mark.parametrize("order", [(4, 5, 6), (6, 5, 4), (5, 6, 4)])
def test_a_first_import_takes_the_newest_games(tmp_path: Path, order: tuple[int, ...]) -> None:
    """In whatever order a month comes, and without a look at older months than are needed."""
    rows, new, asked = imports(tmp_path, [2], listed("2024/04", "2024/05"), month("2024/05", order))
    assert (rows[0].status, rows[0].fetched, rows[0].stored, rows[0].error) == (Status.COMPLETED, 2, 2, None)
    assert new == [ids(5, 6)]
    assert paths(asked) == ["archives", "2024/05/pgn"]


def test_newer_games_come_before_older_ones_and_the_oldest_of_them_first(tmp_path: Path) -> None:
    """The next import goes on after the newest game, month by month, and only then before the oldest."""
    script = (
        listed("2024/03", "2024/04"),
        month("2024/04", [4, 5, 6]),  # of which the newest is wanted
        listed("2024/03", "2024/04", "2024/05"),
        month("2024/04", [4, 5, 6, 7]),
        month("2024/05", [8, 9]),  # of which the older is wanted
        listed("2024/03", "2024/04", "2024/05"),
        month("2024/05", [8, 9]),
        month("2024/04", [4, 5, 6, 7]),
        month("2024/03", [1, 2]),
    )
    rows, new, asked = imports(tmp_path, [1, 2, 4], *script)
    assert [row.status for row in rows] == [Status.COMPLETED] * 3
    assert new == [ids(6), ids(7, 8), ids(9, 5, 4, 2)]
    assert paths(asked[2:5]) == ["archives", "2024/04/pgn", "2024/05/pgn"]
    assert paths(asked[5:]) == ["archives", "2024/05/pgn", "2024/04/pgn", "2024/03/pgn"]


def test_a_month_that_can_change_is_asked_for_only_if_it_has(tmp_path: Path) -> None:
    """What is known whole is named, tag and date; 304 means nothing new, and months that are over are left alone."""
    april = month("2024/04", [1])
    may, more = month("2024/05", [2]), month("2024/05", [2, 3], "two")
    both = listed("2024/04", "2024/05")
    rows, new, asked = imports(tmp_path, [9, 9, 9, 9], both, may, april, both, UNCHANGED, both, more, both, UNCHANGED)
    assert new == [ids(1, 2), set(), ids(3), set()]
    assert [row.fetched for row in rows] == [2, 0, 2, 0]
    assert paths(asked[3:]) == ["archives", "2024/05/pgn"] * 3
    conditions = [(one.headers.get("if-none-match"), one.headers.get("if-modified-since")) for one in asked]
    date = "Thursday, 16-May-2024 22:34:57 GMT+0000"
    assert [conditions[place] for place in (1, 4, 6, 8)] == [
        (None, None),
        ('W/"one"', date),
        ('W/"one"', date),
        ('W/"two"', date),
    ]


@pytest.mark.parametrize(
    ("date", "asked_again"),
    [
        ("Date: Sat, 01 Jun 2024 23:59:59 GMT", True),
        ("Date: Mon, 03 Jun 2024 00:00:00 GMT", False),
        ("Date: soon", True),
        ("X-Nothing: here", True),
    ],
)
def test_a_month_is_over_when_the_upstream_s_clock_says_so(tmp_path: Path, date: str, *, asked_again: bool) -> None:
    """Answers lag, so a month stays open for two days more; without a clock it stays open."""
    may, end = month("2024/05", [1], date=date), [UNCHANGED] if asked_again else []
    _, _, asked = imports(tmp_path, [9, 9], listed("2024/05"), may, listed("2024/05"), *end)
    assert len(asked) == 3 + asked_again


def test_a_month_of_which_something_is_missing_is_asked_for_without_conditions(tmp_path: Path) -> None:
    """Its tag would say that nothing has changed, while games of it are still wanted."""
    may = month("2024/05", [1, 2, 3])
    _, new, asked = imports(tmp_path, [1, 1], listed("2024/05"), may, listed("2024/05"), may)
    assert new == [ids(3), ids(2)]
    assert "if-none-match" not in asked[3].headers


def test_rejected_games_do_not_count_towards_the_limit(tmp_path: Path) -> None:
    """Other games of the month take their place; none of them is tried twice."""
    bughouse = month("2024/05", [4, 5], Variant="Bughouse")
    both = Answer((*month("2024/05", [1, 2, 3]).body, b"\n\n", *bughouse.body), kind=PGN)
    rows, new, _ = imports(tmp_path, [2], listed("2024/05"), both)
    assert (rows[0].status, rows[0].stored, rows[0].rejected, rows[0].fetched) == (Status.COMPLETED, 2, 2, 4)
    assert new == [ids(2, 3)]


def test_the_same_game_twice_in_a_month_is_stored_once(tmp_path: Path) -> None:
    """The copy is counted as a duplicate."""
    rows, new, _ = imports(tmp_path, [9], listed("2024/05"), month("2024/05", [1, 1, 2]))
    assert (rows[0].stored, rows[0].duplicates, rows[0].fetched) == (2, 1, 3)
    assert new == [ids(1, 2)]


def test_an_empty_history_is_complete(tmp_path: Path) -> None:
    """A player without games, and a month without any, are no failures."""
    rows, new, _ = imports(tmp_path, [9, 9], listed(), listed("2024/05"), month("2024/05", []))
    assert [(row.status, row.stored) for row in rows] == [(Status.COMPLETED, 0)] * 2
    assert new == [set(), set()]


@pytest.mark.parametrize(("first", "expected"), [((60,), range(20, 61)), ((1,), range(1, 42))])
def test_a_stop_in_the_middle_of_a_month_is_gone_on_from(
    tmp_path: Path, first: tuple[int, ...], expected: range
) -> None:
    """Back or forward, nothing is stored again, and exactly as many games come as were asked for."""

    async def until_stopped(here: Importing) -> str:
        await here.run(1, "Alice", "chesscom")
        submitted = await here.imports.submit("chesscom", "Alice", 40)
        await here.games_fetched(submitted.row.import_id, 12)
        return submitted.row.import_id

    async def run() -> tuple[ImportRow, set[str], int]:
        begun, may = month("2024/05", first), month("2024/05", range(1, 61))
        async with scripted(listed("2024/05"), begun, *[listed("2024/05"), may] * 2) as upstream:
            async with importing(upstream.url, tmp_path, Knobs(batch_size=5)) as here:
                import_id = await until_stopped(here)
            async with importing(upstream.url, tmp_path) as here:
                stored = len(here.stored_ids(ALICE))
                return await here.end_of(import_id), set(here.stored_ids(ALICE)), stored

    row, stored, before = asyncio.run(run())
    assert 12 <= before < 41
    assert (row.status, row.stored, row.duplicates) == (Status.COMPLETED, 40, before + 1)
    assert stored == ids(*expected)
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith("games.sqlite3")] == []
