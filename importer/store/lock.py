"""Lets one server at a time have a database; the kernel takes the lock back however the server ends.

Must not touch the database: the tools read and fill it while a server runs.
"""

import fcntl
import os

from importer.errors import StoreUnusable


class DatabaseLock:
    """A lock on a file beside the database, held from construction to close."""

    def __init__(self, database_path: str) -> None:
        """Take the lock.

        Raises:
            StoreUnusable: another server has it, or there can be no such file.
        """
        # Not on the database itself: SQLite loses its own locks on a file that anyone else in the process closes.
        path = f"{os.path.realpath(database_path)}.lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnusable(f"{path!r} cannot be written: {error.strerror}. Name a writable folder.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreUnusable(
                f"DATABASE_PATH {database_path!r} belongs to a server that is running. Stop it, or name another file."
            ) from error

    def close(self) -> None:
        """Let the next server have it; the file stays, because removing it could give two servers a lock each."""
        os.close(self._file)
