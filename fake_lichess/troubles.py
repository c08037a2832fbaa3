"""Which user has which faults, how often they have struck, and what an export makes of it; never waits.

Holds the only changing state of the faults. An account with troubles looks like any other account, so that exports and
truth see the same games.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from fake_lichess.accounts import Account
from fake_lichess.damage import Form, all_damaged, moved_in_time
from fake_lichess.faults import ANSWERS, CONNECTION, CONTENT, Fault, FaultKind
from fake_lichess.games import Window
from fake_lichess.limits import REFUSED, Counts, Kind
from fake_lichess.pgn import Options

EVERYONE = "*"  # no user can be called that
STATUS = {
    FaultKind.STATUS_500: "500 Internal Server Error",
    FaultKind.STATUS_502: "502 Bad Gateway",
    FaultKind.STATUS_503: "503 Service Temporarily Unavailable",
    FaultKind.STATUS_504: "504 Gateway Time-out",
}
# nginx's own error page, byte for byte (ngx_http_special_response.c).
NGINX_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
MAINTENANCE_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>lichess.org</title></head><body><h1>Lichess is down for a moment'
    "</h1><p>We are updating the site.</p></body></html>"
)


class Given(BaseModel):
    """The faults of one user."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    faults: tuple[Fault, ...]


class FaultsFile(BaseModel):
    """A start-up file: ``[[users.NAME]]`` tables, each a fault; the user ``"*"`` stands for everyone without any."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    users: dict[str, tuple[Fault, ...]]


class FaultsUnreadable(ValueError):
    """The start-up file names no faults."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"cannot take faults from {path}: {found}. See docs/fake-lichess.md for the names.")


def read_faults(path: Path) -> dict[str, tuple[Fault, ...]]:
    """Read a start-up file.

    Raises:
        FaultsUnreadable: it is no TOML, or names what is no fault.
    """
    try:
        return FaultsFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).users
    except ValidationError as error:
        [first, *_] = error.errors()
        raise FaultsUnreadable(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise FaultsUnreadable(path, str(error)) from error


class Troubles:
    """The faults of all users of one server."""

    def __init__(self, given: Mapping[str, Sequence[Fault]], counts: Counts) -> None:
        self._counts = counts
        self._given: dict[str, tuple[Fault, ...]] = {}
        self._struck = Counter[tuple[str, Fault]]()
        self.appeared = set[tuple[str, Fault]]()
        self.done = Counter[FaultKind]()  # how often each kind has struck, over all users
        for name, faults in given.items():
            self.give(name, faults)

    def give(self, name: str, faults: Sequence[Fault]) -> None:
        """Replace a user's faults; none of them has struck yet."""
        user = name.lower()
        self._given[user] = tuple(faults)
        for struck in [key for key in self._struck if key[0] == user]:
            del self._struck[struck]
        self.appeared = {key for key in self.appeared if key[0] != user}

    def of(self, name: str) -> tuple[Fault, ...]:
        """Return the faults of a user."""
        return self._given.get(name.lower()) or self._given.get(EVERYONE, ())

    def instead(self, name: str, headers: Mapping[str, str]) -> Response | None:
        """Return what is answered in place of this export, if anything; *headers* come with every true answer."""
        fault = next((fault for fault in self.of(name) if fault.kind in ANSWERS and self._strikes(name, fault)), None)
        if fault is None:
            return None
        if fault.kind is FaultKind.TOO_MANY_REQUESTS:
            self._counts.too_many_requests += 1
            return JSONResponse(REFUSED[Kind.BY_USER].body, 429, headers)
        if fault.kind is FaultKind.HTML_200:
            return HTMLResponse(MAINTENANCE_PAGE, 200, headers)
        status = STATUS[fault.kind]
        return Response(NGINX_PAGE.format(status), int(status[:3]), {"Server": "nginx"}, "text/html")

    def of_connection(self, name: str) -> tuple[Fault, ...]:
        """Return the faults that strike the stream which begins now."""
        return tuple(fault for fault in self.of(name) if fault.kind in CONNECTION and self._strikes(name, fault))

    def account(self, account: Account) -> "Account | Troubled":
        """Return the account as its faults leave it."""
        faults = [
            fault for fault in self.of(account.name) if fault.kind in CONTENT or fault.kind is FaultKind.APPEARING
        ]
        return Troubled(account, faults, self) if faults else account

    def _strikes(self, name: str, fault: Fault) -> bool:
        """Say whether a fault strikes once more, and count that it does."""
        key = (name.lower(), fault)
        if fault.times and self._struck[key] >= fault.times:
            return False
        self._struck[key] += 1
        self.done[fault.kind] += 1
        return True


class Troubled:
    """An account whose games are damaged, share an instant, or appear only while they are exported."""

    def __init__(self, account: Account, faults: Sequence[Fault], troubles: Troubles) -> None:
        self.name = account.name
        self._account = account
        self._troubles = troubles
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
        form = Form.NDJSON if options.as_json else Form.PGN
        return (self._damaged(number, game, form) for number, game in zip(numbers, games, strict=True))

    def damage_to(self, number: int) -> list[FaultKind]:
        """List what is wrong with a game."""
        return [fault.kind for fault in self._damages if fault.strikes(number)]

    def _hidden(self) -> int:
        fault = self._appearing
        if fault is None or (self.name.lower(), fault) in self._troubles.appeared:
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
            struck = [fault for fault in self._damages if fault.strikes(number)]
            self._troubles.done.update(fault.kind for fault in struck)
            copies = max((fault.copies for fault in struck if fault.kind is FaultKind.DUPLICATE), default=1)
            for _ in range(copies):
                yield game

    def _appearing_in(self, games: Iterator[bytes], numbers: range, options: Options) -> Iterator[bytes]:
        """Let the hidden games appear when enough games were sent; only an export into the future still sees them."""
        fault = self._appearing
        if fault is None or not self._hidden():
            yield from games
            return
        yield from islice(games, fault.game)
        self._troubles.appeared.add((self.name.lower(), fault))
        self._troubles.done[fault.kind] += 1
        yield from games
        if self._window.oldest_first:
            yield from self._repeated(self.numbers(self._window)[len(numbers) :], options)
