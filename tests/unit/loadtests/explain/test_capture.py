"""Promises about which programs can be tracked, and how."""

from pathlib import Path

import pytest

from loadtests.errors import TargetUnusable, UsageError
from loadtests.explain.capture import held_at_peak, tracked, write_graph

RECORDING = Path("held.bin")


@pytest.mark.parametrize(
    ("program", "run"),
    [
        (["-m", "importer", "--port", "{port}"], ["-m", "importer", "--port", "{port}"]),
        (["tests/planted/server.py", "leak"], ["tests/planted/server.py", "leak"]),
        (["loadtests/targets/textbook"], ["loadtests/targets/textbook/__main__.py"]),
    ],
)
def test_modules_files_and_folders_can_be_tracked(program: list[str], run: list[str]) -> None:
    """What Python runs by module, file or folder is run by memray, with the program's own arguments."""
    assert tracked(["{python}", *program], RECORDING)[-len(run) :] == run


@pytest.mark.parametrize("command", [["sh", "-c", "true"], ["{python}"], ["{python}", "-I", "server.py"]])
def test_anything_else_is_refused(command: list[str]) -> None:
    """A command that memray could not start as Python would is refused rather than changed."""
    with pytest.raises(UsageError, match="can be explained"):
        tracked(command, RECORDING)


def test_half_a_recording_is_no_answer(tmp_path: Path) -> None:
    """A recording that a killed server left is an error that says what to mend, for the lines and for the graph."""
    torn = tmp_path / "torn.bin"
    torn.write_bytes(b"memray")
    with pytest.raises(TargetUnusable, match="SIGINT"):
        list(held_at_peak(torn))
    with pytest.raises(TargetUnusable, match="flame graph"):
        write_graph(torn, tmp_path / "page.html")
