"""A store that counts what it has committed.

Must not change what is stored or how: it looks at the rows that went through, so that the metrics show nothing that
a crash could take back.
"""

import time
from collections.abc import Sequence

from importer.game import Game, Rejection
from importer.metrics import Metrics
from importer.store import ImportRow, Status, Store

OUTCOMES = ("stored", "duplicates", "rejected")
_OVER = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


class MeasuredStore(Store):
    """The database, with an eye on the progress of every import."""

    def __init__(self, path: str, metrics: Metrics) -> None:
        """Open the database at *path*."""
        super().__init__(path)
        self._metrics = metrics
        self._seen: dict[str, ImportRow] = {}  # of the imports that are not over

    def put_import(self, row: ImportRow) -> None:
        """Write an import as it now stands."""
        super().put_import(row)
        self._count(row)

    def save_batch(self, row: ImportRow, games: Sequence[Game], rejections: Sequence[Rejection]) -> ImportRow:
        """Store games, rejected texts and the import's progress, all or nothing; return the progress as stored."""
        began_s = time.perf_counter()
        row = super().save_batch(row, games, rejections)
        self._metrics.count_batch_s(time.perf_counter() - began_s)
        self._count(row)
        return row

    def _count(self, row: ImportRow) -> None:
        """Count what is new since the row was seen last; what an earlier process stored is not this one's."""
        before = self._seen.get(row.import_id, row)
        for outcome in OUTCOMES:
            self._metrics.count_games(outcome, max(0, getattr(row, outcome) - getattr(before, outcome)))
        if before.queue_wait_s is None and row.queue_wait_s is not None:
            self._metrics.count_wait_s(row.queue_wait_s)
        if row.status in _OVER:
            self._seen.pop(row.import_id, None)
        else:
            self._seen[row.import_id] = row
