"""The games of a synthetic account, computed from (seed, user, number) and never stored; no I/O and no clock.

Numbers count from the newest game (0) into the past, in blocks of 64. What is played in a block lies on a sheet, which
all accounts share; here it is decided which sheet a block is played from, and by whom, when and how strongly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from struct import unpack
from typing import NamedTuple

from fake_lichess.history import BLOCK_GAMES, block_at, block_end_ms
from fake_lichess.ids import account_number, found_in, game_ids, salt_of
from fake_lichess.occasions import Occasion
from fake_lichess.sheets import SHEETS, Rules, Sheet, Sheets
from fake_lichess.tracks import PERFS, Track

# How far the opponents move on from block to block: a prime that shares no factor with their number.
NEXT_OPPONENTS = 1597


class Game(NamedTuple):
    """One game as Lichess knows it. A named tuple, because hundreds of thousands are made in a second."""

    id: str
    created_at_ms: int
    white: str
    black: str
    white_elo: int | None  # None for who has no rating: the computer, passers-by, names in imported games
    black_elo: int | None
    change: int | None  # what White's rating gained and Black's lost; None when the game did not count
    rated: bool
    analysed: bool
    track: Track
    occasion: Occasion | None = None  # None for ordinary games of the lobby


class Window(NamedTuple):
    """Which games are asked for; None leaves a side open."""

    since_ms: int | None = None  # included
    until_ms: int | None = None  # excluded
    most: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What all synthetic accounts of one server share."""

    seed: int
    rules: Rules
    sheets: Sheets

    @property
    def opponents(self) -> tuple[str, ...]:
        """Return everybody whom accounts play."""
        return self.rules.opponents


@dataclass(frozen=True, slots=True)
class Block:
    """A sheet as one account plays it, newest game first."""

    sheet: Sheet
    owner: str
    ids: list[str]
    times_ms: list[int]
    strengths: list[int]  # of the owner where the block begins
    others: list[str]  # whom the owner plays, unless the sheet names someone

    def game(self, place: int) -> Game:
        """Return one of the games."""
        entry = self.sheet.entries[place]
        strength = self.strengths[entry.perf]
        names = self.owner, self.others[place]
        white, black = names if entry.owner_is_white else names[::-1]
        return tuple.__new__(
            Game,
            (
                self.ids[place],
                self.times_ms[place],
                entry.white or white,
                entry.black or black,
                strength + entry.white_ahead if entry.white_has_rating else None,
                strength + entry.black_ahead if entry.black_has_rating else None,
                entry.change,
                entry.rated,
                entry.analysed,
                entry.track,
                entry.occasion,
            ),
        )


class SyntheticAccount:
    """Every game of one made-up player."""

    def __init__(self, world: World, name: str, games: int) -> None:
        self.name = name
        self.size = games
        self._world = world
        self._key = blake2b(f"{world.seed}:{name.lower()}".encode(), digest_size=16).digest()
        self.id_number, self._salt = account_number(world.seed, name), salt_of(world.seed)
        self._bases = tuple(1000 + 5 * byte for byte in blake2b(self._key, digest_size=len(PERFS)).digest())
        self._first_sheet, apart, self._first_other = unpack(">3H", self._key[:6])
        self._sheets_apart = 2 * apart + 1  # odd, so that no sheet comes again before all others did

    def games(self, numbers: range) -> Iterator[Game]:
        """Compute these games, in this order."""
        for block, places in self.blocks(numbers):
            yield from map(block.game, range(BLOCK_GAMES)[places])

    def blocks(self, numbers: range) -> Iterator[tuple[Block, slice]]:
        """Compute the blocks these games lie in, and say which games of each are meant, in the order meant."""
        return ((self._block(block), places) for block, places in _by_block(numbers))

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield only the id and the creation time in milliseconds of these games: several times faster."""
        for block, places in _by_block(numbers):
            yield from list(zip(self._ids(block), _times(block, self._sheet(block)), strict=True))[places]

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for, without visiting the others."""
        newest = 0 if window.until_ms is None else self._not_before(window.until_ms)
        oldest = self.size if window.since_ms is None else self._not_before(window.since_ms)
        found = range(newest, max(newest, oldest))
        if window.oldest_first:
            found = found[::-1]
        return found[: window.most]

    def number_of(self, game_id: str) -> int | None:
        """Return which game has this id; None when none of this account has."""
        account, number = found_in(game_id, self._salt) or (None, 0)
        return number if account == self.id_number and number < self.size else None

    def _not_before(self, at_ms: int) -> int:
        """Count the games created at this instant or later."""
        block = block_at(at_ms)
        start = block * BLOCK_GAMES
        if start >= self.size:
            return self.size
        return min(self.size, start + sum(time >= at_ms for time in _times(block, self._sheet(block))))

    def _block(self, block: int) -> Block:
        sheet, drift = self._sheet(block), _drift(self._key, block)
        strengths = [base + drift for base in self._bases]
        others = self._world.sheets.others(sheet, self._first_other + block * NEXT_OPPONENTS)
        return Block(sheet, self.name, self._ids(block), _times(block, sheet), strengths, others)

    def _sheet(self, block: int) -> Sheet:
        """Return the sheet of a block: each account goes through all of them in an order of its own."""
        return self._world.sheets.of((self._first_sheet + block * self._sheets_apart) % SHEETS)

    def _ids(self, block: int) -> list[str]:
        return game_ids(self.id_number, block * BLOCK_GAMES, BLOCK_GAMES, self._salt)


def _by_block(numbers: range) -> Iterator[tuple[int, slice]]:
    """Cut a run of numbers into blocks and the positions wanted of each, in the order of the run."""
    while numbers:
        block = numbers[0] // BLOCK_GAMES
        start = block * BLOCK_GAMES
        if numbers.step > 0:
            here = numbers[: start + BLOCK_GAMES - numbers[0]]
            yield block, slice(here[0] - start, here[-1] - start + 1)
        else:
            here = numbers[: numbers[0] - start + 1]
            yield block, slice(here[0] - start, here[-1] - start - 1 if here[-1] > start else None, -1)
        numbers = numbers[len(here) :]


def _times(block: int, sheet: Sheet) -> list[int]:
    """Lay a block's games into its span: close together within a session, the rest of the time between sessions."""
    end = block_end_ms(block)
    span = end - block_end_ms(block + 1) - BLOCK_GAMES
    close, total = sheet.close_ms[-1], sheet.apart[-1]
    # Dense accounts play more than fits: squeezed, so that games overlap as simultaneous ones do.
    squeezed = min(close, span * 9 // 10)
    free, steps = span - squeezed, range(end, end - BLOCK_GAMES, -1)  # no two games in one millisecond
    if squeezed == close:
        rows = zip(steps, sheet.close_ms, sheet.apart, strict=True)
        return [step - played - free * apart // total for step, played, apart in rows]
    rows = zip(steps, sheet.close_ms, sheet.apart, strict=True)
    return [step - played * squeezed // close - free * apart // total for step, played, apart in rows]


def _drift(key: bytes, block: int) -> int:
    """How far the player's strength has wandered in this block: up to 150 points, over about a thousand games."""
    step, part = divmod(block, 16)
    before, after = (blake2b(key + (step + at).to_bytes(8, "little"), digest_size=1).digest()[0] for at in (0, 1))
    return ((before * (16 - part) + after * part) * 300 // (16 * 255)) - 150
