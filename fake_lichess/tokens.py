"""Access tokens: whose they are and what they allow; kept in memory, made by the harness and never expiring."""

import re
from dataclasses import dataclass

BEARER = "Bearer "
# A User-Agent may say whom it acts for, and must not lie about it (OAuthServer.scala of lila).
ACTS_FOR = re.compile(r"(?:user|as):\s?([\w-]{3,31})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """What the holder of one token may do."""

    user_id: str  # the owner's name in lower case
    scopes: frozenset[str] = frozenset()  # as on Lichess, for example "email:read"; exports need none
    verified: bool = False  # some limits are wider for verified accounts

    def allows(self, accepted: tuple[str, ...]) -> bool:
        """Say whether the token has one of these scopes; no scope at all means that every token will do."""
        return not accepted or not self.scopes.isdisjoint(accepted)


class Tokens:
    """All tokens of one server, by their secret text."""

    def __init__(self) -> None:
        self._granted: dict[str, Token] = {}

    def grant(self, secret: str, token: Token) -> None:
        """Make a token valid, or change what it allows."""
        self._granted[secret] = token

    def find(self, secret: str) -> Token | None:
        """Return the token of this text; None when there is no such token."""
        return self._granted.get(secret)


def secret_of(authorization: str | None) -> str | None:
    """Return the token text of an Authorization header; None when there is no header, or one of another kind."""
    if authorization is None or not authorization.startswith(BEARER):
        return None
    return authorization[len(BEARER) :]


def acts_for_another(user_agent: str, token: Token) -> bool:
    """Say whether a User-Agent names somebody else than the token's owner."""
    named = ACTS_FOR.search(user_agent)
    return named is not None and named[1].lower() != token.user_id
