"""The routes that export what only the token's owner has: the games he imported, and those he bookmarked."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from fastapi import APIRouter, Request
from fastapi.responses import Response

from fake_lichess.accounts import Synthetic
from fake_lichess.answers import failed, headers_for, login_required, wants_json
from fake_lichess.exports import Export, seen_by, stream_headers, texts_of
from fake_lichess.games import Game
from fake_lichess.imports import exported, is_import
from fake_lichess.limits import Kind
from fake_lichess.query import Query
from fake_lichess.selection import combed, moved_ms
from fake_lichess.site import Site, scope_headers
from fake_lichess.tokens import Token

# Files flow at this pace, bookmarked games at the other (GameApiV2.scala and Game.scala of lila).
IMPORTS_GAMES_PER_S, BOOKMARKS_GAMES_PER_S = 20.0, 30.0
BOOKMARKS_MOST = 5000  # unless more are asked for (GameApiV2.scala)


def own_routes(site: Site) -> APIRouter:
    """Build the routes."""
    routes = APIRouter(prefix="/api/games/export")

    @routes.get("/imports")
    async def imports(request: Request) -> Response:
        """Export the games that the token's owner imported: their files, or on request what Lichess knows of them."""
        site.counts.requests += 1
        token = site.token(request)
        if isinstance(token, Response):
            return token
        return login_required(request, "/signup") if token is None else imported(site, request, token)

    @routes.get("/bookmarks")
    async def bookmarks(request: Request) -> Response:
        """Export the games that the token's owner bookmarked."""
        site.counts.requests += 1
        token = site.token(request)
        if isinstance(token, Response):
            return token
        if token is None:
            return failed(401, "Missing authorization header", headers_for(request) | scope_headers(Token("")))
        return bookmarked(site, request, token)

    return routes


def imported(site: Site, request: Request, token: Token) -> Response:
    """Stream imported games, newest first."""
    account, query = site.accounts.find(token.user_id), Query(request)
    found = account.games(range(account.size)) if isinstance(account, Synthetic) else iter(())
    games = combed(found, is_import)
    annotated = query.flag("annotated", default=False)
    options = query.options(as_json=False, extended=annotated)
    options = replace(options, literate=query.flag("literate", default=annotated))
    texts = texts_of(site, games, options) if annotated else map(exported, games)
    name = token.user_id if account is None else account.name
    export = Export(site, request, token, Kind.BY_USER, name)
    return export.stream(texts, stream_headers(name, "imported.pgn", as_json=False), IMPORTS_GAMES_PER_S)


def bookmarked(site: Site, request: Request, token: Token) -> Response:
    """Stream bookmarked games by when they were bookmarked, which here is when they ended."""
    query, as_json = Query(request), wants_json(request)
    account = site.accounts.find(token.user_id)
    name = token.user_id if account is None else account.name
    texts = texts_of(site, _chosen(site, query, token), query.options(as_json=as_json))
    headers = stream_headers(name, f"bookmarks.{'json' if as_json else 'pgn'}", as_json=as_json)
    export = Export(site, request, token, Kind.BY_USER, name)
    return export.stream(seen_by(site, token, query, texts, as_json=as_json), headers, BOOKMARKS_GAMES_PER_S)


def _chosen(site: Site, query: Query, token: Token) -> Iterator[Game]:
    window = query.window()
    games = [game for name in site.accounts.standing(token.user_id).bookmarks if (game := site.accounts.game(name))]
    inside = [
        game
        for game in games
        if (window.since_ms is None or moved_ms(game) >= window.since_ms)
        and (window.until_ms is None or moved_ms(game) < window.until_ms)
    ]
    ordered = sorted(inside, key=moved_ms, reverse=not window.oldest_first)
    return islice(ordered, window.most or BOOKMARKS_MOST)
