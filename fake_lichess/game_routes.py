"""The routes that export games: a user's, some by id, a single one, the latest; nothing here waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from fake_lichess.accounts import Account, Accounts, Synthetic
from fake_lichess.answers import API_HEADERS, NDJSON, PGN, SERVER_HEADERS, failed, not_found, wants_json
from fake_lichess.games import Game
from fake_lichess.limits import Caller, Counts, Kind, Limits, Refused, address_of, is_crawler, pace_for
from fake_lichess.query import InvalidFilter, Query
from fake_lichess.selection import Filters
from fake_lichess.settings import Settings
from fake_lichess.stream import GameStream, Sending
from fake_lichess.tokens import Token, Tokens, secret_of
from fake_lichess.troubles import Troubled, Troubles

# Ids of one export that are looked at; what is more is dropped without a word (Game.scala of lila).
IDS_MOST, IDS_VERIFIED_MOST = 300, 600
GAME_ID = 8  # longer ids name a player's side of the game too
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes of one server share."""

    settings: Settings
    accounts: Accounts
    tokens: Tokens
    counts: Counts
    limits: Limits
    troubles: Troubles

    def token(self, request: Request) -> Token | Response | None:
        """Return the caller's token, None for callers without one, or what to answer to a wrong one."""
        secret = secret_of(request.headers.get("Authorization"))
        if secret is None:
            return None
        return self.tokens.find(secret) or failed(401, "No such token")

    def caller(self, request: Request, token: Token | None, owner: str | None = None) -> Caller:
        """Say who asks, and whether for games of his own."""
        address = address_of(request.client and request.client.host, request.headers, self.settings)
        if token is None:
            return Caller(address)
        return Caller(address, token.user_id, owner is not None and owner.lower() == token.user_id, token.verified)


def scope_headers(token: Token | None) -> dict[str, str]:
    """Return the headers that come with answers to a token."""
    if token is None:
        return {}
    return {"X-OAuth-Scopes": ", ".join(sorted(token.scopes)), "X-Accepted-OAuth-Scopes": ""}


def game_routes(site: Site) -> APIRouter:
    """Build the routes."""
    routes = APIRouter()

    @routes.get("/api/games/user/{username}")
    async def by_user(username: str, request: Request) -> Response:
        """Export a user's games."""
        site.counts.requests += 1
        return user_games(site, request, username)

    @routes.post("/api/games/export/_ids")
    async def by_ids(request: Request) -> Response:
        """Export the games of these ids, newest first."""
        site.counts.requests += 1
        return games_of_ids(site, request, (await request.body()).decode(errors="replace").split(","))

    @routes.get("/game/export/{name}")
    async def single(name: str, request: Request) -> Response:
        """Export one game; neither the User-Agent nor any limit matters."""
        site.counts.requests += 1
        game = site.accounts.game(name.removesuffix(".pgn")[:GAME_ID])
        return not_found(request, SERVER_HEADERS) if game is None else one(site, request, game, SERVER_HEADERS)

    @routes.get("/api/user/{username}/current-game")
    async def current(username: str, request: Request) -> Response:
        """Export the game a user plays now, or else the latest: nobody here is playing."""
        site.counts.requests += 1
        account = site.accounts.find(username)
        game = next(account.games(), None) if isinstance(account, Synthetic) else None
        return not_found(request) if game is None else one(site, request, game, API_HEADERS)

    return routes


def user_games(site: Site, request: Request, username: str) -> Response:
    """Answer an export of a user's games: crawlers are told that there is no such user."""
    if is_crawler(request.headers.get("User-Agent")):
        return not_found(request)
    token = site.token(request)
    if isinstance(token, Response):
        return token
    found = site.accounts.find(username)
    if found is None:
        return not_found(request)
    return site.troubles.instead(found.name, API_HEADERS) or export(site, request, found, token)


