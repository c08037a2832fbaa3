"""The routes about users: public data, one or many; nothing here waits."""

from functools import lru_cache

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from fake_lichess.accounts import INVALID_NAME, USERNAME, Account, Accounts, Synthetic
from fake_lichess.answers import API_HEADERS, failed, limited, no_route
from fake_lichess.query import Query
from fake_lichess.site import Site, scope_headers
from fake_lichess.users import Summary, disabled, extended, public, summed_up

USERS_MOST = 300  # ids of one request that are looked at; the rest is dropped (Api.scala of lila)
# Going through an account takes time in proportion to its size, so what it comes to is kept for some: a choice.
SUMMARIES_MOST = 1000
FOLLOWED = {"followable": False, "following": False, "blocking": False}


class Summaries:
    """What accounts come to, worked out when first asked for."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._of_size = lru_cache(SUMMARIES_MOST)(self._sum_up)

    def public(self, name: str) -> dict[str, object] | None:
        """Return a user as in lists of users; None when there is no such user."""
        account = self._accounts.find(name)
        if account is None:
            return None
        if self._accounts.standing(name).closed:
            return disabled(account.name)
        return public(account.name, self._of(account))

    def extended(self, name: str) -> dict[str, object] | None:
        """Return a user as on his own page; None when there is no such user."""
        account, standing = self._accounts.find(name), self._accounts.standing(name)
        if account is None:
            return None
        if standing.closed:
            return disabled(account.name)
        return extended(account.name, self._of(account), self._accounts.playing(account), len(standing.bookmarks))

    def _of(self, account: Account) -> Summary:
        return self._of_size(account.name, account.size)

    def _sum_up(self, name: str, size: int) -> Summary:
        account = self._accounts.find(name)
        return summed_up(name, account.games(range(size)) if isinstance(account, Synthetic) else ())


def user_routes(site: Site, summaries: Summaries) -> APIRouter:
    """Build the routes."""
    routes = APIRouter()

    @routes.get("/api/user/{username}")
    def one(username: str, request: Request) -> Response:
        """Say what is public about a user."""
        site.counts.requests += 1
        return user(site, summaries, request, username)

    @routes.post("/api/users")
    async def several(request: Request) -> Response:
        """Say what is public about some users, in the order asked for."""
        site.counts.requests += 1
        token = site.token(request)
        if isinstance(token, Response):
            return token
        text = (await request.body()).decode(errors="replace").replace("\n", "")
        names = [name for name in text.split(",")[:USERS_MOST] if USERNAME.fullmatch(name)]
        verified = token is not None and token.verified
        if not site.lookups.allow_several(site.address(request), len(names), verified=verified):
            site.counts.too_many_requests += 1
            return limited(request)
        found = [await run_in_threadpool(summaries.public, name) for name in names]
        users = [user for user in found if user is not None]
        return JSONResponse(users, headers=API_HEADERS | scope_headers(token))

    return routes


def user(site: Site, summaries: Summaries, request: Request, username: str) -> Response:
    """Answer with one user, as far as the caller may look up any more today."""
    if not USERNAME.fullmatch(username):
        return no_route(request, 400, INVALID_NAME)
    token = site.token(request)
    if isinstance(token, Response):
        return token
    verified = token is not None and token.verified
    if not site.lookups.allow_one(site.address(request), with_token=token is not None, verified=verified):
        site.counts.too_many_requests += 1
        return limited(request)
    found = summaries.extended(username)
    if found is None:
        return failed(404, "Not found", API_HEADERS | scope_headers(token))
    if Query(request).flag("trophies", default=False) and "disabled" not in found:
        found["trophies"] = []
    if token is not None and "disabled" not in found:
        found |= FOLLOWED
    return JSONResponse(found, headers=API_HEADERS | scope_headers(token))
