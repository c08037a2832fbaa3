"""What "more" means: newer games first, then older ones, nothing skipped at the seams and nothing stored twice."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from importer.settings import StrategyName
from importer.store import ImportRow, Status
from tests.importing import Knobs, importing, put
from tests.pgn_games import created_at_s, game_id, pgn, stream
from tests.scripted_upstream import Answer, Asked, scripted

ALWAYS = {"clocks": "true", "evals": "true", "opening": "true"}


def more(
    path: Path, stored_before: Iterable[bytes], *script: Answer, games_wanted: int = 10
) -> tuple[ImportRow, list[str], list[Asked]]:
    """Import into a database that holds games already; return the end, the new ids and what was asked for.

    However stored games are told from new ones, all of that must be the same.
    """

    async def run(strategy: StrategyName) -> tuple[ImportRow, list[str], list[Asked]]:
        folder = path / strategy
        folder.mkdir()
        async with scripted(*script) as upstream, importing(upstream.url, folder, Knobs(strategy=strategy)) as here:
            put(here.store, stored_before)
            before = set(here.stored_ids())
            row = await here.run(games_wanted)
            return row, [one for one in here.stored_ids() if one not in before], upstream.asked

    row, new, asked = asyncio.run(run("pages"))
    same_row, same_new, same_asked = asyncio.run(run("lookup"))
    assert _what_counts(same_row) == _what_counts(row)
    assert (same_new, [one.parameters for one in same_asked]) == (new, [one.parameters for one in asked])
    return row, new, asked


def _what_counts(row: ImportRow) -> ImportRow:
    """Leave out what differs between two imports of the same."""
    return replace(row, import_id="", requested_at="", queue_wait_s=None, first_game_after_s=None, elapsed_s=None)


def test_a_first_import_takes_the_newest_games(tmp_path: Path) -> None:
    """With nothing stored the newest games come, newest first, exactly as many as were asked for."""
    row, new, asked = more(tmp_path, [], Answer(stream([9, 8, 7])), games_wanted=3)
    assert (row.status, row.fetched, row.stored) == (Status.COMPLETED, 3, 3)
    assert new == [game_id(9), game_id(8), game_id(7)]
    assert [one.parameters for one in asked] == [{**ALWAYS, "max": "3", "sort": "dateDesc"}]


def test_newer_games_come_first_and_oldest_of_them_first(tmp_path: Path) -> None:
    """Games played since the last import are fetched in the order in which they were played."""
    row, new, asked = more(tmp_path, stream([5, 4]), Answer(stream([5, 6, 7])), games_wanted=2)
    assert (row.stored, row.duplicates) == (2, 1)
    assert new == [game_id(7), game_id(6)]
    since = {"since": str(created_at_s(5) * 1000), "sort": "dateAsc", "max": "3"}
    assert [one.parameters for one in asked] == [{**ALWAYS, **since}]


def test_older_games_follow_when_the_newer_are_not_enough(tmp_path: Path) -> None:
    """When nothing newer is left the import goes on before the oldest stored game."""
    newer, older = Answer(stream([5, 6])), Answer(stream([4, 3, 2]))
    row, new, asked = more(tmp_path, stream([5, 4]), newer, older, games_wanted=3)
    assert (row.status, row.stored) == (Status.COMPLETED, 3)
    assert new == [game_id(6), game_id(3), game_id(2)]
    until = {"until": str((created_at_s(4) + 1) * 1000), "sort": "dateDesc", "max": "3"}
    assert asked[1].parameters == {**ALWAYS, **until}


def test_the_end_of_the_history_ends_the_import(tmp_path: Path) -> None:
    """An import that finds fewer games than it wants is complete, not failed."""
    row, new, asked = more(tmp_path, stream([5]), Answer(stream([5])), Answer(stream([5])), games_wanted=100)
    assert (row.status, row.stored, row.duplicates, new) == (Status.COMPLETED, 0, 2, [])
    assert len(asked) == 2


def test_games_of_one_second_are_neither_skipped_nor_doubled(tmp_path: Path) -> None:
    """PGN shows whole seconds, so the seam's second is fetched whole and compared by id."""
    same = [pgn(number, "1. e4 1-0", created_at_s(5)) for number in (51, 52, 53)]
    newer = Answer((*same, pgn(6)))
    older = Answer((*reversed(same), pgn(4)))
    row, new, asked = more(tmp_path, same[1:2], newer, older, games_wanted=4)
    assert (row.status, row.stored, row.duplicates) == (Status.COMPLETED, 4, 4)
    assert new == [game_id(6), game_id(53), game_id(51), game_id(4)]
    assert asked[0].parameters["max"] == str(4 + 1)


def test_a_cut_while_going_forward_leaves_no_gap(tmp_path: Path) -> None:
    """Going forward the oldest games come first, so what is stored at a cut has no gap, and the rest follows."""
    cut = Answer((*stream([1, 2, 3]), pgn(4)[:50]), cut=True)
    row, new, asked = more(tmp_path, stream([1]), cut, Answer(stream([3, 4, 5])), Answer(stream([1])))
    assert (row.status, row.stored) == (Status.COMPLETED, 4)
    assert new == [game_id(5), game_id(4), game_id(3), game_id(2)]
    assert asked[1].parameters["since"] == str(created_at_s(3) * 1000)


def test_imported_games_have_no_place_in_the_order(tmp_path: Path) -> None:
    """A game of 1851 imported to Lichess yesterday does not make the import believe that it has reached 1851."""
    immortal = pgn(99, "1. e4 1-0", Date="1851.06.21", UTCDate=None, UTCTime=None)
    row, new, asked = more(tmp_path, (*stream([5]), immortal), Answer(stream([5])), Answer((*stream([5, 4]), immortal)))
    assert (row.status, new) == (Status.COMPLETED, [game_id(4)])
    assert asked[1].parameters["until"] == str((created_at_s(5) + 1) * 1000)


def test_a_wall_of_known_games_without_times_is_passed(tmp_path: Path) -> None:
    """Where everything that fits an answer is known and moves no cursor, the next request asks for more."""
    known = [pgn(number, "1. e4 1-0", UTCDate=None, UTCTime=None) for number in (91, 92, 93)]
    row, new, asked = more(tmp_path, known, Answer(tuple(known[:1])), Answer((*known, pgn(1))), games_wanted=1)
    assert (row.status, new) == (Status.COMPLETED, [game_id(1)])
    assert [one.parameters["max"] for one in asked] == ["1", "101"]


def test_user_ids_do_not_depend_on_case(tmp_path: Path) -> None:
    """Alice and ALICE are one account: what one import stored the other does not store again."""

    async def run() -> tuple[ImportRow, ImportRow, list[str]]:
        script = Answer(stream([2, 1])), Answer(stream([2])), Answer(stream([1]))
        async with scripted(*script) as upstream, importing(upstream.url, tmp_path) as here:
            first, second = await here.run(10), await here.run(10, "ALICE")
            return first, second, here.stored_ids()

    first, second, stored = asyncio.run(run())
    assert (first.stored, second.stored, second.duplicates) == (2, 0, 2)
    assert stored == [game_id(2), game_id(1)]


def test_requests_name_the_program_and_ask_for_games(tmp_path: Path) -> None:
    """The upstream learns who asks, and that PGN without compression is wanted."""
    _, _, asked = more(tmp_path, [], Answer())
    assert asked[0].path == "/api/games/user/Alice"
    assert asked[0].headers["user-agent"].startswith("import-capacity/0.1 (")
    assert asked[0].headers["accept"] == "application/x-chess-pgn"
    assert asked[0].headers["accept-encoding"] == "identity"
