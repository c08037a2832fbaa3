"""The shape of the code: sizes, sentences, pins, and what may appear nowhere."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shape.pure_modules import ROOT, pure_files

LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10
PROGRAMS = ("importer", "fake_lichess", "loadtests", "reports", "benchmarks")
# Split so that this file does not contain what it forbids.
REGISTRIES = re.compile(r"pypi\.or" + r"g|pythonhosted\.or" + r"g|index-ur" + "l", re.IGNORECASE)


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


PYTHON_FILES = tracked("*.py")
PROGRAM_FILES = [file for file in PYTHON_FILES if file.relative_to(ROOT).parts[0] in PROGRAMS]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without the docstring."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


@pytest.mark.parametrize("file", PYTHON_FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_file_outgrows_one_sentence(file: Path) -> None:
    """Every Python file fits in 300 lines and opens with what it owns."""
    assert len(file.read_text().splitlines()) <= LONGEST_FILE_LINES
    assert ast.get_docstring(ast.parse(file.read_text())), "has no docstring"


def test_functions_stay_short() -> None:
    """No function passes 60 lines, and half of them stay within 10."""
    sizes = {
        f"{file.relative_to(ROOT)}:{function.name}": body_lines(function)
        for file in PROGRAM_FILES
        for function in functions(file)
    }
    longest = max(sizes, key=lambda name: sizes[name])
    assert sizes[longest] <= LONGEST_FUNCTION_LINES, longest
    assert statistics.median(sizes.values()) <= MEDIAN_FUNCTION_LINES


def test_every_test_is_a_promise() -> None:
    """Every test says in a sentence what it promises."""
    silent = [
        f"{file.relative_to(ROOT)}:{function.name}"
        for file in tracked("tests/**/test_*.py")
        for function in functions(file)
        if function.name.startswith("test_") and not (ast.get_docstring(function) or "").strip().endswith(".")
    ]
    assert silent == []


def test_the_environment_is_read_in_one_place_of_each_program() -> None:
    """Only settings and command lines read the environment."""
    readers = [
        str(file.relative_to(ROOT))
        for file in PROGRAM_FILES
        if re.search(r"os\.(environ|getenv)", file.read_text()) and file.name not in ("settings.py", "__main__.py")
    ]
    assert readers == []


def test_only_command_lines_end_the_process() -> None:
    """Nothing below a command line exits or prints."""
    offenders = [
        str(file.relative_to(ROOT))
        for file in PROGRAM_FILES
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("print", "sys.exit") and file.name != "__main__.py"
    ]
    assert offenders == []


def test_every_pure_module_exists() -> None:
    """The contract on the pure core names files that are there, so that its coverage is really measured."""
    assert [name for name in pure_files() if not (ROOT / name).is_file()] == []


def test_every_version_is_pinned_exactly() -> None:
    """The constraints hold plain pins, one for each distribution, and nothing else."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+", line)] == []
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]
    assert len(names) == len(set(names))


def test_no_package_registry_is_named() -> None:
    """No committed file names the host of a package registry."""
    named = [
        str(file.relative_to(ROOT))
        for file in tracked()
        if REGISTRIES.search(file.read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []


def test_the_four_programs_have_an_extra_each_and_stay_apart() -> None:
    """The importer's extra pulls neither the load generator nor the plotting library."""
    wanted = subprocess.run(
        ["git", "grep", "-n", "^importer = ", "--", "pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "locust" not in wanted
    assert "matplotlib" not in wanted
