"""Replay: from a file on disk to an account, plain and compressed."""

from pathlib import Path

import pytest
import zstandard

from fake_lichess.games import Window
from fake_lichess.pgn import Options
from fake_lichess.replay import Most, ReplayAccount, ReplayUnreadable, read_file

FILE = """\
[Site "https://lichess.org/aaaa1111"]
[UTCDate "2024.01.01"]
[UTCTime "10:00:00"]
[White "J\u00f6rg"]
[Result "1-0"]

1. e4 { [%eval 0.2] [%clk 0:03:00] } 1... e5 { [%eval 0.1] [%clk 0:02:59] } 1-0


[Site "https://lichess.org/bbbb2222"]
[UTCDate "2024.01.02"]
[UTCTime "10:00:00"]
[Result "0-1"]
[Opening "Queen's Pawn Game"]

1. d4 d5 0-1


[Site "https://lichess.org/aaaa1111"]
[UTCDate "2024.01.01"]
[Result "1-0"]

1. e4 1-0

[White "nobody"]
[Result "1-0"]

1. e4 e5 2. Ke3 1-0
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file with two games, a double and an illegal one."""
    path = tmp_path / "games.pgn"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_games_come_newest_first_whatever_the_file_s_order(file: Path) -> None:
    """An account is ordered by time."""
    account = ReplayAccount(read_file(file), "player1")
    assert [game_id for game_id, _ in account.created(account.numbers(Window()))] == ["bbbb2222", "aaaa1111"]
    assert (account.name, account.size) == ("player1", 2)


def test_doubles_and_illegal_games_are_counted(file: Path) -> None:
    """Whoever starts the server learns what is not served and why."""
    found = read_file(file)
    assert dict(found.left_out) == {"it was there already": 1, "a move is illegal or cannot be read": 1}
    assert not found.cut


def test_a_compressed_file_is_the_same_account(file: Path, tmp_path: Path) -> None:
    """.pgn.zst holds the same games, even in several frames as the public dumps are written."""
    packed = tmp_path / "games.pgn.zst"
    raw = file.read_bytes()
    packed.write_bytes(zstandard.compress(raw[:100]) + zstandard.compress(raw[100:]))
    assert read_file(packed) == read_file(file)


def test_latin_1_and_windows_line_ends_are_understood(file: Path, tmp_path: Path) -> None:
    """Old files are read as their authors meant them."""
    old = tmp_path / "old.pgn"
    old.write_bytes(FILE.replace("\n", "\r\n").encode("latin-1"))
    assert {game.tags for game in read_file(old).games} == {game.tags for game in read_file(file).games}


def test_windows_count_as_for_any_account(file: Path) -> None:
    """`since` includes, `until` excludes, `max` cuts after sorting."""
    account = ReplayAccount(read_file(file), "player1")
    (_, newest), (_, oldest) = account.created(range(2))
    assert account.numbers(Window(since_ms=newest)) == range(1)
    assert account.numbers(Window(until_ms=newest)) == range(1, 2)
    assert list(account.numbers(Window(most=1, oldest_first=True))) == [1]
    assert not account.numbers(Window(since_ms=newest, until_ms=oldest))


def test_options_shape_replayed_games_too(file: Path) -> None:
    """Comments, opening, tags and moves appear only when asked for."""
    account = ReplayAccount(read_file(file), "player1")
    bare = list(account.rendered(range(2), Options(tags=False)))
    assert bare == [b"1. d4 d5\n\n\n", b"1. e4 e5\n\n\n"]
    assert next(account.rendered(range(1), Options(moves=False))).endswith(b"\n\n 0-1\n\n\n")
    full = b"".join(account.rendered(range(2), Options(clocks=True, evals=True, opening=True)))
    assert b'[Opening "Queen\'s Pawn Game"]' in full
    assert "J\u00f6rg".encode() in full
    assert b"1. e4 { [%eval 0.2] [%clk 0:03:00] } 1... e5 { [%eval 0.1] [%clk 0:02:59] } 1-0\n\n\n" in full


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "it holds no game"), ("1. e4 Ke4 *", "no game could be read, for example because a move is")],
)
def test_a_file_without_a_game_is_refused(tmp_path: Path, text: str, found: str) -> None:
    """The message names the file, what was found and what to give instead."""
    path = tmp_path / "empty.pgn"
    path.write_text(text)
    with pytest.raises(ReplayUnreadable, match=found) as caught:
        read_file(path)
    assert str(path) in str(caught.value)
    assert ".pgn.zst" in str(caught.value)


@pytest.mark.parametrize("most", [Most(games=2), Most(foreign_games=1)])
def test_of_a_very_large_file_only_the_beginning_is_read(file: Path, most: Most) -> None:
    """Reading stops at so many games, sooner when they must be replayed, and says that it did."""
    file.write_text("\n".join(f'[White "{name}"]\n\n1. e4 *\n' for name in "abc") if most.foreign_games == 1 else FILE)
    found = read_file(file, most)
    assert found.cut
    assert len(found.games) == min(most.games, most.foreign_games)
