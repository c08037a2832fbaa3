"""The routes of Chess.com's Published-Data API under ``/pub``, beside Lichess on the same server; never waits.

Addresses in answers are this server's own, so that clients which follow them stay here.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b, md5
from itertools import chain

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from fake_lichess.accounts import Account, Accounts
from fake_lichess.chesscom_games import month_games
from fake_lichess.faults import Fault
from fake_lichess.games import Window
from fake_lichess.limits import Counts, Slot, address_of
from fake_lichess.pgn import Options
from fake_lichess.settings import ProfileName, Settings
from fake_lichess.stream import GameStream, Sending
from fake_lichess.troubled import Troubled
from fake_lichess.troubles import Troubles

# Recorded 2024-10 from the real server (`sarartur/chess.com`, its test cassettes).
HEADERS = {
    "Server": "cloudflare",
    "Cache-Control": "public, max-age=5",
    "CF-Cache-Status": "DYNAMIC",
    "Access-Control-Allow-Origin": "*",
}
# "Serial access is unlimited. Parallel requests may trigger rate limiting": clients report that two or three are borne.
PARALLEL_MOST = {ProfileName.LICHESS: 3, ProfileName.DOCUMENTED: 1, ProfileName.UNLIMITED: None}
# A User-Agent must say how to reach its owner since 2023-06-20; what counts as that is not published: a choice.
CONTACT = re.compile(r"@|://")
FORBIDDEN = (
    "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
INTERNAL = "An internal error has occurred. Please contact Chess.com Developer's Forum for further help"
JSON_TYPE = "application/json; charset=utf-8"
PGN_TYPE = "application/vnd.chess-pgn; charset=utf-8; charset=utf-8"  # twice, as recorded
SHOWN = Options(clocks=True, evals=True, opening=True)

Games = dict[int, dict[str, object]]  # by their numbers in the account
MONTH = re.compile(r"(20[0-9]{2})/(0[1-9]|1[0-2])")


class Gate:
    """Refuses callers without contact, parallel callers and mixed-case names, before anything is worked out."""

    def __init__(self, settings: Settings, counts: Counts, troubles: Troubles) -> None:
        self._settings = settings
        self._counts = counts
        self._troubles = troubles
        self._asking = Counter[str]()

    async def answer(self, request: Request, name: str, make: Callable[[str], Response]) -> Response:
        """Answer with what *make* works out, in a thread of its own, or with the reason not to."""
        self._counts.requests += 1
        if CONTACT.search(request.headers.get("User-Agent", "")) is None:
            return HTMLResponse(FORBIDDEN, 403, HEADERS)
        if name != name.lower():
            lowered = request.url.path.replace(f"/{name}", f"/{name.lower()}", 1)
            return RedirectResponse(lowered, 301, HEADERS)
        trouble = self._troubles.instead(name, HEADERS)
        return trouble or await self._in_turn(request, name, make)

    async def _in_turn(self, request: Request, name: str, make: Callable[[str], Response]) -> Response:
        address = address_of(request.client and request.client.host, request.headers, self._settings)
        most = PARALLEL_MOST[self._settings.profile.name]
        if most is not None and self._asking[address] >= most:
            self._counts.too_many_requests += 1
            return JSONResponse({"code": 0, "message": "Too many requests."}, 429, HEADERS)
        self._asking[address] += 1
        try:
            return unchanged(request, await run_in_threadpool(make, name))
        finally:
            self._asking[address] -= 1
            if not self._asking[address]:
                del self._asking[address]


def chesscom_routes(settings: Settings, accounts: Accounts, counts: Counts, troubles: Troubles) -> APIRouter:
    """Build the routes under ``/pub``."""
    routes = APIRouter(prefix="/pub/player/{name}")
    gate = Gate(settings, counts, troubles)

    @routes.get("")
    async def profile(request: Request, name: str) -> Response:
        """Tell who a player is."""
        return await gate.answer(request, name, lambda user: _profile(accounts.find(user), user, _base(request)))

    @routes.get("/games/archives")
    async def archives(request: Request, name: str) -> Response:
        """List the months a player played in, oldest first."""
        return await gate.answer(request, name, lambda user: _archives(accounts.find(user), user, _base(request)))

    @routes.get("/games/{year}/{month}")
    async def month_json(request: Request, name: str, year: str, month: str) -> Response:
        """Give a month's games, oldest first."""

        def written(games: Games, _account: Account) -> Response:
            return JSONResponse({"games": list(games.values())}, 200, HEADERS, JSON_TYPE)

        asked = (accounts, f"{year}/{month}", _base(request))
        return await gate.answer(request, name, lambda user: _month(*asked, user, written))

    @routes.get("/games/{year}/{month}/pgn")
    async def month_pgn(request: Request, name: str, year: str, month: str) -> Response:
        """Give a month's games as one PGN file."""

        def written(games: Games, account: Account) -> Response:
            filename = f'attachment; filename="ChessCom_{name}_{year}{month}.pgn"'
            headers = HEADERS | {"Content-Disposition": filename, "Content-Type": PGN_TYPE}
            return Response(month_text(games, troubles.account(account)), 200, headers)

        asked = (accounts, f"{year}/{month}", _base(request))
        answer = await gate.answer(request, name, lambda user: _month(*asked, user, written))
        return struck(answer, troubles.of_connection(name), counts) if answer.headers.get("ETag") else answer

    return routes


