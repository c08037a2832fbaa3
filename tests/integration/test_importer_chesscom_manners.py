"""What the importer owes Chess.com, and what it makes of its refusals: one at a time, a contact, and a clear reason."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from importer.jobs import ImportView
from importer.store import Account, ImportRow, Status
from tests.chesscom_pgn import game_id, pgn, start_s
from tests.importing import Knobs, importing
from tests.months_upstream import PGN, listed, month
from tests.pgn_games import stream
from tests.scripted_upstream import Answer, Asked, scripted

ALICE = Account("chesscom", "alice")
MAY = month("2024/05", [1, 2, 3])
TOKEN = "lip_NobodyMaySeeThis42"  # noqa: S105 it opens nothing
INTERNAL = b'{"message":"An internal error has occurred. Please contact Chess.com Developer\'s Forum"}'


def import_against(path: Path, *script: Answer, token: str | None = None) -> tuple[ImportRow, set[str], list[Asked]]:
    """Run one import against a script; return how it ended, what is stored, and what was asked for."""

    async def run() -> tuple[ImportRow, set[str], list[Asked]]:
        async with scripted(*script) as upstream, importing(upstream.url, path) as here:
            submitted = await here.imports.submit("chesscom", "Alice", 9, token)
            row = await here.end_of(submitted.row.import_id)
            return row, set(here.stored_ids(ALICE)), upstream.asked

    return asyncio.run(run())


def test_requests_name_a_contact_and_bear_no_token(tmp_path: Path) -> None:
    """Chess.com learns whom to write to; a token, which would be another platform's, is not sent."""
    row, _, asked = import_against(tmp_path, listed("2024/05"), MAY, token=TOKEN)
    assert row.status is Status.COMPLETED
    assert [one.headers["accept"] for one in asked] == ["application/json", "application/vnd.chess-pgn"]
    for one in asked:
        assert one.headers["user-agent"].endswith("; contact: tests@example.org)")
        assert one.headers["accept-encoding"] == "identity"
        assert "authorization" not in one.headers


def test_one_request_at_a_time_is_made_for_all_imports(tmp_path: Path) -> None:
    """Three players at once are asked for one after the other, month by month."""

    async def run() -> tuple[int, list[str]]:
        script = (*[listed("2024/04", "2024/05")] * 3, *[MAY] * 3, *[month("2024/04", [9])] * 3)
        async with scripted(*script) as upstream, importing(upstream.url, tmp_path) as here:
            users = ("Alice", "Berta", "Clara")
            views = [await here.imports.submit("chesscom", user, 9) for user in users]
            rows = [await here.end_of(view.row.import_id) for view in views]
            assert [(row.status, row.stored) for row in rows] == [(Status.COMPLETED, 4)] * 3
            return upstream.open_most, [one.path.split("/")[3] for one in upstream.asked]

    open_most, asked = asyncio.run(run())
    assert open_most == 1
    assert asked == ["alice", "berta", "clara"] * 3


def test_after_a_429_no_import_asks_there_and_the_other_platform_goes_on(tmp_path: Path) -> None:
    """One refusal holds up every import from Chess.com, each says so, and none from Lichess."""

    async def run() -> tuple[list[ImportView], int, ImportRow]:
        script = Answer(status=429), Answer(stream([2, 1]))
        async with scripted(*script) as upstream, importing(upstream.url, tmp_path, Knobs(busy_wait_s=3_600)) as here:
            views = []
            for user in ("Alice", "Berta"):
                submitted = await here.imports.submit("chesscom", user, 1)
                async for view in here.imports.watch(submitted.row.import_id):
                    if "429" in str(view.held_up):
                        break
                views.append(view)
            return views, len(upstream.asked), await here.run(9, "Clara")

    views, asked, other = asyncio.run(run())
    assert asked == 1
    assert [view.row.status for view in views] == [Status.RUNNING] * 2
    assert (other.status, other.stored) == (Status.COMPLETED, 2)


def test_a_name_in_the_wrong_case_is_followed_within_the_host(tmp_path: Path) -> None:
    """A redirect to another address of the same host is what the API answers to names in another case."""
    here = Answer(status=301, headers=("Location: /pub/player/alice2/games/archives",))
    row, stored, asked = import_against(tmp_path, here, listed("2024/05"), MAY)
    assert (row.status, len(stored)) == (Status.COMPLETED, 3)
    assert asked[1].path == "/pub/player/alice2/games/archives"


