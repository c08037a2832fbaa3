"""docs/fake-lichess.md says what the fake does."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fake_lichess.__main__ import make_accounts
from fake_lichess.app import make_app
from fake_lichess.faults import ANSWERS, TOLD, UNSTORABLE, FaultKind
from fake_lichess.settings import PROFILES, SLOT_MEMORY_S, Leaks, ProfileName, Settings
from fake_lichess.troubles import FaultsFile, Given
from tests.servers import running

TEXT = (Path(__file__).parents[2] / "docs" / "fake-lichess.md").read_text()
ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
IN_PATHS = {"username": "player1", "name": "player1", "year": "2026", "month": "06", "secret": "s", "address": "::1"}
BODIES = {
    "/_control/users/{name}": {"games": 3},
    "/_control/users/{name}/faults": {"faults": []},
    "/_control/tokens/{secret}": {"user": "player1", "scopes": ["email:read", "preference:read"]},
    "/_control/users/{name}/standing": {"playing": 1},
    "/_control/addresses/{address}/leaked": {"streams": 1},
}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Run a small server."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", "20"]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def routes() -> set[tuple[str, str]]:
    """List the routes that the program has."""
    settings = Settings(PROFILES[ProfileName.LICHESS])
    paths = make_app(settings, make_accounts(settings), {}).openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def section(title: str) -> str:
    """Return the text under a heading."""
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_fault_is_in_the_table_with_what_it_can_be_told() -> None:
    """The table's names and settings are those of the program, no more and no fewer."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]*) \|", section("Faults"), re.MULTILINE)
    assert {FaultKind(name): set(re.findall(r"`(\w+)`", told)) for name, told in rows} == TOLD
    assert len(rows) == len(FaultKind)


def test_the_table_says_which_games_cannot_be_stored() -> None:
    """An importer's author learns from the table what his importer must refuse."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*Cannot be stored", section("Faults"), re.MULTILINE)
    assert set(rows) == UNSTORABLE


def test_the_examples_of_faults_are_faults() -> None:
    """What the document shows is accepted as it stands."""
    [file] = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert FaultsFile.model_validate(tomllib.loads(file)).users["*"][0].kind in ANSWERS
    [command] = re.findall(r"curl -X PUT .*?\n.*?\n", TEXT)
    assert len(Given.model_validate_json(shlex.split(command)[-1]).faults) == 2


def test_the_table_of_profiles_is_the_program_s() -> None:
    """Paces and limits of streams are those of the settings."""
    for name, profile in PROFILES.items():
        [row] = re.findall(rf"^\| `{name}` \|.*$", TEXT, re.MULTILINE)
        paces = (profile.anonymous_games_per_s, profile.token_games_per_s, profile.own_games_per_s)
        streams = (profile.max_streams, profile.max_own_streams, profile.max_token_streams)
        assert (", ".join(f"{pace:g}" for pace in paces if pace) or "unpaced") in row
        assert (", ".join(str(most) for most in streams if most) or "no limit") in row
    assert f"--leaks {'|'.join(Leaks)}" in TEXT
    assert f"({SLOT_MEMORY_S:.0f})" in TEXT


def test_every_route_of_the_program_is_in_the_table_and_answers(client: httpx.Client) -> None:
    """Each documented route is one the server has, answers with success, and none is missing."""
    documented = re.findall(r"^\| `(GET|POST|PUT) (/\S*)` \|", section("Routes"), re.MULTILINE)
    assert set(documented) == routes()
    client.put("/_control/tokens/s", json=BODIES["/_control/tokens/{secret}"]).raise_for_status()
    [game] = client.get("/_control/users/player1/truth", params={"max": 1}).json()["games"]
    for method, path in documented:
        values = IN_PATHS | ({"name": game["id"]} if path.startswith("/game") else {})
        answer = client.request(
            method,
            path.format(**values),
            headers={"Authorization": "Bearer s"},
            content="player1" if method == "POST" else None,
            json=BODIES.get(path) if method == "PUT" else None,
        )
        assert answer.status_code == 200, (method, path)
