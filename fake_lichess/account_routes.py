"""The routes about the token's owner, some of which demand a scope, and the making of tokens; nothing here waits."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME
from fake_lichess.answers import API_HEADERS, failed, limited
from fake_lichess.site import Site, scope_headers
from fake_lichess.tokens import Token, Tokens
from fake_lichess.user_routes import FOLLOWED, Summaries

POLLED = "Please don't poll this endpoint. Stream https://lichess.org/api#tag/Board/operation/apiStreamEvent instead."
# Scopes that the routes ask for (Account.scala and Pref.scala of lila; of several, one will do).
EMAIL, KID, PREFERENCES = ("email:read",), ("preference:read",), ("preference:read", "web:mobile")
TESTED_MOST = 1000  # tokens of one request that are looked at (the API description)
# What every user here prefers: the keys and order of the example in the API description, its values the defaults.
PREFERENCE = {
    "dark": True, "transp": False, "bgImg": "https://lichess1.org/assets/lifat/background/gallery/bg10.webp",
    "is3d": False, "theme": "brown", "pieceSet": "cburnett", "theme3d": "Woodi", "pieceSet3d": "Basic",
    "soundSet": "standard", "autoQueen": 2, "autoThreefold": 3, "takeback": 3, "moretime": 3, "clockTenths": 1,
    "clockBar": True, "clockSound": True, "premove": True, "animation": 2, "pieceNotation": 0, "captured": True,
    "follow": True, "highlight": True, "destination": True, "coords": 1, "replay": 2, "challenge": 4, "message": 3,
    "submitMove": 0, "confirmResign": 1, "insightShare": 1, "keyboardMove": 0, "voiceMove": False, "zen": 0,
    "ratings": 1, "moveEvent": 2, "rookCastle": 1, "flairs": True, "sayGG": 0,
}  # fmt: skip


class NewToken(BaseModel):
    """Whose a token is and what it allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    user: Annotated[str, Field(pattern=f"^{USERNAME.pattern}$")]
    scopes: tuple[str, ...] = ()
    verified: bool = False


def account_routes(site: Site, summaries: Summaries) -> APIRouter:
    """Build the routes."""
    routes = APIRouter()
    routes.include_router(token_routes(site.tokens))

    @routes.get("/api/account")
    def account(request: Request) -> Response:
        """Say who the token's owner is."""
        token = owner(site, request)
        if isinstance(token, Response):
            return token
        if not site.lookups.allow_oneself(token.user_id):
            site.counts.too_many_requests += 1
            return limited(request, POLLED)
        found = summaries.extended(token.user_id) or {}
        return JSONResponse(found | FOLLOWED, headers=API_HEADERS | scope_headers(token))

    @routes.get("/api/account/email")
    def email(request: Request) -> Response:
        """Say where the token's owner gets his mail."""
        return told(site, request, EMAIL, lambda token: {"email": f"{token.user_id}@example.org"})

    @routes.get("/api/account/kid")
    def kid(request: Request) -> Response:
        """Say that the token's owner is no child."""
        return told(site, request, KID, lambda _token: {"kid": False})

    @routes.get("/api/account/preferences")
    def preferences(request: Request) -> Response:
        """Say how the token's owner likes Lichess."""
        return told(site, request, PREFERENCES, lambda _token: {"prefs": PREFERENCE, "language": "en-US"})

    @routes.post("/api/token/test")
    async def known_tokens(request: Request) -> Response:
        """Say whose these tokens are and what they allow; whoever knows them may ask."""
        site.counts.requests += 1
        secrets = (await request.body()).decode(errors="replace").strip().split(",")[:TESTED_MOST]
        return JSONResponse({secret: tested(site.tokens.find(secret)) for secret in secrets}, headers=API_HEADERS)

    return routes


def tested(token: Token | None) -> dict[str, object] | None:
    """Say what a token is, as the API description has it; None when it is none. Tokens here never expire."""
    if token is None:
        return None
    return {"userId": token.user_id, "scopes": ",".join(sorted(token.scopes)), "expires": None}


def told(
    site: Site, request: Request, accepted: tuple[str, ...], body: Callable[[Token], dict[str, object]]
) -> Response:
    """Tell something about the owner to a token that has one of these scopes."""
    token = owner(site, request, *accepted)
    if isinstance(token, Response):
        return token
    return JSONResponse(body(token), headers=API_HEADERS | scope_headers(token, *accepted))


def owner(site: Site, request: Request, *accepted: str) -> Token | Response:
    """Return the token that a route demands, or say what is wrong with it or that there is none."""
    site.counts.requests += 1
    token = site.token(request, *accepted)
    if token is None:
        return failed(401, "Missing authorization header", API_HEADERS | scope_headers(Token(""), *accepted))
    return token


def token_routes(tokens: Tokens) -> APIRouter:
    """Build the harness's route that makes tokens."""
    routes = APIRouter(prefix="/_control")

    @routes.put("/tokens/{secret}")
    def grant(secret: Annotated[str, Path(pattern="^[a-zA-Z0-9_]+$")], wanted: NewToken) -> dict[str, object]:
        """Make a token valid."""
        tokens.grant(secret, Token(wanted.user.lower(), frozenset(wanted.scopes), wanted.verified))
        return {"token": secret, **wanted.model_dump(mode="json")}

    return routes