@pytest.mark.parametrize(
    ("location", "reason", "requests"),
    [
        ("http://127.0.0.1:9/elsewhere", "the upstream redirected to http://127.0.0.1:9/elsewhere, which is not on", 1),
        ("/pub/round/and/round", "the upstream redirected 4 times in a row, the last time to /pub/round/and", 4),
    ],
)
def test_no_other_redirect_is_followed(tmp_path: Path, location: str, reason: str, requests: int) -> None:
    """Neither to another host nor for ever."""
    row, _, asked = import_against(tmp_path, Answer(status=301, headers=(f"Location: {location}",)))
    assert row.status is Status.FAILED
    assert (row.error or "").startswith(reason)
    assert len(asked) == requests


NOT_FOUND = Answer((b'{"code":0,"message":"User \\"alice\\" not found."}',), status=404, kind="application/json")
GONE = Answer((b"<html>",), status=410, kind="text/html")
FORBIDDEN = Answer((b"<html>",), status=403, kind="text/html")


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (NOT_FOUND, "no such player: the upstream knows no 'alice', or not any more (User \"alice\" not found.)", 1),
        (GONE, "no such player: the upstream knows no 'alice', or not any more (status 410)", 1),
        (FORBIDDEN, "the upstream answered 403: it does not accept the contact 'tests@example.org'", 1),
        (Answer((INTERNAL,), status=404), "the upstream answered 404: An internal error has occurred.", 3),
        (Answer(status=502), "the upstream answered 502", 3),
        (Answer((b"<html>",), kind="text/html"), "the upstream answered 200 with text/html in place of", 3),
        (Answer((b"[]",), kind="application/json"), "the upstream answered 200 with no list of months", 3),
        (
            Answer((b'{"archives":["/x"]}',), kind="application/json"),
            "the upstream answered 200 with a list of",
            3,
        ),
        (Answer((b" " * 2**21,), kind="application/json"), "the upstream answered 200 with more than 1048576 bytes", 3),
        (Answer(status=400), "the upstream answered 400, which asking again will not change", 1),
    ],
)
def test_what_lasts_fails_the_import_with_its_reason(
    tmp_path: Path, answer: Answer, reason: str, requests: int
) -> None:
    """What waiting cannot mend fails at once, other trouble after a few tries; never is it an empty history."""
    row, stored, asked = import_against(tmp_path, answer)
    assert row.status is Status.FAILED
    assert (row.error or "").replace("'Alice'", "'alice'").startswith(reason)
    assert (stored, len(asked)) == (set(), requests)


@pytest.mark.parametrize(
    "trouble",
    [
        [Answer(status=502)],
        [Answer(MAY.body, kind="text/html")],
        [Answer(MAY.body, kind=PGN, headers=("Content-Encoding: gzip",))],
        [Answer(MAY.body, kind=PGN, cut=True)] * 2,
        [Answer((MAY.body[0][:500],), kind=PGN, cut=True)],
        [Answer(MAY.body, kind=PGN, hold=True)],
        [Answer((MAY.body[0][:-30],), kind=PGN)],
        [Answer((INTERNAL,), status=404)],
        [Answer(status=429)],
    ],
)
def test_trouble_in_a_month_passes(tmp_path: Path, trouble: Sequence[Answer]) -> None:
    """The month is fetched again and taken whole; nothing of the broken answer is counted."""
    row, stored, asked = import_against(tmp_path, listed("2024/05"), *trouble, MAY)
    assert (row.status, row.fetched, row.stored, row.rejected) == (Status.COMPLETED, 3, 3, 0)
    assert stored == {game_id(number) for number in (1, 2, 3)}
    assert len(asked) == 2 + len(trouble)
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith("games.sqlite3")] == []


def test_a_last_game_that_stays_cut_is_rejected(tmp_path: Path) -> None:
    """When the same unfinished text comes again it is the game itself that is damaged."""
    damaged = Answer((MAY.body[0], b"\n\n", pgn(4, start_s("2024/05"))[:-20]), kind=PGN)
    row, _, asked = import_against(tmp_path, listed("2024/05"), damaged)
    assert (row.status, row.stored, row.rejected) == (Status.COMPLETED, 3, 1)
    assert len(asked) == 3


def test_an_import_that_was_left_when_the_contact_went_fails_with_what_to_do(tmp_path: Path) -> None:
    """A server that is started again without a contact asks nothing and says how to set one."""

    async def run() -> tuple[ImportRow, int]:
        async with scripted(Answer(hold=True)) as upstream:
            async with importing(upstream.url, tmp_path, Knobs(silent_most_s=60)) as here:
                import_id = (await here.imports.submit("chesscom", "Alice", 9)).row.import_id
                while not upstream.asked:
                    await asyncio.to_thread(int)
            async with importing(upstream.url, tmp_path, Knobs(contact="")) as here:
                return await here.end_of(import_id), len(upstream.asked)

    row, asked = asyncio.run(run())
    assert row.status is Status.FAILED
    assert "Set UPSTREAM_CONTACT to an e-mail address or web site" in (row.error or "")
    assert asked == 1
