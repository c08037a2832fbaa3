"""Making the file small, and what the tools say of files that they cannot use."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from importer.store import DatabaseLock
from tests.pgn_games import game_id
from tests.storage_tools import (
    Tool,
    damaged,
    filled,
    missing,
    more,
    no_database,
    of_a_later_format,
    of_older_format,
    tool_on,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database that is well."""
    return filled(tmp_path / "games.sqlite3")


@pytest.fixture
def tool(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Tool:
    """Return what runs a tool on that database."""
    return tool_on(path, capfdbinary)


def test_space_is_given_back(tool: Tool, path: Path) -> None:
    """After games were deleted the file shrinks, and what it says of before and after is what the disk says."""
    more(path, 5, 500)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM games WHERE game_id > ?", (game_id(4),))
    before_bytes = path.stat().st_size
    done = json.loads(tool("vacuum", "--json").out)
    assert done == {"before_bytes": before_bytes, "after_bytes": path.stat().st_size, "packed_games": 0}
    assert done["after_bytes"] < before_bytes / 2
    assert tool("verify").code == 0


def test_games_of_an_older_format_are_packed(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Plain texts become packed ones with a digest, hold what they held, and a second time there is nothing to do."""
    path = of_older_format(tmp_path / "older.sqlite3", games=700)
    tool = tool_on(path, capfdbinary)
    done = json.loads(tool("vacuum", "--json").out)
    assert (done["packed_games"], done["before_bytes"] > 2 * done["after_bytes"]) == (700, True)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*), count(packed), sum(length(pgn)) FROM games").fetchone() == (700, 700, 0)
    exported = [json.loads(line)["pgn"] for line in tool("export", "--format", "ndjson").out.splitlines()]
    assert exported == ["a plain text " * 50 + game_id(number) for number in range(699, -1, -1)]
    verified = json.loads(tool("verify", "--json").out.splitlines()[-1])
    assert (verified["disagreements"], verified["undigested"]) == (0, 0)
    assert tool("vacuum").out.endswith(b"; 0 games newly packed\n")


def test_no_vacuum_beside_a_server(tool: Tool, path: Path) -> None:
    """While a server has the database it stays as it is, and a sentence says why."""
    before = path.read_bytes()
    with closing(DatabaseLock(str(path))):
        ended = tool("vacuum")
    assert (ended.code, ended.out) == (3, b"")
    assert "belongs to a server that is running. Stop it" in ended.err
    assert path.read_bytes() == before


TOOLS = (("list-games", "--user", "alice"), ("export",), ("verify",), ("vacuum",))


@pytest.mark.parametrize("arguments", TOOLS, ids=lambda found: found[0])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (missing, "does not exist. Name the importer's file."),
        (no_database, "games.sqlite3' is no SQLite database. Name the importer's file."),
        (of_a_later_format, "has format 99, this program reads up to format 5."),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_a_sentence(
    tool: Tool, path: Path, arguments: tuple[str, ...], make: Callable[[Path], None], says: str
) -> None:
    """Every tool ends with 3, one line and no output, and makes no file where there was none."""
    make(path)
    ended = tool(*arguments)
    assert (ended.code, ended.out) == (3, b"")
    assert ended.err.startswith("importer: DATABASE_PATH ")
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert path.exists() == (make is not missing)


@pytest.mark.parametrize("arguments", TOOLS, ids=lambda found: found[0])
def test_a_damaged_database_is_said_in_a_sentence(tool: Tool, path: Path, arguments: tuple[str, ...]) -> None:
    """A file whose pages cannot be read ends the tools with 4; verify, which looks for that, with 1."""
    more(path, 5, 50)
    damaged(path)
    ended = tool(*arguments)
    if arguments == ("verify",):
        assert (ended.code, ended.err) == (1, "")
        assert ended.out.startswith(b"file: ")
    else:
        assert ended.code == 4
        assert ended.err.startswith("importer: DATABASE_PATH ")
        assert "is damaged: " in ended.err
        assert ended.err.count("\n") == 1