def month_text(games: Games, account: Account | Troubled) -> bytes:
    """Join the PGN of a month's games, as their faults have them, two blank lines between one and the next."""
    texts = ((number, str(game["pgn"]).encode() + b"\n\n") for number, game in games.items())
    if not isinstance(account, Troubled):
        return b"".join(text for _, text in texts).removesuffix(b"\n\n")
    return b"".join(chain.from_iterable(account.copies(*one) for one in texts)).removesuffix(b"\n\n")


def _month(
    accounts: Accounts, text: str, base_url: str, name: str, written: Callable[[Games, Account], Response]
) -> Response:
    account, window = accounts.find(name), month_window(text)
    if account is None or window is None:
        return unknown(name) if account is None else no_month()
    numbers = account.numbers(window)
    games = month_games(zip(numbers, account.rendered(numbers, SHOWN), strict=True), base_url)
    return stamped(written(games, account), (window.until_ms or 1000) // 1000 - 1)


def month_window(text: str) -> Window | None:
    """Return the window of a calendar month, oldest first; None when there is no such month."""
    found = MONTH.fullmatch(text)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    first, after = datetime(year, month, 1, tzinfo=UTC), datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Window(int(first.timestamp()) * 1000, int(after.timestamp()) * 1000, oldest_first=True)


def unknown(name: str) -> Response:
    """Answer for a name nobody has."""
    return JSONResponse({"message": f'User "{name}" not found.'}, 404, HEADERS)


def no_data(request: Request) -> Response:
    """Answer where there is no route (general knowledge)."""
    message = f'Data provider not found for key "{request.url.path}".'
    return JSONResponse({"code": 0, "message": message}, 404, HEADERS)


def no_month() -> Response:
    """Answer for what is no month, which the real server finds as confusing."""
    return JSONResponse({"message": INTERNAL}, 404, HEADERS)


def stamped(response: Response, changed_s: int) -> Response:
    """Add a tag of the contents, and in the API's own form when they changed last: for a month at its end."""
    changed = datetime.fromtimestamp(changed_s, UTC)
    response.headers["ETag"] = f'W/"{md5(response.body, usedforsecurity=False).hexdigest()}"'
    response.headers["Last-Modified"] = f"{changed:%A, %d-%b-%Y %H:%M:%S} GMT+0000"
    return response


def unchanged(request: Request, response: Response) -> Response:
    """Answer 304 to who has this already; the tag decides when there is one."""
    tag, date = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
    has_it = tag == response.headers.get("ETag") if tag else date == response.headers.get("Last-Modified")
    if response.status_code != 200 or not (tag or date) or not has_it:  # noqa: PLR2004 - OK
        return response
    kept = {name: value for name, value in response.headers.items() if name in ("etag", "last-modified")}
    return Response(None, 304, HEADERS | kept)


def struck(month: Response, faults: tuple[Fault, ...], counts: Counts) -> Response:
    """Return a month's PGN as the connection's faults have it; its length is told all the same."""
    if not faults or not month.body:
        return month
    texts = re.split(rb"(?<=\n)\n\n(?=\[Event )", bytes(month.body))
    games = [text + b"\n\n" for text in texts[:-1]] + texts[-1:]
    stream = GameStream(Sending(iter(games), None, counts, Slot(lambda _how: None), faults), dict(month.headers))
    stream.headers["Content-Length"] = month.headers["Content-Length"]
    return stream


def _base(request: Request) -> str:
    return f"{request.base_url}pub"


def _archives(account: Account | None, name: str, base_url: str) -> Response:
    if account is None:
        return unknown(name)
    months = dict.fromkeys(_months(account))
    body = {"archives": [f"{base_url}/player/{name}/games/{month}" for month in months]}
    return stamped(JSONResponse(body, 200, HEADERS), _seen_s(account))


def _months(account: Account) -> Iterator[str]:
    for _, at_ms in account.created(account.numbers(Window(oldest_first=True))):
        yield f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y/%m}"


def _profile(account: Account | None, name: str, base_url: str) -> Response:
    if account is None:
        return unknown(name)
    body = {
        "player_id": int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big"),
        "@id": f"{base_url}/player/{name}",
        "url": f"https://www.chess.com/member/{name}",
        "username": name,
        "followers": 0,
        "country": f"{base_url}/country/XX",
        "last_online": _seen_s(account),
        "joined": 1_200_000_000,
        "status": "basic",
        "is_streamer": False,
        "verified": False,
        "league": "Wood",
    }
    return stamped(JSONResponse(body, 200, HEADERS), _seen_s(account))


def _seen_s(account: Account) -> int:
    """Say when a player began his newest game, in seconds; 0 for who has none."""
    return next((at_ms // 1000 for _, at_ms in account.created(range(min(1, account.size)))), 0)
