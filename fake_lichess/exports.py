"""Builds what exports answer: which games, in which form, for whom, at which pace, under which name; never waits."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from fake_lichess.accounts import Account, Synthetic
from fake_lichess.answers import CORS_HEADERS, NDJSON, PGN, SERVER_HEADERS, failed, headers_for, wants_json
from fake_lichess.games import Game, Window
from fake_lichess.imports import file_text, is_import
from fake_lichess.limits import Kind, Refused, pace_for
from fake_lichess.pacing import Pace
from fake_lichess.personal import personally
from fake_lichess.pgn import Options
from fake_lichess.query import InvalidFilter, Query
from fake_lichess.selection import Filters, first, matching
from fake_lichess.site import Site, scope_headers
from fake_lichess.stream import GameStream, Sending
from fake_lichess.tokens import Token
from fake_lichess.troubles import MadeUp

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Export:
    """One stream of games that was asked for."""

    site: Site
    request: Request
    token: Token | None
    kind: Kind
    owner: str | None = None  # whose games they are, where a limit depends on it

    def stream(self, games: Iterator[bytes], headers: dict[str, str], games_per_s: float | None = None) -> Response:
        """Stream these games, unless too many streams are under way."""
        site, caller = self.site, self.site.caller(self.request, self.token, self.owner)
        slot = site.limits.admit(caller, self.kind)
        if isinstance(slot, Refused):
            return failed(429, slot.body["error"], headers_for(self.request) | scope_headers(self.token))
        pace = pace_for(site.settings, caller, self.kind)
        if pace is not None and games_per_s is not None:
            pace = Pace.scaled(games_per_s, site.settings.speed_ratio)
        by_user = self.kind is Kind.BY_USER and games_per_s is None and self.owner is not None
        struck = site.troubles.of_connection(self.owner) if by_user and self.owner else ()
        sending = Sending(games, pace, site.counts, slot, struck, site.settings.reader_patience_s)
        return GameStream(sending, headers_for(self.request) | headers | scope_headers(self.token))


def user_export(site: Site, request: Request, found: Account, token: Token | None) -> Response:
    """Stream a user's games."""
    try:
        games, as_json = asked_for(site, request, found, token)
    except InvalidFilter as error:
        return failed(400, str(error), headers_for(request) | scope_headers(token))
    export = Export(site, request, token, Kind.BY_USER, found.name)
    return export.stream(games, stream_headers(found.name, "json" if as_json else "pgn", as_json=as_json))


def asked_for(site: Site, request: Request, found: Account, token: Token | None) -> tuple[Iterator[bytes], bool]:
    """Return the text of the games asked for, and whether it is JSON; a replayed file is always PGN, without filters.

    Raises:
        InvalidFilter: a filter that Lichess refuses.
    """
    query = Query(request)
    filters = query.filters(None if token is None else token.user_id, site.accounts.exists)
    as_json = wants_json(request) and isinstance(found, Synthetic)
    options, window = query.options(as_json=as_json), query.window()
    if not isinstance(found, Synthetic):
        account = site.troubles.account(found)
        return account.rendered(account.numbers(window), options) if query.finished() else iter(()), as_json
    now = site.accounts.playing(found) if query.ongoing() else ()
    games = chosen(site.troubles.made_up(found), now, query, filters, options)
    return seen_by(site, token, query, games, as_json=as_json), as_json


def chosen(
    account: MadeUp, playing: Sequence[Game], query: Query, filters: Filters, options: Options
) -> Iterator[bytes]:
    """Yield finished games and those in progress; the search engine knows no games in progress, whatever is asked.

    Where games are looked for, a text that is empty now and then says that nothing was found yet.
    """
    window = query.window()
    if filters.searched:
        return history(account, window, filters, options)
    now = list(matching(playing, window, filters, account.name))
    if not query.finished():
        return account.written((now[::-1] if window.oldest_first else now)[: window.most], options)
    if not now:
        return history(account, window, filters, options)
    if window.oldest_first:
        past = history(account, window, filters, options)
        return first(chain(past, account.written(now[::-1], options)), window.most)
    now = now[: window.most]
    rest = window._replace(most=None if window.most is None else window.most - len(now))
    return chain(account.written(now, options), history(account, rest, filters, options))


def history(account: MadeUp, window: Window, filters: Filters, options: Options) -> Iterator[bytes]:
    """Yield finished games."""
    if filters == Filters():
        return account.rendered(account.numbers(window), options)
    return account.written(account.selected(window, filters), options)


def seen_by(site: Site, token: Token | None, query: Query, games: Iterator[bytes], *, as_json: bool) -> Iterator[bytes]:
    """Add to games in JSON what only the token's owner is told."""
    if token is None or not as_json:
        return games
    bookmarks = site.accounts.standing(token.user_id).bookmarks if query.flag("withBookmarked", default=False) else ()
    return personally(games, token.user_id, frozenset(bookmarks))


def texts_of(site: Site, games: Iterable[Game | None], options: Options) -> Iterator[bytes]:
    """Yield games of whomever, damaged and repeated as in their owner's exports; empty where there is none yet."""
    for game in games:
        owner = None if game is None else site.accounts.owner_of(game.id)
        if owner is None:
            yield b""
        else:
            yield from site.troubles.made_up(owner).written((game,), options)


def one(site: Site, request: Request, game: Game) -> Response:
    """Answer with a single game, shown with everything unless told otherwise; an imported one as its file had it."""
    query, as_json = Query(request), wants_json(request)
    headers = SERVER_HEADERS | CORS_HEADERS | single_headers(game, as_json=as_json)
    if query.flag("imported", default=False) and is_import(game):
        return Response(file_text(game), headers=headers)
    options, owner = query.options(as_json=as_json, extended=True), site.accounts.owner_of(game.id)
    text = b"" if owner is None else site.troubles.made_up(owner).text_of(game, options)
    return Response(text.rstrip(b"\n") if as_json else text, headers=headers)


def phases(site: Site, game: Game) -> Response:
    """Answer with where the middlegame and the endgame of a game begin, and nothing else."""
    owner = site.accounts.owner_of(game.id)
    text = b"{}" if owner is None else owner.text_of(game, Options(moves=False, as_json=True, division=True))
    return JSONResponse(json.loads(text).get("division", {}), headers=SERVER_HEADERS)


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


def stream_headers(name: str, ending: str, *, as_json: bool) -> dict[str, str]:
    """Name the file as Lichess does: without quotes around it, and the content type without a charset."""
    return {
        "Content-Type": NDJSON if as_json else PGN,
        "Content-Disposition": f"attachment; filename=lichess_{name}_{datetime.now(UTC):%Y-%m-%d}.{ending}",
        "X-Accel-Buffering": "no",
    }
