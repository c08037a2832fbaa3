"""Every statement that the importer sends to its database, except those that make its tables and set its connections.

Must not run any. They stand in one place so that one test can ask SQLite how it carries out each of them: a statement
that walks through all games, or sorts them in memory, is found before an account of 500 000 games finds it. A statement
that is written anywhere else, or has no expectation in that test, fails it.
"""

from dataclasses import fields

from importer.game import Game
from importer.store.rows import ImportFilter, ImportRow

# How a game is kept: its fields without the text, then the text as it is packed, as plain text (of older formats, and
# where it does not pack), and the digest of all.
GAME_FIELDS = tuple(field.name for field in fields(Game))
KEPT_FIELDS = (*GAME_FIELDS[:-1], "packed", "pgn", "digest")
_KEPT = ", ".join(KEPT_FIELDS)
_OF_ACCOUNT = "WHERE platform = ? AND user_id = ?"

# The names in these are constants, never anything that was given: S608 is about values.
INSERT_GAME = (
    f"INSERT INTO games (platform, user_id, {_KEPT}) "  # noqa: S608
    f"VALUES (?, ?, {', '.join('?' * len(KEPT_FIELDS))}) ON CONFLICT DO NOTHING"
)
PAGE_OF_IDS = f"SELECT game_id FROM games {_OF_ACCOUNT} AND game_id > ? ORDER BY game_id LIMIT ?"  # noqa: S608
# The ids come as one JSON list, so that one statement, prepared once, serves batches of every size.
STORED_AMONG = f"SELECT game_id FROM games {_OF_ACCOUNT} AND game_id IN (SELECT value FROM json_each(?))"  # noqa: S608
NEWEST_SECOND = f"SELECT max(created_at_s) FROM games {_OF_ACCOUNT}"  # noqa: S608
OLDEST_SECOND = f"SELECT min(created_at_s) FROM games {_OF_ACCOUNT}"  # noqa: S608
GAMES_AT = f"SELECT count(*) FROM games {_OF_ACCOUNT} AND created_at_s = ?"  # noqa: S608
NEWEST_FIRST = f"SELECT game_id, created_at_s FROM games {_OF_ACCOUNT} ORDER BY created_at_s DESC, game_id DESC"  # noqa: S608

# Pages of games. Two statements, because no comparison with a time finds the games whose time is not known; each is one
# range of the index games_by_time, already in order.
TIMED = (
    f"SELECT {_KEPT} FROM games {_OF_ACCOUNT} AND (created_at_s, game_id) < (?, ?) "  # noqa: S608
    "ORDER BY created_at_s DESC, game_id DESC LIMIT ?"
)
UNTIMED = (
    f"SELECT {_KEPT} FROM games {_OF_ACCOUNT} AND created_at_s IS NULL AND game_id < ? "  # noqa: S608
    "ORDER BY game_id DESC LIMIT ?"
)

INSERT_REJECTED = (
    "INSERT INTO rejected_games (platform, user_id, import_id, game_id, reason, text, digest) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
REJECTED = "SELECT game_id, reason, text FROM rejected_games WHERE import_id = ? ORDER BY rowid"

IMPORT_COLUMNS = tuple(field.name for field in fields(ImportRow))
PUT_IMPORT = (
    f"INSERT INTO imports ({', '.join(IMPORT_COLUMNS)}) VALUES ({', '.join(':' + name for name in IMPORT_COLUMNS)}) "  # noqa: S608
    f"ON CONFLICT (import_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in IMPORT_COLUMNS[1:])}"
)
_SELECT_IMPORTS = f"SELECT {', '.join(IMPORT_COLUMNS)} FROM imports"  # noqa: S608
GET_IMPORT = f"{_SELECT_IMPORTS} WHERE import_id = ?"
_IN_STATE = f"SELECT rowid, {', '.join(IMPORT_COLUMNS)} FROM imports WHERE status = ?"  # noqa: S608
# Each half comes from the index of states in order already, so SQLite merges them; with IN it would sort.
UNFINISHED = f"{_IN_STATE} UNION ALL {_IN_STATE} ORDER BY rowid"
IMPORTS_BY_STATUS = "SELECT status, count(*) FROM imports GROUP BY status"

FIND_KEY = "SELECT request_digest, import_id FROM idempotency_keys WHERE key_digest = ? AND used_at >= ?"
FORGET_KEYS = "DELETE FROM idempotency_keys WHERE used_at < ?"
REMEMBER_KEY = (
    "INSERT OR REPLACE INTO idempotency_keys (key_digest, request_digest, import_id, used_at) VALUES (?, ?, ?, ?)"
)

GET_MONTH = f"SELECT month, whole, closed, etag, last_modified FROM months {_OF_ACCOUNT} AND month = ?"  # noqa: S608
NEWEST_MONTH = f"SELECT max(month) FROM months {_OF_ACCOUNT}"  # noqa: S608
PUT_MONTH = (
    "INSERT OR REPLACE INTO months (platform, user_id, month, whole, closed, etag, last_modified) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)

# Of the tools. Those that look at every game say so by their names, and go through them in the order in which they lie.
NEXT_ACCOUNT = (
    "SELECT platform, user_id FROM games WHERE (platform, user_id) > (?, ?) ORDER BY platform, user_id LIMIT 1"
)
COUNT_GAMES = f"SELECT count(*) FROM games {_OF_ACCOUNT}"  # noqa: S608
COUNT_STORED = "SELECT count(*), coalesce(sum(stored), 0) FROM imports WHERE lower(user_id) = ? AND platform = ?"
NEXT_IMPORTS = f"SELECT rowid, {', '.join(IMPORT_COLUMNS)} FROM imports WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
COUNT_REJECTED = "SELECT count(*) FROM rejected_games WHERE import_id = ?"
EVERY_GAME = f"SELECT rowid, platform, user_id, {_KEPT} FROM games WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
PACK_GAME = "UPDATE games SET packed = ?, pgn = ?, digest = ? WHERE rowid = ?"

_CONDITIONS = {
    "platform": "platform = :platform",
    "user_id": "lower(user_id) = lower(:user_id)",
    "status": "status = :status",
}


def imports_query(wanted: ImportFilter, after: str | None) -> str:
    """Return the statement that lists imports; conditions that hold always would keep SQLite from using an index."""
    given = [condition for name, condition in _CONDITIONS.items() if getattr(wanted, name) is not None]
    if wanted.user_id is not None and wanted.status is not None:
        given[-1] = f"+{given[-1]}"  # without an index: a player has few imports, but a state may have many
    if after is not None:
        given.append("rowid < (SELECT rowid FROM imports WHERE import_id = :after)")
    where = f"WHERE {' AND '.join(given)} " if given else ""
    return f"{_SELECT_IMPORTS} {where}ORDER BY rowid DESC LIMIT :most"
