"""An account whose games are damaged, share an instant, or appear only while they are exported; never waits.

It looks like any other account, so that exports and truth see the same games.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat

from fake_lichess.accounts import Account, Synthetic
from fake_lichess.damage import Form, all_damaged, moved_in_time
from fake_lichess.faults import CONTENT, Fault, FaultKind
from fake_lichess.games import Game, Window
from fake_lichess.pgn import Options
from fake_lichess.selection import Filters, selected


@dataclass(slots=True)
class Marks:
    """What the faults of all users have done so far."""

    appeared: set[tuple[str, Fault]] = field(default_factory=set)  # by user, which of his games exist by now
    done: Counter[FaultKind] = field(default_factory=Counter)  # how often each kind has struck


@dataclass(frozen=True, slots=True)
class Present:
    """The games of an account that exist by now."""

    account: Synthetic
    hidden: int  # so many of the newest do not exist yet

    @property
    def name(self) -> str:
        """Return the owner's name."""
        return self.account.name

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""
        found = self.account.numbers(window._replace(most=None, oldest_first=False))
        found = range(max(found.start, self.hidden), max(found.stop, self.hidden))
        return (found[::-1] if window.oldest_first else found)[: window.most]

    def games(self, numbers: range) -> Iterator[Game]:
        """Yield these games, in this order."""
        return self.account.games(numbers)


def form_of(options: Options) -> Form:
    """Say how games are written under these options."""
    return Form.NDJSON if options.as_json else Form.PGN


