"""Tokens: found by their text alone, and read from the header as Lichess reads them."""

import pytest

from fake_lichess.tokens import Token, Tokens, secret_of


def test_a_granted_token_is_found_and_others_are_not() -> None:
    """Only the exact text opens the door, and granting again changes what it allows."""
    tokens = Tokens()
    tokens.grant("lip_a", Token("anna"))
    tokens.grant("lip_a", Token("anna", frozenset({"email:read"}), verified=True))
    assert tokens.find("lip_a") == Token("anna", frozenset({"email:read"}), verified=True)
    assert tokens.find("LIP_A") is None


@pytest.mark.parametrize(
    ("header", "secret"),
    [("Bearer lip_a", "lip_a"), ("Bearer  lip_a ", "lip_a"), ("Basic x", None), ("Bearer ", None), (None, None)],
)
def test_only_bearer_headers_carry_a_token(header: str | None, secret: str | None) -> None:
    """Other kinds of authorization count as none."""
    assert secret_of(header) == secret
