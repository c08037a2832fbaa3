"""Puts a records file into a SQLite database, for questions that no report asks: sqlite-utils, Datasette, any client.

Reads the records once, a trial at a time, so that a large run needs little memory.
"""

from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Error as SqliteError

from loadtests.record import RecordUnreadable, Run, from_lines
from reports.errors import RecordsUnusable, UsageError
from reports.observation import observe
from reports.rows import import_rows, request_rows, run_row, sample_rows, trial_row


def explore(lines: Iterable[str], database: Path) -> dict[str, int]:
    """Write the tables runs, trials, imports, requests and samples; return how many rows each has.

    Raises:
        RecordsUnusable: a line cannot be read.
        UsageError: the database exists already, cannot be written, or sqlite-utils is not installed.
    """
    try:
        from sqlite_utils import Database  # noqa: PLC0415 - an extra, and 15 MiB, that no report needs
    except ImportError as error:
        raise UsageError("sqlite-utils is not installed. Install the extra `explore`.") from error
    if database.exists():
        raise UsageError(f"{database} exists already. Name another file with --out, or remove it.")
    try:
        db = Database(database)
        for record in from_lines(lines):
            if isinstance(record, Run):
                db.table("runs").insert(run_row(record), pk="run_id")
                continue
            db.table("trials").insert(trial_row(observe(record)), pk="trial_id", alter=True)
            tables = {"imports": import_rows, "requests": request_rows, "samples": sample_rows}
            for name, rows in tables.items():
                db.table(name).insert_all(rows(record), foreign_keys=[("trial_id", "trials", "trial_id")], alter=True)
        counts = {name: db.table(name).count for name in db.table_names()}
        db.close()
    except RecordUnreadable as error:
        raise RecordsUnusable(str(error)) from error
    except SqliteError as error:
        raise UsageError(f"cannot write {database}: {error}. Name another file with --out.") from error
    return counts
