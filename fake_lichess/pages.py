"""Pages: many games written at once, column by column, for streams that nothing slows down; no I/O.

The text of a page is exactly what the renderer writes game by game. What games share comes from their sheet and is
written once a choice of options; per game only ids, dates, names and ratings are put in between, and all pieces of a
page are joined in one go. Memory is bounded by the sheets: whatever the accounts, the same columns are used again.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, repeat
from typing import NamedTuple

from fake_lichess.games import Block
from fake_lichess.pgn import DAY_S, DAYS_MOST, MINUTES, Renderer, Shared, date_text
from fake_lichess.sheets import Sheet

# Games on a page: a choice, 40 to 50 KB with clocks and evaluations. Half as many cost a third more processor time in
# framing and sending; twice as many gain nothing, for what is sent at once no longer fits the buffers on the way.
PAGE_GAMES = 16
# The highest rating that can be written: far above what strength, drift and 64 wins can add up to.
RATING_MOST = 4000
NOTHING = Shared(b"", b"", b"", b"")
# Ready-made pieces, most with the beginning of the tag that follows.
AFTER_WHITE, AFTER_BLACK = b'"]\n[Black "', b'"]\n'
HOURS_AND_MINUTES = tuple(text.encode() for text in MINUTES)
SECONDS = tuple(f'{second:02}"]\n[WhiteElo "'.encode() for second in range(60))
WHITE_RATINGS = tuple(f'{rating}"]\n[BlackElo "'.encode() for rating in range(RATING_MOST))
BLACK_RATINGS = tuple(f'{rating}"]\n'.encode() for rating in range(RATING_MOST))


class Page(NamedTuple):
    """Some whole games, one behind the other."""

    text: bytes
    games: int


class Columns(NamedTuple):
    """What the games of a sheet share, piece by piece, newest game first."""

    first: tuple[bytes, ...]
    middle: tuple[bytes, ...]  # with the end of the tag before it
    changes: tuple[bytes, ...]
    tail: tuple[bytes, ...]


class Pages:
    """Writes the games of blocks under one choice of options."""

    def __init__(self, renderer: Renderer, *, tags: bool) -> None:
        self._renderer = renderer
        self._tags = tags
        self._columns: dict[Sheet, Columns] = {}

    def written(self, blocks: Iterable[tuple[Block, slice]]) -> Iterator[Page]:
        """Yield pages with the games that are meant of each block."""
        for block, places in blocks:
            games = self._pieces(block)[places]
            for start in range(0, len(games), PAGE_GAMES):
                some = games[start : start + PAGE_GAMES]
                yield Page(b"".join(chain.from_iterable(some)), len(some))

    def _pieces(self, block: Block) -> list[tuple[bytes, ...]]:
        """Return the pieces of every game of a block."""
        columns = self._columns.get(block.sheet)
        if columns is None:
            columns = self._columns[block.sheet] = self._shared(block.sheet)
        games: list[tuple[bytes, ...]] = list(_with_tags(block, columns) if self._tags else zip(columns.tail))
        for place in block.sheet.peculiar:
            games[place] = (self._renderer.render(block.game(place)),)
        return games

    def _shared(self, sheet: Sheet) -> Columns:
        """Write what the games of a sheet share; peculiar ones are written game by game, so they take no room here."""
        peculiar = set(sheet.peculiar)
        rows = [
            NOTHING if place in peculiar else self._renderer.shared(entry) for place, entry in enumerate(sheet.entries)
        ]
        first, middle, changes, tail = zip(*rows, strict=True)
        return Columns(first, tuple(AFTER_BLACK + text for text in middle), changes, tail)


def _with_tags(block: Block, columns: Columns) -> Iterator[tuple[bytes, ...]]:
    """Put the account's own between what the games share."""
    sheet, strengths, owner = block.sheet, block.strengths, block.owner.encode()
    ids, others = _encoded(block.ids), _encoded(block.others)
    whites = [owner if is_white else other for is_white, other in zip(sheet.owner_is_white, others, strict=True)]
    blacks = [other if is_white else owner for is_white, other in zip(sheet.owner_is_white, others, strict=True)]
    seconds = [at_ms // 1000 for at_ms in block.times_ms]
    days = [second // DAY_S for second in seconds]
    before_white, before_time = {day: _before_white(day) for day in days}, {day: _before_time(day) for day in days}
    return zip(
        columns.first,
        ids,
        [before_white[day] for day in days],
        whites,
        repeat(AFTER_WHITE),
        blacks,
        columns.middle,
        ids,
        [before_time[day] for day in days],
        [HOURS_AND_MINUTES[second % DAY_S // 60] for second in seconds],
        [SECONDS[second % 60] for second in seconds],
        [WHITE_RATINGS[strengths[perf] + ahead] for perf, ahead in zip(sheet.perfs, sheet.white_ahead, strict=True)],
        [BLACK_RATINGS[strengths[perf] + ahead] for perf, ahead in zip(sheet.perfs, sheet.black_ahead, strict=True)],
        columns.changes,
        columns.tail,
    )


def _encoded(texts: list[str]) -> list[bytes]:
    return "\n".join(texts).encode().split(b"\n")


@lru_cache(maxsize=DAYS_MOST)
def _before_white(day: int) -> bytes:
    return f'"]\n[Date "{date_text(day)}"]\n[Round "-"]\n[White "'.encode()


@lru_cache(maxsize=DAYS_MOST)
def _before_time(day: int) -> bytes:
    return f'"]\n[UTCDate "{date_text(day)}"]\n[UTCTime "'.encode()


class Texts(Iterator[bytes]):
    """The text of games one by one, or in pages for who takes all of them."""

    def __init__(self, games: Iterator[bytes], pages: Iterator[Page]) -> None:
        self._games = games
        self.pages = pages

    def __next__(self) -> bytes:
        """Return the next game."""
        return next(self._games)
