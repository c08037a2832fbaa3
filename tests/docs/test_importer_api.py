"""docs/importer-api.md says what the program does."""

import re
from pathlib import Path

from importer.api import GAMES_MOST, ImportRequest, ImportState
from importer.pgn import GAME_BYTES_MOST
from importer.settings import Settings
from importer.store import Phase, Status

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