class Troubled:
    """An account whose games are damaged, share an instant, or appear only while they are exported."""

    def __init__(self, account: Account, faults: Sequence[Fault], marks: Marks) -> None:
        self.name = account.name
        self._account = account
        self._marks = marks
        self._damages = [fault for fault in faults if fault.kind in CONTENT]
        self._appearing = next((fault for fault in faults if fault.kind is FaultKind.APPEARING), None)
        self._window = Window()
        self._shared_ms: dict[Fault, int] = {}

    @property
    def size(self) -> int:
        """Return how many games there are by now."""
        return self._account.size - self._hidden()

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for."""
        self._window = window
        found = self._account.numbers(window._replace(most=None, oldest_first=False))
        newest, oldest = self._whole_instants(found.start), self._whole_instants(found.stop)
        found = range(max(newest, self._hidden()), max(newest, oldest, self._hidden()))
        return (found[::-1] if window.oldest_first else found)[: window.most]

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield the id and the creation time in milliseconds of these games."""
        for number, (game_id, at_ms) in zip(numbers, self._account.created(numbers), strict=True):
            shared_ms = self._shared(number)
            yield game_id, at_ms if shared_ms is None else shared_ms

    def rendered(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games, and of those that appear meanwhile."""
        yield from self._appearing_in(self._repeated(numbers, options), numbers, options)

    def texts(self, numbers: range, options: Options) -> Iterator[bytes]:
        """Yield the text of these games once each, whatever an export does to their number."""
        games = self._account.rendered(numbers, options)
        form = form_of(options)
        return (self._damaged(number, game, form) for number, game in zip(numbers, games, strict=True))

    def copies(self, number: int, game: bytes) -> Iterator[bytes]:
        """Yield the PGN of a game as an export has it, damaged and repeated; in whatever words, but as it is dated."""
        return repeat(all_damaged(game, self.damage_to(number), Form.PGN), self._struck(number))

    def damage_to(self, number: int) -> list[FaultKind]:
        """List what is wrong with a game."""
        return [fault.kind for fault in self._damages if fault.strikes(number)]

    def _hidden(self) -> int:
        fault = self._appearing
        if fault is None or (self.name.lower(), fault) in self._marks.appeared:
            return 0
        return min(fault.games, self._account.size)

    def _whole_instants(self, boundary: int) -> int:
        """Move a boundary out of the games that share a millisecond: they all count as created with the newest."""
        for fault in self._damages:
            first = fault.game - 1
            if fault.kind is FaultKind.SAME_MILLISECOND and first < boundary < first + fault.games:
                boundary = min(first + fault.games, self._account.size)
        return boundary

    def _shared(self, number: int) -> int | None:
        """Return the instant a game shares with others, if it does."""
        for fault in self._damages:
            if fault.kind is FaultKind.SAME_MILLISECOND and fault.strikes(number):
                if fault not in self._shared_ms:
                    [(_, self._shared_ms[fault])] = self._account.created(range(fault.game - 1, fault.game))
                return self._shared_ms[fault]
        return None

    def _damaged(self, number: int, game: bytes, form: Form) -> bytes:
        shared_ms = self._shared(number)
        if shared_ms is not None:
            game = moved_in_time(game, shared_ms, form)
        return all_damaged(game, self.damage_to(number), form)

    def _repeated(self, numbers: range, options: Options) -> Iterator[bytes]:
        for number, game in zip(numbers, self.texts(numbers, options), strict=True):
            yield from repeat(game, self._struck(number))

    def _struck(self, number: int) -> int:
        """Count that a game was struck, and return how often it is sent."""
        struck = [fault for fault in self._damages if fault.strikes(number)]
        self._marks.done.update(fault.kind for fault in struck)
        return max((fault.copies for fault in struck if fault.kind is FaultKind.DUPLICATE), default=1)

    def _appear(self, fault: Fault) -> None:
        self._marks.appeared.add((self.name.lower(), fault))
        self._marks.done[fault.kind] += 1

    def _appearing_in(self, games: Iterator[bytes], numbers: range, options: Options) -> Iterator[bytes]:
        """Let the hidden games appear when enough games were sent; only an export into the future still sees them."""
        fault = self._appearing
        if fault is None or not self._hidden():
            yield from games
            return
        yield from islice(games, fault.game)
        self._appear(fault)
        yield from games
        if self._window.oldest_first:
            yield from self._repeated(self.numbers(self._window)[len(numbers) :], options)


class TroubledSynthetic(Troubled):
    """A made-up account with troubles, whose games can be looked at one by one."""

    def __init__(self, account: Synthetic, faults: Sequence[Fault], marks: Marks) -> None:
        super().__init__(account, faults, marks)
        self._made_up = account

    def games(self, numbers: range) -> Iterator[Game]:
        """Yield these games as they were before anything happened to them."""
        return self._made_up.games(numbers)

    def number_of(self, game_id: str) -> int | None:
        """Return which game has this id; None when none of this account has, or none has yet."""
        number = self._made_up.number_of(game_id)
        return None if number is None or number < self._hidden() else number

    def selected(self, window: Window, filters: Filters) -> Iterator[Game | None]:
        """Yield the games that a filtered export holds; the search engine dates them by a last move no fault moves."""
        return selected(Present(self._made_up, self._hidden()) if filters.searched else self, window, filters)

    def written(self, games: Iterable[Game | None], options: Options) -> Iterator[bytes]:
        """Yield the text of games found as an export has it, empty where there is none yet; let games appear."""
        fault, write, form, sent = self._appearing, self._made_up.writer(options), form_of(options), 0
        for game in games:
            if game is None:
                yield b""
                continue
            if fault is not None and sent == fault.game and self._hidden():
                self._appear(fault)
            sent += 1
            number = self.number_of(game.id)
            yield from (write(game),) if number is None else self._copies(number, write(game), form)

    def text_of(self, game: Game, options: Options) -> bytes:
        """Return the text of a game found already."""
        number, text = self.number_of(game.id), self._made_up.writer(options)(game)
        return text if number is None else self._damaged(number, text, form_of(options))

    def created_of(self, game: Game) -> int:
        """Return when a game was created, in milliseconds."""
        number = self.number_of(game.id)
        shared_ms = None if number is None else self._shared(number)
        return game.created_at_ms if shared_ms is None else shared_ms

    def _copies(self, number: int, game: bytes, form: Form) -> Iterator[bytes]:
        return repeat(self._damaged(number, game, form), self._struck(number))
