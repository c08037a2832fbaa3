"""A disk that is mounted read-only: what only reads still works, and what would write says so in a sentence."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage_tools import filled, tool_on

pytestmark = pytest.mark.kernel


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Return a database on a disk that cannot be written any more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
    try:
        filled(disk / "games.sqlite3")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield disk / "games.sqlite3"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_reading_works_and_writing_says_why_not(
    path: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Listing, exporting and verifying need nothing to be written; the others end with 3 and change nothing."""
    tool = tool_on(path, capfdbinary)
    assert len(tool("list-games", "--user", "alice").out.splitlines()) == 5
    assert tool("export", "--output", str(tmp_path / "copy.pgn")).code == 0
    assert tool("verify").code == 0
    for arguments in (("vacuum",), ("add-games", "--user", "alice", str(tmp_path / "copy.pgn"))):
        ended = tool(*arguments)
        assert (ended.code, ended.out) == (3, b"")
        assert ended.err.count("\n") == 1
        assert "writable" in ended.err or "read-only" in ended.err
    assert "Read-only file system" in tool("export", "--output", str(path.with_name("copy.pgn"))).err
