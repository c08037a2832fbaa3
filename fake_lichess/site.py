"""What all routes of one server share, and who is asking; never waits."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from fake_lichess.accounts import Accounts
from fake_lichess.answers import failed, headers_for
from fake_lichess.limits import Caller, Counts, Limits, address_of
from fake_lichess.lookups import Lookups
from fake_lichess.settings import Settings
from fake_lichess.tokens import Token, Tokens, acts_for_another, secret_of
from fake_lichess.troubles import Troubles


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of one server."""

    settings: Settings
    accounts: Accounts
    tokens: Tokens
    counts: Counts
    limits: Limits
    troubles: Troubles
    lookups: Lookups

    def token(self, request: Request, *accepted: str) -> Token | Response | None:
        """Return the caller's token, None for callers without one, or what to answer to a wrong one.

        *accepted* are the scopes of which the token must have one.
        """
        secret = secret_of(request.headers.get("Authorization"))
        if secret is None:
            return None
        token = self.tokens.find(secret)
        wrong = self._what_is_wrong(request, token, accepted)
        if wrong is not None or token is None:
            available = token if token is not None and wrong is not None and wrong[0] == 403 else None  # noqa: PLR2004
            status, error = wrong or (401, "No such token")
            return failed(status, error, headers_for(request) | scope_headers(available or Token(""), *accepted))
        return token

    def _what_is_wrong(
        self, request: Request, token: Token | None, accepted: tuple[str, ...]
    ) -> tuple[int, str] | None:
        """Look at a token as OAuthServer.scala of lila does, and in its order."""
        if token is None:
            return 401, "No such token"
        if not token.allows(accepted):
            return 403, f"Missing scope: {' || '.join(accepted)}"
        if self.accounts.find(token.user_id) is None or self.accounts.standing(token.user_id).closed:
            return 401, "No such user"
        if acts_for_another(request.headers.get("User-Agent", ""), token):
            return 401, "The user in the user-agent doesn't match the token bearer"
        return None

    def address(self, request: Request) -> str:
        """Return where a request comes from, as far as the limits care."""
        return address_of(request.client and request.client.host, request.headers, self.settings)

    def caller(self, request: Request, token: Token | None, owner: str | None = None) -> Caller:
        """Say who asks, and whether for games of his own."""
        address = self.address(request)
        if token is None:
            return Caller(address)
        return Caller(address, token.user_id, owner is not None and owner.lower() == token.user_id, token.verified)


def scope_headers(token: Token | None, *accepted: str) -> dict[str, str]:
    """Return the headers that come with answers to a token."""
    if token is None:
        return {}
    return {"X-OAuth-Scopes": ",".join(sorted(token.scopes)), "X-Accepted-OAuth-Scopes": ",".join(accepted)}
