"""What an import makes of a misbehaving upstream: it ends complete or with the right reason, never silently short."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from importer.pgn import GAME_BYTES_MOST
from importer.store import ImportRow, Status
from tests.importing import importing
from tests.pgn_games import ILLEGAL, created_at_s, game_id, pgn, stream
from tests.scripted_upstream import Answer, Asked, scripted

EMPTY = Answer()


def ids(numbers: Sequence[int]) -> list[str]:
    """Return the ids of these games."""
    return [game_id(number) for number in numbers]


def import_against(path: Path, *script: Answer, games_wanted: int = 10) -> tuple[ImportRow, list[str], list[Asked]]:
    """Run one import against a script; return how it ended, what is stored, and what was asked for."""

    async def run() -> tuple[ImportRow, list[str], list[Asked]]:
        async with scripted(*script) as upstream, importing(upstream.url, path) as here:
            row = await here.run(games_wanted)
            return row, here.stored_ids(), upstream.asked

    return asyncio.run(run())


def test_a_cut_stream_goes_on_from_its_cursor(tmp_path: Path) -> None:
    """After a cut only what is older than the last whole game is asked for again, and nothing is stored twice."""
    half_a_game = pgn(6)[:200]
    cut = Answer((*stream([9, 8, 7]), half_a_game), cut=True)
    row, stored, asked = import_against(tmp_path, cut, Answer(stream([8, 7, 6, 5])))
    assert (row.status, row.stored, row.duplicates, row.rejected) == (Status.COMPLETED, 5, 2, 0)
    assert stored == ids([9, 8, 7, 6, 5])
    assert asked[1].parameters["until"] == str((created_at_s(7) + 1) * 1000)


def test_a_stream_cut_inside_a_game_rejects_nothing(tmp_path: Path) -> None:
    """Half a game at a cut is not a malformed game: it comes again whole."""
    row, stored, _ = import_against(tmp_path, Answer((pgn(2)[:300],), cut=True), Answer(stream([2, 1])))
    assert (row.fetched, row.rejected) == (2, 0)
    assert stored == ids([2, 1])


def test_an_end_in_the_middle_of_a_game_is_a_cut(tmp_path: Path) -> None:
    """A proxy may end a broken body properly: a last game without a result is asked for again."""
    row, stored, _ = import_against(tmp_path, Answer((pgn(2), pgn(1)[:300])), Answer(stream([2, 1])))
    assert (row.status, row.duplicates, row.rejected) == (Status.COMPLETED, 1, 0)
    assert stored == ids([2, 1])


def test_a_last_game_that_stays_cut_is_rejected(tmp_path: Path) -> None:
    """When the same unfinished text comes again it is the game itself that is damaged."""
    row, stored, asked = import_against(tmp_path, Answer((pgn(2), pgn(1)[:300])))
    assert (row.status, row.stored, row.rejected) == (Status.COMPLETED, 1, 1)
    assert stored == ids([2])
    assert len(asked) == 2


def test_a_last_game_too_large_is_no_cut_unless_it_is_cut(tmp_path: Path) -> None:
    """Only its beginning is kept, but its end was seen: an answer that ends with such a game is not asked for again."""
    large = pgn(1, f"1. e4 {{{'x' * GAME_BYTES_MOST}}} e5 1-0")
    row, stored, asked = import_against(tmp_path, Answer((pgn(2), large)))
    assert (row.status, row.rejected, len(asked)) == (Status.COMPLETED, 1, 1)
    (tmp_path / "cut").mkdir()
    cut, _, asked = import_against(tmp_path / "cut", Answer((pgn(2), large[:-20])), Answer(stream([2, 1])))
    assert (cut.rejected, len(asked)) == (0, 2)
    assert stored == ids([2])


def test_a_silent_stream_is_a_cut_stream(tmp_path: Path) -> None:
    """A stream that stays open but says nothing more is left, and gone on from its cursor."""
    row, stored, _ = import_against(tmp_path, Answer(stream([3, 2]), hold=True), Answer(stream([3, 2, 1])))
    assert (row.status, row.duplicates) == (Status.COMPLETED, 1)
    assert stored == ids([3, 2, 1])


def test_too_many_requests_are_waited_out(tmp_path: Path) -> None:
    """After 429 the import waits and asks for the same again."""
    row, stored, asked = import_against(tmp_path, Answer(status=429), Answer(status=429), Answer(stream([1])))
    assert row.status is Status.COMPLETED
    assert stored == ids([1])
    assert asked[0].parameters == asked[2].parameters


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=429), "the upstream answered 429: too many requests from this address"),
        (Answer(status=503, kind="text/html"), "the upstream answered 503"),
        (Answer((b"<html>",), kind="text/html"), "the upstream answered 200 with text/html in place of games"),
        (Answer((pgn(1)[:99],), cut=True), "the stream was cut: peer closed connection without sending complete"),
    ],
)
def test_lasting_trouble_fails_the_import_with_its_reason(tmp_path: Path, answer: Answer, reason: str) -> None:
    """Trouble that does not pass is given up after a few tries, named, and never taken for an empty history."""
    row, stored, asked = import_against(tmp_path, answer)
    assert row.status is Status.FAILED
    assert row.error is not None
    assert row.error.startswith(reason)
    assert (stored, len(asked)) == ([], 3)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Answer(status=404), "no such player"), (Answer(status=403), "the upstream answered 403")],
)
def test_what_waiting_cannot_mend_fails_at_once(tmp_path: Path, answer: Answer, reason: str) -> None:
    """An unknown player and a refusal are not asked about twice."""
    row, stored, asked = import_against(tmp_path, answer)
    assert row.status is Status.FAILED
    assert row.error is not None
    assert row.error.startswith(reason)
    assert (stored, len(asked)) == ([], 1)


def test_passing_trouble_does_not_use_up_the_patience(tmp_path: Path) -> None:
    """Failures count in a row only: a stream that brings games between its cuts is never given up."""
    cuts = [Answer(stream([number, number - 1, number - 2]), cut=True) for number in (12, 10, 8, 6, 4)]
    row, stored, _ = import_against(tmp_path, *cuts, Answer(stream([2, 1])), games_wanted=100)
    assert row.status is Status.COMPLETED
    assert stored == ids([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])


def test_an_upstream_that_cannot_be_reached(tmp_path: Path) -> None:
    """Where nothing listens the import fails and says so."""

    async def run() -> ImportRow:
        async with scripted(EMPTY) as upstream:
            url = upstream.url
        async with importing(url, tmp_path) as here:
            return await here.run(1)

    row = asyncio.run(run())
    assert row.status is Status.FAILED
    assert row.error is not None
    assert "cannot be reached" in row.error


def test_a_malformed_game_harms_only_itself(tmp_path: Path) -> None:
    """The games around a malformed one are stored; its text and the reason are kept for inspection."""
    bad = pgn(2, ILLEGAL)

    async def run() -> tuple[ImportRow, list[str], list[tuple[str | None, str, bytes]]]:
        async with scripted(Answer((pgn(3), bad, pgn(1)))) as upstream, importing(upstream.url, tmp_path) as here:
            row = await here.run(10)
            kept = here.store.rejected(row.import_id)
            return row, here.stored_ids(), kept

    row, stored, kept = asyncio.run(run())
    assert (row.status, row.fetched, row.stored, row.rejected) == (Status.COMPLETED, 3, 2, 1)
    assert stored == ids([3, 1])
    assert kept == [(game_id(2), "ply 3, 'Ke3': illegal", bad.strip())]


def test_rejected_games_do_not_count_towards_the_limit(tmp_path: Path) -> None:
    """The import goes on until as many valid games are stored as were asked for."""
    first = Answer((pgn(3), pgn(2, ILLEGAL)))
    row, stored, asked = import_against(tmp_path, first, Answer(stream([3, 1])), games_wanted=2)
    assert (row.stored, row.rejected) == (2, 1)
    assert stored == ids([3, 1])
    assert asked[1].parameters["max"] == "2"


def test_an_upstream_that_sends_too_much_is_left_when_enough_is_stored(tmp_path: Path) -> None:
    """No more games are stored than were asked for, whatever the upstream sends."""
    row, stored, _ = import_against(tmp_path, Answer(stream(range(50, 0, -1))), games_wanted=5)
    assert (row.status, row.stored) == (Status.COMPLETED, 5)
    assert stored == ids([50, 49, 48, 47, 46])


def test_the_same_game_sent_again_and_again_is_stored_once(tmp_path: Path) -> None:
    """Real exports repeat games: the copies are counted as duplicates."""
    row, stored, _ = import_against(tmp_path, Answer(stream([2, 2, 2, 1, 2])))
    assert (row.stored, row.duplicates) == (2, 3)
    assert stored == ids([2, 1])


@pytest.mark.parametrize(
    ("table", "reason"), [("games", "no such table: games"), ("imports", "no such table: imports")]
)
def test_a_fault_of_the_database_fails_the_import_with_a_reason(tmp_path: Path, table: str, reason: str) -> None:
    """An import that cannot store its games, or not even its end, does not look as if it were running for ever."""

    async def run() -> ImportRow:
        async with scripted(Answer(stream([1]))) as upstream, importing(upstream.url, tmp_path) as here:
            submitted = await here.imports.submit("lichess", "Alice", 1)
            with closing(sqlite3.connect(tmp_path / "games.sqlite3")) as other:
                other.execute(f"DROP TABLE {table}")
            return await here.end_of(submitted.row.import_id)

    row = asyncio.run(run())
    assert row.status is Status.FAILED
    assert row.error is not None
    assert reason in row.error