def games_of_ids(site: Site, request: Request, ids: list[str]) -> Response:
    """Answer an export by ids; it shares its limit with exports by user."""
    token = site.token(request)
    if isinstance(token, Response):
        return token
    caller, as_json = site.caller(request, token), wants_json(request)
    games = known(site, ids[: IDS_VERIFIED_MOST if caller.verified else IDS_MOST])
    slot = site.limits.admit(caller, Kind.BY_IDS)
    if isinstance(slot, Refused):
        return JSONResponse(slot.body, 429, API_HEADERS)
    options = Query(request).options(as_json=as_json)
    texts = (site.accounts.written(game, options) for game in games)
    sending = Sending(texts, pace_for(site.settings, caller, Kind.BY_IDS), site.counts, slot)
    headers = {"Content-Type": NDJSON if as_json else PGN, "X-Accel-Buffering": "no"}
    return GameStream(sending, API_HEADERS | headers | scope_headers(token))


def export(site: Site, request: Request, found: Account, token: Token | None) -> Response:
    """Stream a user's games, unless too many streams are under way."""
    try:
        games, as_json = asked_for(site, request, found)
    except InvalidFilter as error:
        return failed(400, str(error))
    caller = site.caller(request, token, found.name)
    slot = site.limits.admit(caller, Kind.BY_USER)
    if isinstance(slot, Refused):
        return JSONResponse(slot.body, 429, API_HEADERS)
    pace, struck = pace_for(site.settings, caller, Kind.BY_USER), site.troubles.of_connection(found.name)
    headers, patience_s = export_headers(found, as_json=as_json) | scope_headers(token), site.settings.reader_patience_s
    return GameStream(Sending(games, pace, site.counts, slot, struck, patience_s), headers)


def asked_for(site: Site, request: Request, found: Account) -> tuple[Iterator[bytes], bool]:
    """Return the text of the games asked for, and whether it is JSON.

    Faults in contents are for plain exports; a replayed file is always PGN and knows no filters.

    Raises:
        InvalidFilter: a filter that Lichess refuses.
    """
    query = Query(request)
    filters = query.filters(found.name, site.accounts.exists)
    as_json = wants_json(request) and isinstance(found, Synthetic)
    options, window = query.options(as_json=as_json), query.window()
    if not query.finished():
        return iter(()), as_json
    if isinstance(found, Synthetic) and filters != Filters():
        return found.written(found.selected(window, filters), options), as_json
    account: Account | Troubled = site.troubles.account(found)
    return account.rendered(account.numbers(window), options), as_json


def known(site: Site, ids: list[str]) -> list[Game]:
    """Return the games of these ids, newest first; ids nobody knows are left out."""
    wanted = dict.fromkeys(name.strip()[:GAME_ID] for name in ids)
    games = (site.accounts.game(name) for name in wanted)
    return sorted((game for game in games if game is not None), key=lambda game: -game.created_at_ms)


def one(site: Site, request: Request, game: Game, headers: dict[str, str]) -> Response:
    """Answer with a single game, shown with everything unless told otherwise."""
    as_json = wants_json(request)
    text = site.accounts.written(game, Query(request).options(as_json=as_json, extended=True))
    return Response(text.rstrip(b"\n") if as_json else text, headers=headers | single_headers(game, as_json=as_json))


def single_headers(game: Game, *, as_json: bool) -> dict[str, str]:
    """Name the file of a single game."""
    date = datetime.fromtimestamp(game.created_at_ms / 1000, UTC)
    players = "_vs_".join("_".join(name.replace(",", " ").split()) for name in (game.white, game.black))
    name = f"lichess_pgn_{date:%Y.%m.%d}_{players}.{game.id}.{'json' if as_json else 'pgn'}"
    plain = name.encode("ascii", "ignore").decode()
    return {
        "Content-Type": JSON if as_json else PGN,
        "Content-Disposition": f"attachment; filename={plain}",
    }


def export_headers(account: Account, *, as_json: bool) -> dict[str, str]:
    """Name the file as Lichess does: without quotes around it, and the content type without a charset."""
    filename = f"lichess_{account.name}_{datetime.now(UTC):%Y-%m-%d}.{'json' if as_json else 'pgn'}"
    return API_HEADERS | {
        "Content-Type": NDJSON if as_json else PGN,
        "Content-Disposition": f"attachment; filename={filename}",
        "X-Accel-Buffering": "no",
    }
