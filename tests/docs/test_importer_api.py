"""docs/importer-api.md says what the program does."""

import re
from pathlib import Path

from importer.access import BODY_BYTES_MOST
from importer.games_feed import JSON_GAMES_USUALLY, GameObject
from importer.import_routes import IMPORTS_MOST, IMPORTS_USUALLY
from importer.messages import GAMES_MOST, ImportRequest, ImportState
from importer.metrics import Metrics, Now
from importer.pgn import GAME_BYTES_MOST
from importer.settings import Settings
from importer.store import Phase, Status
from tests.importer_process import importer

TEXT = (Path(__file__).parents[2] / "docs" / "importer-api.md").read_text()


def test_the_settings_table_is_the_settings() -> None:
    """Every setting stands in the table with its default, and no other."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", TEXT, re.MULTILINE)
    assert dict(rows) == Settings().as_environment()


def test_every_field_of_an_import_is_explained() -> None:
    """The table of an import's fields names each field that the server sends."""
    table = TEXT.split("An import:\n")[1].split("\n\nAn import fails")[0]
    first_cells = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    assert set(re.findall(r"`(\w+)`", first_cells)) == set(ImportState.model_fields)


def test_closed_lists_and_bounds_are_the_program_s() -> None:
    """Statuses, phases, request fields and bounds are those of the code."""
    for word in (*Status, *Phase, *ImportRequest.model_fields):
        assert f"`{word}`" in TEXT
    assert f"1 to {GAMES_MOST}" in TEXT
    assert f"{GAME_BYTES_MOST // 1024} KiB" in TEXT
    assert f"over {BODY_BYTES_MOST // 1024} KiB" in TEXT
    assert f"`limit` ({IMPORTS_USUALLY}, at most {IMPORTS_MOST})" in TEXT
    assert f"{JSON_GAMES_USUALLY} games unless" in TEXT


def test_every_field_of_a_game_is_named() -> None:
    """What a game has in JSON and NDJSON stands in the document."""
    sentence = TEXT.split("A game has ")[1].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(GameObject.model_fields)


def test_every_metric_is_named() -> None:
    """The metrics in the document are those that the server has."""
    text = Metrics().text(Now({}, 0, 0)).decode()
    families = set(re.findall(r"^# TYPE (importer_\w+?)(?:_created)? ", text, re.MULTILINE))
    assert set(re.findall(r"`(importer_\w+)`", TEXT)) == families


def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    """The table names each method and path that the OpenAPI has, and no other."""
    rows = re.findall(r"`(GET|POST|DELETE) (/[\w/{}-]*)`", TEXT.split("## HTTP")[1].split("\n\nA request")[0])
    with importer(tmp_path, "http://127.0.0.1:9") as client:
        document = client.get("/openapi.json").json()
    assert {(path, method.lower()) for method, path in rows} == {
        (path, method) for path, operations in document["paths"].items() for method in operations
    }
