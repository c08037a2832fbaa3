"""The database: its formats, its rows, and the one connection through which the server reads and writes."""

from importer.store.database import Store, import_of
from importer.store.lock import DatabaseLock
from importer.store.months import Month, MonthBook
from importer.store.rows import USER_ID_PATTERN, Account, Edge, ImportFilter, ImportRow, Phase, Status

__all__ = [
    "USER_ID_PATTERN",
    "Account",
    "DatabaseLock",
    "Edge",
    "ImportFilter",
    "ImportRow",
    "Month",
    "MonthBook",
    "Phase",
    "Status",
    "Store",
    "import_of",
]
