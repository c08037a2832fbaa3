"""Pages: many games written at once, column by column, for streams that nothing slows down; no I/O.

The text of a page is exactly what the renderer writes game by game. What games share comes from their sheet and is
written once a choice of options; per game only ids, dates, names and ratings are put in between, and all pieces of a
page are joined in one go. Memory is bounded by the sheets: whatever the accounts, the same columns are used again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from fake_lichess.games import Block
from fake_lichess.history import BLOCK_GAMES
from fake_lichess.pgn import DAY_S, DAYS_MOST, MINUTES, UNRATED, Renderer, Shared, date_text
from fake_lichess.sheets import Entry, Sheet
from fake_lichess.tracks import PERFS

# Games on a page: a choice, 40 to 50 KB with clocks and evaluations. With four times as many, streaming took about a
# tenth less processor time (two runs of each on a busy machine), but every stream would hold four times as much.
PAGE_GAMES = 16
PIECES = 15  # of one game, when it has tags
# The highest rating that can be written: far above what strength, drift and 64 wins can add up to.
RATING_MOST = 4000
NOTHING = Shared(b"", b"", b"", b"")
NO_RATING = (len(PERFS), 0)  # counts from none of the owner's strengths
# Ready-made pieces, most with the beginning of the tag that follows.
AFTER_WHITES, AFTER_BLACK = (b'"]\n[Black "',) * BLOCK_GAMES, b'"]\n'
HOURS_AND_MINUTES = tuple(text.encode() for text in MINUTES)
SECONDS = tuple(f'{second:02}"]\n[WhiteElo "'.encode() for second in range(60))
WHITE_RATINGS = tuple(f'{rating or UNRATED}"]\n[BlackElo "'.encode() for rating in range(RATING_MOST))
BLACK_RATINGS = tuple(f'{rating or UNRATED}"]\n'.encode() for rating in range(RATING_MOST))


class Page(NamedTuple):
    """Some whole games, one behind the other."""

    text: bytes
    games: int


class Columns(NamedTuple):
    """What the games of a sheet share, game by game, newest first: ready-made text, and how to find the rest."""

    first: tuple[bytes, ...]
    middle: tuple[bytes, ...]  # with the end of the tag before it
    changes: tuple[bytes, ...]
    tail: tuple[bytes, ...]
    names: tuple[bytes, ...]  # that are the same whoever owns the account
    # Who was White, and Black: out of the owner, the opponents of this block and the names above, in a row.
    whites: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    blacks: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    # Which of the owner's strengths their ratings count from, the last being none at all, and how far they are ahead.
    white_ratings: tuple[tuple[int, int], ...]
    black_ratings: tuple[tuple[int, int], ...]
    imports: tuple[int, ...]  # places of imported games, which are too unlike the others


class Pages:
    """Writes the games of blocks under one choice of options."""

    def __init__(self, renderer: Renderer, *, tags: bool) -> None:
        self._renderer = renderer
        self._tags = tags
        self._columns: dict[Sheet, Columns] = {}

    def written(self, blocks: Iterable[tuple[Block, slice]]) -> Iterator[Page]:
        """Yield pages with the games that are meant of each block."""
        width = PIECES if self._tags else 1
        for block, places in blocks:
            pieces = self._pieces(block, places)
            for start in range(0, len(pieces), PAGE_GAMES * width):
                some = pieces[start : start + PAGE_GAMES * width]
                yield Page(b"".join(some), len(some) // width)

    def _pieces(self, block: Block, places: slice) -> list[bytes]:
        """Return the pieces of these games, as many of each."""
        columns = self._columns.get(block.sheet)
        if columns is None:
            columns = self._columns[block.sheet] = self._shared(block.sheet)
        pieces = woven(_with_tags(block, columns) if self._tags else [columns.tail], places)
        order, width = range(len(block.ids))[places], PIECES if self._tags else 1
        for place in columns.imports:
            if place in order:
                start = order.index(place) * width
                text = self._renderer.render(block.game(place))
                pieces[start : start + width] = [text, *[b""] * (width - 1)]
        return pieces

    def _shared(self, sheet: Sheet) -> Columns:
        """Write what the games of a sheet share; imported ones are written game by game, so they take no room here."""
        entries = sheet.entries
        rows = [NOTHING if is_import(entry) else self._renderer.shared(entry) for entry in entries]
        first, middle, changes, tail = zip(*rows, strict=True)
        names = tuple(dict.fromkeys(name for entry in entries for name in (entry.white, entry.black) if name))
        places = {name: 1 + len(entries) + place for place, name in enumerate(names)}
        sides = [(0, 1 + place) if entry.owner_is_white else (1 + place, 0) for place, entry in enumerate(entries)]
        return Columns(
            first,
            tuple(map({text: AFTER_BLACK + text for text in middle}.__getitem__, middle)),
            changes,
            tail,
            tuple(name.encode() for name in names),
            itemgetter(*(places.get(entry.white or "", side[0]) for entry, side in zip(entries, sides, strict=True))),
            itemgetter(*(places.get(entry.black or "", side[1]) for entry, side in zip(entries, sides, strict=True))),
            tuple((entry.perf, entry.white_ahead) if entry.white_has_rating else NO_RATING for entry in entries),
            tuple((entry.perf, entry.black_ahead) if entry.black_has_rating else NO_RATING for entry in entries),
            tuple(place for place, entry in enumerate(entries) if is_import(entry)),
        )


def is_import(entry: Entry) -> bool:
    """Say whether a game came from a file."""
    return entry.occasion is not None and entry.occasion.source == "import"


def woven(columns: Sequence[Sequence[bytes]], places: slice) -> list[bytes]:
    """Return the first piece of every column, then the second, and so on: the games at these places."""
    rows = [b""] * (len(columns) * len(columns[0][places]))
    for number, column in enumerate(columns):
        rows[number :: len(columns)] = column[places]
    return rows


def _with_tags(block: Block, columns: Columns) -> list[Sequence[bytes]]:
    """Put the account's own between what the games share."""
    strengths, ids = [*block.strengths, 0], _encoded(block.ids)
    players = [block.owner.encode(), *_encoded(block.others), *columns.names]
    seconds = [at_ms // 1000 for at_ms in block.times_ms]
    days = [second // DAY_S for second in seconds]
    before_white, before_time = {}, {}
    for day in set(days):
        before_white[day], before_time[day] = _before_white(day), _before_time(day)
    return [
        columns.first,
        ids,
        [before_white[day] for day in days],
        columns.whites(players),
        AFTER_WHITES,
        columns.blacks(players),
        columns.middle,
        ids,
        [before_time[day] for day in days],
        [HOURS_AND_MINUTES[second % DAY_S // 60] for second in seconds],
        [SECONDS[second % 60] for second in seconds],
        [WHITE_RATINGS[strengths[perf] + ahead] for perf, ahead in columns.white_ratings],
        [BLACK_RATINGS[strengths[perf] + ahead] for perf, ahead in columns.black_ratings],
        columns.changes,
        columns.tail,
    ]


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
