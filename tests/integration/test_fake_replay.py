"""A running fake Lichess that replays a file: the same route, the same truth."""

import subprocess
import sys
from pathlib import Path

import httpx
import zstandard

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
AFTER_GAME = b"\n\n\n"
EVERYTHING = {"clocks": "true", "evals": "true", "opening": "true"}


def test_an_export_can_be_replayed_compressed_and_comes_back_unchanged(tmp_path: Path) -> None:
    """What one server exported, another replays byte for byte to every player, with the same ids as truth.

    Only imported games that do not show when they came to Lichess change their place: to when they were played.
    """
    file = tmp_path / "export.pgn.zst"
    with running(["fake_lichess", "--profile", "unlimited", "--games", "200"]) as url:
        exported = httpx.get(f"{url}/api/games/user/player1", params=EVERYTHING, headers=ME).content
        truth = httpx.get(f"{url}/_control/users/player1/truth").json()["games"]
    file.write_bytes(zstandard.compress(exported))
    with running(["fake_lichess", "--profile", "unlimited", "--replay", str(file)]) as url:
        replayed = httpx.get(f"{url}/api/games/user/player_x", params=EVERYTHING, headers=ME).content
        again = httpx.get(f"{url}/_control/users/player_y/truth").json()["games"]
        assert httpx.get(f"{url}/_control/config").json()["replay"] == str(file)
    texts, texts_again = exported.split(AFTER_GAME), replayed.split(AFTER_GAME)
    dated, dated_again = ([text for text in found if b"[UTCDate" in text] for found in (texts, texts_again))
    assert dated_again == dated
    assert sorted(texts_again) == sorted(texts)
    assert {game["id"] for game in again} == {game["id"] for game in truth}


def test_a_file_without_games_is_refused(tmp_path: Path) -> None:
    """Exit code 4 and a sentence that names the file."""
    file = tmp_path / "empty.pgn"
    file.write_text("nothing here")
    ended = subprocess.run(
        [sys.executable, "-m", "fake_lichess", "--port", "0", "--replay", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    assert f"cannot replay {file}" in ended.stderr
