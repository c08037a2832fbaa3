"""The routes about users: public data, the token's owner, and the making of tokens; nothing here waits."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME, Accounts, Synthetic
from fake_lichess.answers import API_HEADERS, failed
from fake_lichess.limits import Counts
from fake_lichess.tokens import Token, Tokens, secret_of
from fake_lichess.users import Summary, extended, public, summed_up

USERS_MOST = 300  # ids of one request that are looked at; the rest is dropped (Api.scala of lila)
# Going through an account takes time in proportion to its size, so what it comes to is kept for some: a choice.
SUMMARIES_MOST = 1000
# GET /api/account: so many requests in so long by one user (Account.scala of lila).
ACCOUNT_REQUESTS, ACCOUNT_WINDOW_S = 30, 300.0
POLLED = "Please don't poll this endpoint. Stream https://lichess.org/api#tag/Board/operation/apiStreamEvent instead."


class NewToken(BaseModel):
    """Whose a token is and what it allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    user: Annotated[str, Field(pattern=f"^{USERNAME.pattern}$")]
    scopes: tuple[str, ...] = ()
    verified: bool = False


class Polls:
    """How often each user asked about himself lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked_s: dict[str, list[float]] = {}

    def allows(self, user: str) -> bool:
        """Count one more request; False when there were too many."""
        now_s = self._clock()
        recent = [asked_s for asked_s in self._asked_s.get(user, []) if now_s - asked_s < ACCOUNT_WINDOW_S]
        allowed = len(recent) < ACCOUNT_REQUESTS
        self._asked_s[user] = [*recent, now_s] if allowed else recent
        return allowed


class Summaries:
    """What accounts come to, worked out when first asked for."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._of_size = lru_cache(SUMMARIES_MOST)(self._sum_up)

    def of(self, name: str) -> tuple[str, Summary] | None:
        """Return a user's name as he spells it and what his games come to; None when there is no such user."""
        account = self._accounts.find(name)
        if account is None:
            return None
        return account.name, self._of_size(account.name, account.size)

    def _sum_up(self, name: str, _size: int) -> Summary:
        account = self._accounts.find(name)
        return summed_up(name, account.games() if isinstance(account, Synthetic) else ())


def user_routes(accounts: Accounts, tokens: Tokens, counts: Counts, clock: Callable[[], float]) -> APIRouter:
    """Build the routes."""
    routes, summaries, polls = APIRouter(), Summaries(accounts), Polls(clock)
    routes.include_router(token_routes(tokens))

    @routes.get("/api/user/{username}")
    def one(username: str) -> Response:
        """Say what is public about a user."""
        counts.requests += 1
        found = summaries.of(username)
        return failed(404, "Not found") if found is None else JSONResponse(extended(*found), headers=API_HEADERS)

    @routes.post("/api/users")
    async def several(request: Request) -> Response:
        """Say what is public about some users, in the order asked for."""
        counts.requests += 1
        names = (await request.body()).decode(errors="replace").split(",")[:USERS_MOST]
        found = [await run_in_threadpool(summaries.of, name.strip()) for name in names]
        return JSONResponse([public(*user) for user in found if user is not None], headers=API_HEADERS)

    @routes.get("/api/account")
    def account(request: Request) -> Response:
        """Say who the token's owner is."""
        counts.requests += 1
        secret = secret_of(request.headers.get("Authorization"))
        token = None if secret is None else tokens.find(secret)
        if token is None:
            return failed(401, "Missing authorization header" if secret is None else "No such token")
        found = summaries.of(token.user_id)
        if found is None:
            return failed(401, "No such token")
        if not polls.allows(token.user_id):
            return failed(429, POLLED)
        scopes = {"X-OAuth-Scopes": ", ".join(sorted(token.scopes)), "X-Accepted-OAuth-Scopes": ""}
        followed = {"followable": False, "following": False, "blocking": False}
        return JSONResponse(extended(*found) | followed, headers=API_HEADERS | scopes)

    return routes


def token_routes(tokens: Tokens) -> APIRouter:
    """Build the harness's route that makes tokens."""
    routes = APIRouter(prefix="/_control")

    @routes.put("/tokens/{secret}")
    def grant(secret: Annotated[str, Path(pattern="^[a-zA-Z0-9_]+$")], wanted: NewToken) -> dict[str, object]:
        """Make a token valid."""
        tokens.grant(secret, Token(wanted.user.lower(), frozenset(wanted.scopes), wanted.verified))
        return {"token": secret, **wanted.model_dump(mode="json")}

    return routes
