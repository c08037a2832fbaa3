"""Reads records and writes what a command made of them; the only part of the analyst that touches files."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from reports.errors import RecordsUnusable, UsageError
from reports.trials import Evidence, load


def read_records(records: Path) -> Evidence:
    """Load a records file, packed or plain.

    Raises:
        UsageError: it cannot be read.
        RecordsUnusable: it is not the records of a run.
    """
    with open_records(records) as lines:
        return load(lines)


@contextmanager
def open_records(records: Path) -> Iterator[TextIO]:
    """Open a records file, packed or plain, for as long as the block lasts.

    Raises:
        UsageError: it cannot be read.
        RecordsUnusable: it is no text.
    """
    unpacked = gzip.open if records.suffix == ".gz" else open
    try:
        with unpacked(records, "rt", encoding="utf-8") as lines:
            yield cast("TextIO", lines)
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise RecordsUnusable(f"{records} is not text: {error}. Give the records.jsonl of a run.") from error
    except OSError as error:
        raise UsageError(f"cannot read {records}: {error.strerror}. Give the records.jsonl of a run.") from error


def read_text(path: Path, what: str) -> str:
    """Read a small file that a person wrote; *what* names it in the error.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read the {what} {path}: {why}. Name an existing file.") from error


def write_files(out: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into the folder *out*, which is made where it is missing.

    Raises:
        UsageError: something cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}. Name another folder with --out.") from error


def append_text(path: Path, text: str) -> None:
    """Add *text* to the end of a file, as a CI step's summary wants it.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}. Name another file.") from error
