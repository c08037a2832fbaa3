"""A disk that is full: what an import cannot store shows no token either, neither while it waits nor when it dies."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.loud_importer import PLAYERS_TOKEN, assert_secret, loud
from tests.servers import running

pytestmark = pytest.mark.kernel


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk on which a new database fits, and the games of no player do."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_full_disk_shows_no_token(disk: Path, tmp_path: Path) -> None:
    """Held up, refused and killed in that state, the server tells nobody the player's token or its own."""

    async def run(upstream: str) -> list[str]:
        async with loud(tmp_path, upstream, DATABASE_PATH=str(disk / "games.sqlite3")) as server:
            place = await server.submit("player1", 5000)
            await server.until(place, lambda state: "disk" in str(state["held_up"]))
            await server.ask_everything()
            await server.ask("DELETE", place)
            assert await server.end(signal.SIGKILL) == -signal.SIGKILL
            return server.heard

    with running(["fake_lichess", "--profile", "unlimited", "--games", "5000", "--seed", "5"]) as upstream:
        httpx.put(f"{upstream}/_control/tokens/{PLAYERS_TOKEN}", json={"user": "player1"}).raise_for_status()
        assert_secret(tmp_path, asyncio.run(run(upstream)))
