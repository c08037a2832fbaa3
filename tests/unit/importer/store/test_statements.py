"""How SQLite carries out every statement of the importer: nothing walks through all games, nothing sorts in memory."""

import ast
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from importer.schema import bring_up_to_date
from importer.store import ImportFilter, Status, statements
from tests.shape.pure_modules import ROOT

GAMES_BY_ID = "SEARCH games USING COVERING INDEX sqlite_autoindex_games_1 (platform=? AND user_id=? AND game_id"
GAMES_BY_TIME = "INDEX games_by_time (platform=? AND user_id=?"
IMPORTS = "SEARCH imports USING"
BY_STATUS = f"{IMPORTS} INDEX imports_by_status (status=?"
INSERTED: list[str] = []  # nothing is looked for

PLANS = {
    "INSERT_GAME": INSERTED,
    "PAGE_OF_IDS": [f"{GAMES_BY_ID}>?)"],
    "STORED_AMONG": [f"{GAMES_BY_ID}=?)", "LIST SUBQUERY 1"],
    "NEWEST_SECOND": [f"SEARCH games USING COVERING {GAMES_BY_TIME})"],
    "OLDEST_SECOND": [f"SEARCH games USING COVERING {GAMES_BY_TIME})"],
    "GAMES_AT": [f"SEARCH games USING COVERING {GAMES_BY_TIME} AND created_at_s=?)"],
    "NEWEST_FIRST": [f"SEARCH games USING COVERING {GAMES_BY_TIME})"],
    "TIMED": [f"SEARCH games USING {GAMES_BY_TIME} AND (created_at_s,game_id)<(?,?))"],
    "UNTIMED": [f"SEARCH games USING {GAMES_BY_TIME} AND created_at_s=? AND game_id<?)"],
    "INSERT_REJECTED": INSERTED,
    "REJECTED": ["SEARCH rejected_games USING INDEX rejected_by_import (import_id=?)"],
    "PUT_IMPORT": INSERTED,
    "GET_IMPORT": [f"{IMPORTS} INDEX sqlite_autoindex_imports_1 (import_id=?)"],
    "UNFINISHED": ["MERGE (UNION ALL)"],
    "IMPORTS_BY_STATUS": ["SCAN imports USING COVERING INDEX imports_by_status"],
    "FIND_KEY": ["SEARCH idempotency_keys USING INDEX sqlite_autoindex_idempotency_keys_1 (key_digest=?)"],
    "FORGET_KEYS": ["SEARCH idempotency_keys USING INDEX idempotency_keys_by_age (used_at<?)"],
    "REMEMBER_KEY": INSERTED,
    "GET_MONTH": ["SEARCH months USING PRIMARY KEY (platform=? AND user_id=? AND month=?)"],
    "NEWEST_MONTH": ["SEARCH months USING PRIMARY KEY (platform=? AND user_id=?)"],
    "PUT_MONTH": INSERTED,
    "NEXT_ACCOUNT": ["SEARCH games USING COVERING INDEX games_by_time ((platform,user_id)>(?,?))"],
    "COUNT_GAMES": [f"SEARCH games USING COVERING {GAMES_BY_TIME})"],
    "COUNT_STORED": [f"{IMPORTS} INDEX imports_by_user (<expr>=?)"],
    "NEXT_IMPORTS": [f"{IMPORTS} INTEGER PRIMARY KEY (rowid>?)"],
    "COUNT_REJECTED": ["SEARCH rejected_games USING COVERING INDEX rejected_by_import (import_id=?)"],
    "EVERY_GAME": ["SEARCH games USING INTEGER PRIMARY KEY (rowid>?)"],
    "PACK_GAME": ["SEARCH games USING INTEGER PRIMARY KEY (rowid=?)"],
}
# Listing imports, by what is asked for: without a player or a state the table itself is the order of the list.
ALL_IMPORTS = ("SCAN imports", f"{IMPORTS} INTEGER PRIMARY KEY (rowid<?)")
OF_USER = (f"{IMPORTS} INDEX imports_by_user (<expr>=?)", f"{IMPORTS} INDEX imports_by_user (<expr>=? AND rowid<?)")
IN_STATE = (f"{BY_STATUS})", f"{BY_STATUS} AND rowid<?)")

WRITTEN = {name: text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str)}
PUBLIC = {name: text for name, text in WRITTEN.items() if not name.startswith("_")}
VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "REPLACE ", "WITH ")
# Where SQL may stand besides: formats, and what sets up, begins or checks a database.
ELSEWHERE = {"importer/schema.py", "importer/store/statements.py"}


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """Make an empty database of today's format."""
    with closing(sqlite3.connect(":memory:")) as db:
        bring_up_to_date(db)
        yield db


def plan(database: sqlite3.Connection, query: str, parameters: object) -> list[str]:
    """Return the outermost steps of a statement, without the look-up of the place to begin at; no step may sort."""
    rows = database.execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()  # type: ignore[arg-type]
    assert [detail for *_, detail in rows if "TEMP B-TREE" in detail] == []
    assert [detail for *_, detail in rows if detail.startswith("SCAN games")] == []
    return [detail for _, parent, _, detail in rows if parent == 0 and not detail.startswith("SCALAR SUBQUERY")]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_statement_is_carried_out_as_expected(database: sqlite3.Connection, name: str) -> None:
    """Each statement goes straight to what it needs; a new one fails here until someone has looked at its plan."""
    values: object = ("",) * PUBLIC[name].count("?")
    if ":" in PUBLIC[name]:
        values = dict.fromkeys(statements.IMPORT_COLUMNS)
    assert plan(database, PUBLIC[name], values) == PLANS[name]


def test_no_expectation_outlives_its_statement() -> None:
    """The list of plans names the statements that there are."""
    assert set(PLANS) == set(PUBLIC)


@pytest.mark.parametrize(
    ("platform", "user_id", "status"),
    list(itertools.product((None, "lichess"), (None, "alice"), (None, Status.FAILED))),
)
@pytest.mark.parametrize("after", [None, "i1"])
def test_every_list_of_imports_reads_on_from_its_place(
    database: sqlite3.Connection, platform: str | None, user_id: str | None, status: Status | None, after: str | None
) -> None:
    """Whatever is filtered by, a page begins where the last ended, and comes in its order."""
    wanted = ImportFilter(platform, user_id, status)
    expected = OF_USER if user_id else IN_STATE if status else ALL_IMPORTS
    values = {"platform": platform, "user_id": user_id, "status": status, "after": after, "most": 10}
    assert plan(database, statements.imports_query(wanted, after), values) == [expected[after is not None]]


def test_sql_stands_in_one_place() -> None:
    """No other module holds a statement, so that none can be left out of these tests."""
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "importer").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(VERBS)
    }
    assert found <= ELSEWHERE
