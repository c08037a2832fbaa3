"""The routes that export games of anyone: a user's, some by id, a single one, the latest; nothing here waits."""

import re

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from fake_lichess.accounts import INVALID_NAME, USERNAME, Synthetic
from fake_lichess.answers import (
    API_HEADERS,
    NDJSON,
    PGN,
    failed,
    headers_for,
    login_required,
    no_route,
    not_found,
    wants_json,
)
from fake_lichess.exports import Export, one, phases, seen_by, texts_of, user_export
from fake_lichess.games import Game
from fake_lichess.limits import Kind, is_crawler
from fake_lichess.query import Query
from fake_lichess.site import Site, scope_headers

# Ids of one export that are looked at; what is more is dropped without a word (Game.scala of lila).
IDS_MOST, IDS_VERIFIED_MOST = 300, 600
GAME_ID = re.compile(r"\w{8}", re.ASCII)  # conf/routes of lila
ME = "me"  # the token's owner, wherever a user is named


def game_routes(site: Site) -> APIRouter:
    """Build the routes."""
    routes = APIRouter()

    @routes.get("/api/games/user/{username}")
    async def by_user(username: str, request: Request) -> Response:
        """Export a user's games."""
        site.counts.requests += 1
        return user_games(site, request, username)

    @routes.get("/games/export/{username}")
    async def by_user_formerly(username: str, request: Request) -> Response:
        """Export a user's games at the older address, which asks for a login."""
        site.counts.requests += 1
        token = site.token(request)
        return login_required(request, "/login") if token is None else user_games(site, request, username)

    @routes.post("/api/games/export/_ids")
    @routes.post("/games/export/_ids")
    async def by_ids(request: Request) -> Response:
        """Export the games of these ids, newest first."""
        site.counts.requests += 1
        return games_of_ids(site, request, (await request.body()).decode(errors="replace").split(","))

    @routes.get("/game/export/{name}")
    async def single(name: str, request: Request) -> Response:
        """Export one game; neither the User-Agent nor any limit matters."""
        site.counts.requests += 1
        game_id = name.removesuffix(".pgn")
        return single_game(site, request, game_id) if GAME_ID.fullmatch(game_id) else no_route(request)

    @routes.get("/api/user/{username}/current-game")
    async def current(username: str, request: Request) -> Response:
        """Export the game a user plays now, or else the latest; no token is looked at."""
        site.counts.requests += 1
        if not USERNAME.fullmatch(username):
            return no_route(request, 400, INVALID_NAME)
        game = current_game(site, username)
        return PlainTextResponse("No ongoing game", 404, API_HEADERS) if game is None else one(site, request, game)

    return routes


def user_games(site: Site, request: Request, username: str) -> Response:
    """Answer an export of a user's games: crawlers are told that there is no such user."""
    if not USERNAME.fullmatch(username):
        return no_route(request, 400, INVALID_NAME)
    token = site.token(request)
    if isinstance(token, Response):
        return token
    name = username if token is None or username.lower() != ME else token.user_id
    found = None if is_crawler(request.headers.get("User-Agent")) else site.accounts.find(name)
    if found is None or site.accounts.standing(found.name).closed:
        response = not_found(request)
        response.headers.update(scope_headers(token))
        return response
    return site.troubles.instead(found.name, API_HEADERS) or user_export(site, request, found, token)


def games_of_ids(site: Site, request: Request, ids: list[str]) -> Response:
    """Answer an export by ids; it shares its limit with exports by user."""
    token = site.token(request)
    if isinstance(token, Response):
        return token
    as_json, query = wants_json(request), Query(request)
    games = known(site, ids[: IDS_VERIFIED_MOST if token is not None and token.verified else IDS_MOST])
    texts = seen_by(site, token, query, texts_of(site, games, query.options(as_json=as_json)), as_json=as_json)
    headers = {"Content-Type": NDJSON if as_json else PGN, "X-Accel-Buffering": "no"}
    return Export(site, request, token, Kind.BY_IDS).stream(texts, headers)


def known(site: Site, ids: list[str]) -> list[Game]:
    """Return the games of these ids, newest first; ids nobody knows are left out."""
    games = (site.accounts.game(game_id) for game_id in dict.fromkeys(ids))
    return sorted((game for game in games if game is not None), key=lambda game: -game.created_at_ms)


def single_game(site: Site, request: Request, game_id: str) -> Response:
    """Answer with one game, or with its phases alone."""
    token = site.token(request)
    if isinstance(token, Response):
        return token
    game, phases_only = site.accounts.game(game_id), Query(request).flag("divisionOnly", default=False)
    if game is None:
        response = failed(404, "Not found", headers_for(request)) if phases_only else not_found(request)
    else:
        response = phases(site, game) if phases_only else one(site, request, game)
    response.headers.update(scope_headers(token))
    return response


def current_game(site: Site, username: str) -> Game | None:
    """Return the game a user plays now, or else his latest."""
    account = site.accounts.find(username)
    if not isinstance(account, Synthetic):
        return None
    playing = site.accounts.playing(account)
    return playing[0] if playing else next(account.games(range(min(1, account.size))), None)
