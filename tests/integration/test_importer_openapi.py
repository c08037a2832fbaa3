"""Schemathesis questions the real server about its OpenAPI: what that promises holds for any input."""

import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.importer_process import importer, submit
from tests.servers import running

# Bounds of the run: the suite has some twenty seconds for it, and the same seed asks the same questions.
EXAMPLES_MOST = "6"
FUZZING_MOST_S = "8"
SEED = "1"

# A cancelled import can still be looked at: its games stay, and so does the record of where they came from.
NOT_PROMISED = "use_after_free"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run an importer whose upstream knows the example's player, with an import that has ended."""
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", "20", "--seed", "5"]) as upstream,
        importer(tmp_path_factory.mktemp("openapi"), upstream) as running_importer,
    ):
        submit(running_importer, "player1", 20)
        yield running_importer


def test_no_input_is_answered_in_a_way_that_the_document_does_not_have(client: httpx.Client, tmp_path: Path) -> None:
    """Valid, invalid and chained requests find no 500, no undocumented status, form, header or body."""
    command = [
        f"{sysconfig.get_path('scripts')}/schemathesis",
        *("run", f"{client.base_url}/openapi.json", "--no-color", "--seed", SEED, "--workers", "2"),
        *("--max-examples", EXAMPLES_MOST, "--max-time", FUZZING_MOST_S, "--request-timeout", "10"),
        *("--generation-database", "none", "--exclude-checks", NOT_PROMISED, "--warnings", "off"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "10 selected / 10 total" in ended.stdout


def test_every_operation_says_how_it_refuses(client: httpx.Client) -> None:
    """Each error is a problem with an example, and each operation but health and readiness may ask for the token."""
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            errors = {code: one for code, one in operation["responses"].items() if int(code) >= 400}
            assert all(list(one["content"]) == ["application/problem+json"] for one in errors.values())
            assert all("example" in one["content"]["application/problem+json"] for one in errors.values())
            assert ("security" in operation) == (path not in {"/healthz", "/readyz"})
            assert path in {"/healthz", "/readyz"} or {"400", "401", "500"} <= set(errors)
    assert document["components"]["schemas"]["ImportRequest"]["examples"]
