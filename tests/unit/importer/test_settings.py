"""The environment: what is read, what is refused, and in which words."""

import pytest

from importer.errors import SettingsError
from importer.settings import Settings


def test_defaults_are_the_published_recommendation() -> None:
    """With an empty environment the six knobs have the values that this project examines."""
    assert Settings.from_env({}).as_environment() == {
        "DATABASE_PATH": "games.sqlite3",
        "LICHESS_BASE_URL": "https://lichess.org",
        "CHESSCOM_BASE_URL": "https://api.chess.com",
        "UPSTREAM_CONTACT": "",
        "MAX_CONCURRENT_IMPORTS": "3",
        "IMPORT_BATCH_SIZE": "50",
        "EXISTING_GAMES_STRATEGY": "lookup",
        "EXISTING_GAMES_PAGE_SIZE": "2000",
        "GC_EVERY_GAMES": "200",
        "HTTP_POOL_LIMIT": "15",
        "HTTP_POOL_LIMIT_PER_HOST": "3",
        "UPSTREAM_RECEIVE_BUFFER_BYTES": "65536",
        "PGN_READER": "chess",
        "UPSTREAM_MAX_STREAMS": "1",
        "UPSTREAM_STALL_S": "60",
        "UPSTREAM_BUSY_WAIT_S": "60",
        "MAX_QUEUED_IMPORTS": "1000",
        "API_TOKEN": "",
    }


def test_the_environment_sets_what_it_names() -> None:
    """Each variable sets its own setting and nothing else; foreign variables are nobody's business."""
    settings = Settings.from_env({"GC_EVERY_GAMES": "0", "LICHESS_BASE_URL": "http://127.0.0.1:9/", "HOME": "/root"})
    assert settings == Settings(gc_every_games=0, lichess_base_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("MAX_CONCURRENT_IMPORTS", "0", "a whole number from 1 to 10000"),
        ("PGN_READER", "rust", '"chess" or "fast"'),
        ("UPSTREAM_RECEIVE_BUFFER_BYTES", "4095", "a whole number from 4096 to 16777216"),
        ("MAX_CONCURRENT_IMPORTS", "three", "a whole number from 1 to 10000"),
        ("IMPORT_BATCH_SIZE", "-5", "a whole number from 1 to 100000"),
        ("EXISTING_GAMES_STRATEGY", "set", '"pages" or "lookup"'),
        ("EXISTING_GAMES_PAGE_SIZE", "", "a whole number from 1 to 1000000"),
        ("GC_EVERY_GAMES", "-1", "a whole number from 0 to 1000000"),
        ("HTTP_POOL_LIMIT", "1e3", "a whole number from 1 to 10000"),
        ("HTTP_POOL_LIMIT_PER_HOST", "10001", "a whole number from 1 to 10000"),
        ("UPSTREAM_MAX_STREAMS", "0", "a whole number from 1 to 10000"),
        ("UPSTREAM_STALL_S", "0", "a number from 0.01 to 3600"),
        ("UPSTREAM_BUSY_WAIT_S", "nan", "a number from 0.01 to 3600"),
        ("LICHESS_BASE_URL", "lichess.org", "an http:// or https:// address without a user name"),
        ("LICHESS_BASE_URL", "http://lichess.org:99999", "an http:// or https:// address without a user name"),
        ("LICHESS_BASE_URL", "http://:80", "an http:// or https:// address without a user name"),
        ("CHESSCOM_BASE_URL", "api.chess.com", "an http:// or https:// address without a user name"),
        ("UPSTREAM_CONTACT", "me", "an e-mail address or an http(s):// address, or nothing"),
        ("UPSTREAM_CONTACT", "me (at) example.org", "an e-mail address or an http(s):// address, or nothing"),
        ("UPSTREAM_CONTACT", "me@example.org)", "an e-mail address or an http(s):// address, or nothing"),
        ("UPSTREAM_CONTACT", "me@example.org\r\nX: y", "an e-mail address or an http(s):// address, or nothing"),
        ("UPSTREAM_CONTACT", "mé@example.org", "an e-mail address or an http(s):// address, or nothing"),
        ("UPSTREAM_CONTACT", f"https://{'x' * 200}", "an e-mail address or an http(s):// address, or nothing"),
        ("DATABASE_PATH", "", "the path of a file"),
    ],
)
def test_nonsense_is_refused_by_name(variable: str, value: str, allowed: str) -> None:
    """A value that cannot be used is refused with the variable, the value and what is allowed."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({variable: value})
    assert str(refused.value).startswith(f"{variable} is {value!r}, but must be {allowed}.")


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    """What stands before the host would be shown with the settings and with every trouble of the upstream."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"LICHESS_BASE_URL": "https://me:abcd@lichess.org"})
    assert str(refused.value).startswith("LICHESS_BASE_URL is 'https://(not shown)@lichess.org', but must be")


@pytest.mark.parametrize("contact", ["me@example.org", "https://example.org/~me?about=imports", ""])
def test_a_contact_is_an_address(contact: str) -> None:
    """An e-mail address, a web site, or nothing."""
    assert Settings.from_env({"UPSTREAM_CONTACT": contact}).upstream_contact == contact


def test_settings_that_fit_together_raise_no_warning() -> None:
    """The defaults promise nothing that they cannot keep."""
    assert Settings().warnings() == ()


def test_imports_beyond_the_streams_of_a_host_are_pointed_out() -> None:
    """More imports than streams would silently wait while they show as running, so it is said."""
    (warning,) = Settings(max_concurrent_imports=4).warnings()
    assert warning.startswith("MAX_CONCURRENT_IMPORTS is 4 but HTTP_POOL_LIMIT_PER_HOST is 3")


def test_streams_beyond_the_pool_are_pointed_out() -> None:
    """A host cannot have more connections than there are in all."""
    (warning,) = Settings(http_pool_limit=2).warnings()
    assert warning.startswith("HTTP_POOL_LIMIT_PER_HOST is 3 but HTTP_POOL_LIMIT is 2")


@pytest.mark.parametrize("value", ["short", "fifteen-letters", "sixteen letters!", "x" * 513, "0123456789abcde\n"])
def test_a_token_that_cannot_serve_is_refused_and_not_shown(value: str) -> None:
    """A token that is too short to be safe, or that no header can hold, is refused without repeating it."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"API_TOKEN": value})
    assert "API_TOKEN is '(not shown)', but must be 16 to 512 letters" in str(refused.value)
    assert value not in str(refused.value)


def test_a_token_is_never_reported() -> None:
    """The effective settings say that there is a token, and not which."""
    settings = Settings.from_env({"API_TOKEN": "a-token-of-some-length"})
    assert settings.as_environment()["API_TOKEN"] == "*" * 10
    assert "some-length" not in repr(settings)


def test_streams_beyond_what_there_is_are_pointed_out() -> None:
    """More streams than connections cannot be, and more than Lichess grants end in refusals; other hosts differ."""
    lichess, elsewhere = (
        Settings(upstream_max_streams=4, lichess_base_url=url).warnings()
        for url in ("https://lichess.org", "http://127.0.0.1:9")
    )
    assert elsewhere == lichess[:1]
    assert lichess[0].startswith("UPSTREAM_MAX_STREAMS is 4 but HTTP_POOL_LIMIT_PER_HOST is 3")
    assert lichess[1].startswith("UPSTREAM_MAX_STREAMS is 4 but Lichess answers more than 2 streams")
