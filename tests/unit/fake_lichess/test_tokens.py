"""Tokens: found by their text alone, and read from the header as Lichess reads them."""

import pytest

from fake_lichess.tokens import Token, Tokens, acts_for_another, secret_of


def test_a_granted_token_is_found_and_others_are_not() -> None:
    """Only the exact text opens the door, and granting again changes what it allows."""
    tokens = Tokens()
    tokens.grant("lip_a", Token("anna"))
    tokens.grant("lip_a", Token("anna", frozenset({"email:read"}), verified=True))
    assert tokens.find("lip_a") == Token("anna", frozenset({"email:read"}), verified=True)
    assert tokens.find("LIP_A") is None


@pytest.mark.parametrize(
    ("header", "secret"),
    [("Bearer lip_a", "lip_a"), ("Bearer  lip_a ", " lip_a "), ("Basic x", None), ("Bearer ", ""), (None, None)],
)
def test_only_bearer_headers_carry_a_token(header: str | None, secret: str | None) -> None:
    """Other kinds of authorization count as none."""
    assert secret_of(header) == secret


@pytest.mark.parametrize(
    ("user_agent", "another"),
    [
        ("importer/1 (me@example.org)", False),
        ("importer/1 as: anna", False),
        ("importer/1 user:Anna", False),
        ("importer/1 user: bert", True),
        ("importer/1 as:an", False),
    ],
)
def test_a_user_agent_must_not_name_somebody_else(user_agent: str, *, another: bool) -> None:
    """Who says for whom he acts must come with that user's token."""
    assert acts_for_another(user_agent, Token("anna")) == another


def test_one_of_several_scopes_will_do() -> None:
    """No scope asked for lets every token pass, any of those asked for is enough."""
    token = Token("anna", frozenset({"email:read"}))
    assert token.allows(())
    assert token.allows(("preference:read", "email:read"))
    assert not token.allows(("preference:read",))
