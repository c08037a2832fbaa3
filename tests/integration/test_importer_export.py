"""Taking games out: whole, in order, in little memory, and into a file that is there whole or not at all."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from importer.game import Game
from importer.games_feed import GameObject
from importer.store import Account, Store
from tests.importing import put
from tests.pgn_games import game_id, pgn
from tests.storage_tools import Tool, filled, tool_on


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database with five games of Alice and one of Berta."""
    filled(tmp_path / "games.sqlite3")
    with closing(Store(str(tmp_path / "games.sqlite3"))) as store:
        put(store, [pgn(7, "1. e4 1-0", White="Zoë")], Account("chesscom", "Berta"))
    return tmp_path / "games.sqlite3"


@pytest.fixture
def tool(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Tool:
    """Return what runs a tool on that database."""
    return tool_on(path, capfdbinary)


def test_pgn_is_what_was_stored(tool: Tool, path: Path) -> None:
    """A user's games come newest first as they came in, and reading them in again finds nothing new."""
    ended = tool("export", "--user", "ALICE")
    assert ended.code == 0
    assert ended.out == b"".join(pgn(number).strip() + b"\n\n" for number in (4, 3, 2, 1, 0))
    assert ended.err == f"5 games, {len(ended.out)} bytes, -\n"
    copy = path.with_name("copy.pgn")
    copy.write_bytes(ended.out)
    again = json.loads(tool("add-games", "--user", "alice", "--json", str(copy)).out)
    assert (again["stored"], again["duplicates"], again["rejected"]) == (0, 5, 0)


def test_ndjson_says_whose_games_they_are(tool: Tool) -> None:
    """Everyone's games are exported unless a user is named; each line is what the interface sends, and whose it is."""
    ended = tool("export", "--format", "ndjson", "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["id"] for line in lines] == [game_id(number) for number in (7, 4, 3, 2, 1, 0)]
    assert {(line["platform"], line["user_id"]) for line in lines} == {("chesscom", "berta"), ("lichess", "alice")}
    assert set(lines[0]) == {"platform", "user_id", *GameObject.model_fields}
    assert lines[0]["white"] == "Zoë"
    assert json.loads(ended.err) == {"output": "-", "games": 6, "bytes": len(ended.out)}


def test_a_file_appears_when_it_is_whole(tool: Tool, path: Path) -> None:
    """The file has everything, what stood there before is replaced, and nothing else is left behind."""
    file = path.with_name("games.pgn")
    file.write_text("an older export")
    ended = tool("export", "--user", "berta", "--platform", "chesscom", "--output", str(file), "--json")
    assert json.loads(ended.out) == {"output": str(file), "games": 1, "bytes": file.stat().st_size}
    assert "Zoë" in file.read_text(encoding="utf-8")
    assert [found.name for found in path.parent.glob("*.pgn*")] == ["games.pgn"]


def test_a_file_that_cannot_be_written_is_named(tool: Tool, path: Path) -> None:
    """A folder that is not there ends the tool with 3 and a sentence."""
    ended = tool("export", "--output", str(path / "no-folder" / "games.pgn"))
    assert (ended.code, ended.out) == (3, b"")
    assert ended.err.count("\n") == 1
    assert "cannot be written: Not a directory" in ended.err


def test_an_export_that_fails_leaves_the_older_one(tool: Tool, path: Path) -> None:
    """When a game cannot be read half-way, the file that was there stays, and the game is named."""
    file = path.with_name("games.pgn")
    file.write_text("an older export")
    with closing(Store(str(path))) as store:
        store._db.execute("UPDATE games SET packed = x'01ff' WHERE game_id = ?", (game_id(2),))  # noqa: SLF001
    ended = tool("export", "--output", str(file))
    assert ended.code == 4
    assert ended.err.startswith(f"importer: game {game_id(2)!r} cannot be unpacked")
    assert file.read_text() == "an older export"
    assert [found.name for found in path.parent.glob("*.pgn*")] == ["games.pgn"]


def test_memory_does_not_grow_with_the_account(tmp_path: Path) -> None:
    """Thirty times the games are exported in the same memory, as the kernel counts it."""
    peaks = []
    for games in (1_000, 30_000):
        folder = tmp_path / str(games)
        folder.mkdir()
        path = folder / "games.sqlite3"
        with closing(Store(str(path))) as store:
            store.add_games(Account("lichess", "alice"), [numbered(number) for number in range(games)], [])
        script = (
            "import re, sys; from importer.__main__ import main; "
            f"code = main(['export'], {{'DATABASE_PATH': {str(path)!r}}}); "
            "sys.stderr.write(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]); sys.exit(code)"
        )
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
        assert ended.stdout.count(b"[Event ") == games
        peaks.append(int(ended.stderr.splitlines()[-1]) * 1024)
    assert peaks[1] - peaks[0] < 4 * 2**20


def numbered(number: int) -> Game:
    """Return a game without reading one, as thousands are needed."""
    text = f'[Event "{number}"]\n\n{"1. e4 e5 " * 40}*'
    return Game(f"g{number:07d}", number, None, "A", "B", None, None, "*", "Standard", None, None, None, None, 80, text)
