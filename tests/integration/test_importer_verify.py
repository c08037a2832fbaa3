"""Recounting: what is well is said to be well, and everything that is not is found, with what to do."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import storage_tools
from tests.importer_process import end_of, importer, submit
from tests.pgn_games import game_id
from tests.servers import running
from tests.storage_tools import Tool, filled, of_older_format, tool_on


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database that is well."""
    return filled(tmp_path / "games.sqlite3")


@pytest.fixture
def tool(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Tool:
    """Return what runs a tool on that database."""
    return tool_on(path, capfdbinary)


def change(path: Path, statement: str) -> None:
    """Do to the database what no program of ours does."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


def test_what_is_well_is_said_to_be_well(tool: Tool) -> None:
    """Nothing disagrees: 0, a line for each account, and how much there is."""
    ended = tool("verify")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(b"alice on lichess: 5 games, digest ")
    assert ended.out.endswith(b"\n5 games, 1 imports, 0 disagreements\n")


def test_two_databases_with_the_same_games_have_the_same_digest(
    tool: Tool, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Whatever way the games came in, their digest tells whether a copy holds the same."""
    copy = tmp_path / "copy.sqlite3"
    storage_tools.more(copy, 3, 5)
    storage_tools.more(copy, 0, 4)
    other = tool_on(copy, capfdbinary)
    assert accounts(other) == accounts(tool)
    storage_tools.more(copy, 7, 8)
    assert accounts(other) != accounts(tool)


def accounts(tool: Tool) -> object:
    """Return what each account has."""
    return json.loads(tool("verify", "--json").out)["accounts"]


@pytest.mark.parametrize(
    ("statement", "kind", "what"),
    [
        ("UPDATE games SET white = 'Mallory' WHERE game_id = 'g0000002'", "game", f"game {game_id(2)} of alice"),
        ("UPDATE games SET packed = NULL WHERE game_id = 'g0000003'", "game", f"game {game_id(3)} of alice"),
        ("UPDATE games SET packed = x'01' WHERE game_id = 'g0000003'", "game", f"game {game_id(3)} of alice"),
        (
            "DELETE FROM games WHERE game_id = 'g0000002'",
            "counts",
            "alice on lichess has 4 games, but 1 imports stored 5",
        ),
        ("DELETE FROM games", "counts", "alice on lichess has 0 games, but 1 imports stored 5"),
        (
            "UPDATE imports SET fetched = 9",
            "counts",
            "import i1 of alice fetched 9 games, but stored, knew or rejected 5",
        ),
        ("UPDATE imports SET rejected = 2, fetched = 7", "counts", "import i1 of alice rejected 2 texts, of which 0"),
    ],
)
def test_every_disagreement_is_found(tool: Tool, path: Path, statement: str, kind: str, what: str) -> None:
    """A game that is not what was stored, and a count that is not that of the games, end with 1 and what to do."""
    change(path, statement)
    ended = tool("verify", "--json")
    *found, summary = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.code, summary["disagreements"], len(found)) == (1, 1, 1)
    assert found[0]["kind"] == kind
    assert found[0]["what"].startswith(what)
    assert found[0]["remedy"]


def test_games_from_files_are_no_disagreement(tool: Tool, path: Path) -> None:
    """More games than the imports stored were put there by add-games."""
    storage_tools.more(path, 5, 9)
    assert tool("verify").code == 0


def test_games_of_an_older_format_cannot_tell(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """An older file is to be brought up to date first; verifying itself changes nothing."""
    path = of_older_format(tmp_path / "older.sqlite3")
    ended = tool_on(path, capfdbinary)("verify")
    assert ended.code == 3
    assert "has format 4, this program reads format 5. Run `python -m importer vacuum`" in ended.err
    storage_tools.more(path, 9, 10)  # a server or add-games brings it up to date, and leaves its games as they are
    ended = tool_on(path, capfdbinary)("verify")
    assert ended.out.endswith(
        b"6 games, 0 imports, 5 games without a digest (vacuum gives them one), 0 disagreements\n"
    )


def test_a_damaged_page_is_found_and_the_rest_is_looked_at(tool: Tool, path: Path) -> None:
    """Whatever SQLite cannot read is a disagreement, not a traceback, and the other looks go on."""
    storage_tools.more(path, 5, 400)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    ended = tool("verify", "--json")
    *found, summary = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 1
    assert {one["kind"] for one in found} >= {"file"}
    assert summary["disagreements"] == len(found)


def test_verifying_beside_a_running_server_agrees(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """While an import stores games, nothing that is found disagrees, and the import completes."""
    tool = tool_on(tmp_path / "games.sqlite3", capfdbinary)
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", "300"]) as upstream,
        importer(tmp_path, upstream, IMPORT_BATCH_SIZE="5") as client,
    ):
        import_id = submit(client, "player1", 300)["import_id"]
        codes = [tool("verify").code for _ in range(3)]
        ended = end_of(client, import_id)
        codes.append(tool("verify").code)
    assert codes == [0] * 4
    assert (ended["status"], ended["stored"]) == ("completed", 300)
