"""Writes rows down as they happen, one flushed line each: the only writer of the rows file."""

from pathlib import Path

from loadtests.rows import Row, to_line


class RowsFile:
    """Appends rows to a file that the harness reads while it grows; without a path rows are dropped."""

    def __init__(self, path: str | None) -> None:
        # Line buffering hands every row to the kernel at once: rows survive whatever happens to this process.
        # It stays open as long as the process lives.
        self._file = Path(path).open("a", encoding="utf-8", buffering=1) if path else None  # noqa: SIM115

    def write(self, row: Row) -> None:
        """Write one row; users switch only while waiting, so lines are never mixed."""
        if self._file is not None:
            self._file.write(to_line(row))
