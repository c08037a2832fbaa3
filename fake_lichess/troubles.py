"""Which user has which faults, how often they have struck, and what is answered in place of an export; never waits.

Holds the only changing state of the faults.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from fake_lichess.accounts import Account, Synthetic
from fake_lichess.faults import ANSWERS, CONNECTION, CONTENT, Fault, FaultKind
from fake_lichess.limits import REFUSED, Counts, Kind
from fake_lichess.troubled import Marks, Troubled, TroubledSynthetic

MadeUp = Synthetic | TroubledSynthetic

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
        self._marks = Marks()
        for name, faults in given.items():
            self.give(name, faults)

    def give(self, name: str, faults: Sequence[Fault]) -> None:
        """Replace a user's faults; none of them has struck yet."""
        user = name.lower()
        self._given[user] = tuple(faults)
        for struck in [key for key in self._struck if key[0] == user]:
            del self._struck[struck]
        self._marks.appeared = {key for key in self._marks.appeared if key[0] != user}

    @property
    def done(self) -> Counter[FaultKind]:
        """Count how often each kind has struck, over all users."""
        return self._marks.done

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

    def account(self, account: Account) -> Account | Troubled:
        """Return the account as its faults leave it."""
        faults = [
            fault for fault in self.of(account.name) if fault.kind in CONTENT or fault.kind is FaultKind.APPEARING
        ]
        if not faults:
            return account
        if isinstance(account, Synthetic):
            return TroubledSynthetic(account, faults, self._marks)
        return Troubled(account, faults, self._marks)

    def made_up(self, account: Synthetic) -> MadeUp:
        """Return a made-up account as its faults leave it."""
        found = self.account(account)
        return found if isinstance(found, TroubledSynthetic) else account

    def _strikes(self, name: str, fault: Fault) -> bool:
        """Say whether a fault strikes once more, and count that it does."""
        key = (name.lower(), fault)
        if fault.times and self._struck[key] >= fault.times:
            return False
        self._struck[key] += 1
        self._marks.done[fault.kind] += 1
        return True
