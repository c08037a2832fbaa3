"""Serves the games of a real PGN file, plain or zstd-compressed, as a user's account; the file is read once, at start.

The names in the games stay as they are, so the account's own name does not occur in them.
"""

import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import zstandard

from fake_lichess.games import Window
from fake_lichess.pgn import AFTER_GAME, Options, header, movetext
from fake_lichess.reading import FoundGame, LeftOut, Raw, as_lichess, first_ply, is_from_lichess, plies, split

# Games of one file that are served, a choice: about 300 MB of memory. Exports begin with the newest games, so nothing
# that matters is missed; the public monthly dumps hold a hundred million.
GAMES_MOST = 100_000
# Of those, games that are not from Lichess: each is replayed move by move before the server starts, some 400 a second,
# so a choice of half a minute at most.
FOREIGN_GAMES_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Most:
    """How much of a file is read."""

    games: int = GAMES_MOST
    foreign_games: int = FOREIGN_GAMES_MOST


class ReplayUnreadable(ValueError):
    """The file to replay holds no game."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"cannot replay {path}: {found}. Give a PGN file (.pgn) or a zstd-compressed one (.pgn.zst).")


@dataclass(frozen=True, slots=True)
class ReplayFile:
    """The games of one file, newest first, and why others were left out."""

    games: tuple[FoundGame, ...]
    left_out: Counter[str]  # by reason
    cut: bool  # the file goes on behind the games read


class ReplayAccount:
    """All games of a file under a user's name."""

    def __init__(self, file: ReplayFile, name: str) -> None:
        self.name = name
        self.size = len(file.games)
        self._games = file.games

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""
        newest = 0 if window.until_ms is None else self._not_before(window.until_ms)
        oldest = self.size if window.since_ms is None else self._not_before(window.since_ms)
        found = range(newest, max(newest, oldest))
        return (found[::-1] if window.oldest_first else found)[: window.most]

    def _not_before(self, at_ms: int) -> int:
        return bisect_left(self._games, -at_ms + 1, key=lambda game: -game.created_at_ms)

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield the id and the creation time in milliseconds of these games."""
        return ((self._games[number].id, self._games[number].created_at_ms) for number in numbers)

    def rendered(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games."""
        return (render(self._games[number], options) for number in numbers)


def render(game: FoundGame, options: Options) -> bytes:
    """Write a found game as Lichess would under these options."""
    tags = {name: value for name, value in game.tags if options.opening or name != "Opening"}
    text = ""
    if options.moves:
        found, _ = plies(game.movetext)
        text = movetext(
            [ply.san for ply in found],
            [ply.clock_cs for ply in found] if options.clocks else (),
            [ply.evaluation for ply in found] if options.evals else (),
            first_ply(tags.get("FEN")),
        )
    if options.tags:
        text = f"{header(tags)}\n{text} {tags['Result']}"
    return (text + AFTER_GAME).encode()


def read_file(path: Path, most: Most = Most()) -> ReplayFile:
    """Read a PGN file.

    Raises:
        ReplayUnreadable: it holds no game that Lichess could hold.
    """
    games, left_out = dict[str, FoundGame](), Counter[str]()
    with path.open("rb") as raw:
        texts = split(map(_decoded, _opened(raw, path)))
        for text in _first(texts, most):
            game = as_lichess(text)
            if isinstance(game, LeftOut):
                left_out[game.reason] += 1
            elif game.id in games:
                left_out["it was there already"] += 1
            else:
                games[game.id] = game
        cut = next(texts, None) is not None
    if not games:
        reason = (
            f"no game could be read, for example because {next(iter(left_out))}" if left_out else "it holds no game"
        )
        raise ReplayUnreadable(path, reason)
    return ReplayFile(tuple(sorted(games.values(), key=lambda game: -game.created_at_ms)), left_out, cut)


def _first(texts: Iterator[Raw], most: Most) -> Iterator[Raw]:
    """Pass games on until there are enough of them or of the slow ones."""
    foreign = 0
    for text in islice(texts, most.games):
        yield text
        foreign += not is_from_lichess(text)
        if foreign == most.foreign_games:
            return


def _opened(raw: io.BufferedReader, path: Path) -> Iterator[bytes]:
    if path.suffix != ".zst":
        return iter(raw)
    return iter(io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)))


def _decoded(line: bytes) -> str:
    """Read UTF-8, or Latin-1 as older programs wrote it; a byte order mark is dropped."""
    try:
        return line.decode().lstrip("\ufeff")
    except UnicodeDecodeError:
        return line.decode("latin-1")
