"""The importer's tools as processes: what scripts rely on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.importer_process import end_of, importer, listed_ids, submit, tool, true_ids
from tests.servers import running


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake Lichess without limits; accounts have 150 games."""
    with running(["fake_lichess", "--profile", "unlimited", "--games", "150", "--seed", "5"]) as url:
        yield url


def export(upstream: str, user: str, **window: int) -> bytes:
    """Return a player's export as bytes."""
    headers = {"User-Agent": "import-capacity-tests"}
    return httpx.get(f"{upstream}/api/games/user/{user}", params=window, headers=headers).content


@pytest.mark.parametrize("trusted", [[], ["--trusted"]])
def test_add_games_reads_a_file_through_the_same_code(upstream: str, tmp_path: Path, trusted: list[str]) -> None:
    """A file of games becomes stored games, once; reading it again adds nothing."""
    file = tmp_path / "games.pgn"
    file.write_bytes(export(upstream, "player1", max=50))
    command = ["add-games", "--user", "player1", "--json", *trusted, str(file)]
    first, second = (json.loads(tool(tmp_path, *command).stdout) for _ in range(2))
    assert first == {"user": "player1", "platform": "lichess", "stored": 50, "duplicates": 0, "rejected": 0}
    assert second == {**first, "stored": 0, "duplicates": 50}
    assert sorted(listed_ids(tmp_path, "player1")) == sorted(true_ids(upstream, "player1", max=50))


def test_add_games_reads_standard_input_and_counts_what_it_rejects(tmp_path: Path) -> None:
    """Games without an id of their own get one; what is no game is counted."""
    stdin = b'[Event "x"]\n\n1. e4 1-0\n\n[Event "y"]\n\n1. Ke2 1-0\n'
    ended = tool(tmp_path, "add-games", "--user", "someone", "-", stdin=stdin)
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"someone on lichess: 1 stored, 0 duplicates, 1 rejected")


def test_an_import_goes_on_from_games_that_were_added(upstream: str, tmp_path: Path) -> None:
    """After the oldest games were restored from a file, an import takes the newer ones, and nothing twice.

    Games imported into Lichess may not show when they were created; they are stored too, wherever they are listed.
    """
    games = httpx.get(f"{upstream}/_control/users/player7/truth").json()["games"]
    until_ms = games[100]["created_at_ms"]
    added = tool(tmp_path, "add-games", "--user", "player7", "-", stdin=export(upstream, "player7", until=until_ms))
    assert added.returncode == 0
    with importer(tmp_path, upstream, EXISTING_GAMES_STRATEGY="pages", EXISTING_GAMES_PAGE_SIZE="7") as client:
        ended = end_of(client, submit(client, "player7", 500)["import_id"])
    assert (ended["status"], ended["stored"]) == ("completed", 101)
    assert sorted(listed_ids(tmp_path, "player7")) == sorted(game["id"] for game in games)


def test_list_games_gives_times_to_machines(upstream: str, tmp_path: Path) -> None:
    """With --json each stored game is one object with its id and its creation time, newest first."""
    tool(tmp_path, "add-games", "--user", "player1", "-", stdin=export(upstream, "player1", max=5))
    lines = tool(tmp_path, "list-games", "--user", "player1", "--json").stdout.splitlines()
    truth = httpx.get(f"{upstream}/_control/users/player1/truth", params={"max": 5}).json()["games"]
    expected = [{"id": game["id"], "created_at_ms": game["created_at_ms"] // 1000 * 1000} for game in truth]
    assert [json.loads(line) for line in lines] == expected


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file ends the tool with 3 and a sentence."""
    ended = tool(tmp_path, "add-games", "--user", "someone", str(tmp_path / "missing.pgn"))
    assert ended.returncode == 3
    assert b"cannot be read: No such file or directory" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_user_id_that_no_import_could_have_is_refused(tmp_path: Path) -> None:
    """The tools keep games for the same user ids as the server, and end with 2 on others."""
    ended = tool(tmp_path, "list-games", "--user", "no such user")
    assert ended.returncode == 2
    assert b"'no such user' is not 2 to 30 letters" in ended.stderr


def test_the_tools_need_no_server_libraries() -> None:
    """The tools start without loading the HTTP client and the web framework."""
    check = "import sys, importer.__main__; print(sorted({'httpx', 'fastapi', 'uvicorn'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == "[]\n"
