"""The tables and indexes of the database, their version, and how an older file becomes a newer one.

Must not hold queries. A new version adds a step to `STEPS`, and to nothing else: an empty file takes all of them.
"""

import sqlite3
from hashlib import blake2b

# Times are whole seconds of UTC, which is all that PGN shows. `games` keeps its rowid: without it inserting was
# measured at a third of the speed, because whole PGN texts then live in the primary key's tree.
_FIRST = """
CREATE TABLE games (
    platform TEXT NOT NULL, user_id TEXT NOT NULL, game_id TEXT NOT NULL, created_at_s INTEGER, played_on TEXT,
    white TEXT NOT NULL, black TEXT NOT NULL, white_elo INTEGER, black_elo INTEGER, result TEXT NOT NULL,
    variant TEXT NOT NULL, time_control TEXT, eco TEXT, opening TEXT, termination TEXT, plies INTEGER NOT NULL,
    pgn TEXT NOT NULL,
    PRIMARY KEY (platform, user_id, game_id)
) STRICT;
CREATE INDEX games_by_time ON games (platform, user_id, created_at_s);
CREATE TABLE rejected_games (
    platform TEXT NOT NULL, user_id TEXT NOT NULL, import_id TEXT, game_id TEXT, reason TEXT NOT NULL,
    text BLOB NOT NULL
) STRICT;
CREATE TABLE imports (
    import_id TEXT PRIMARY KEY, platform TEXT NOT NULL, user_id TEXT NOT NULL, games_wanted INTEGER NOT NULL,
    requested_at TEXT NOT NULL, status TEXT NOT NULL, phase TEXT NOT NULL, fetched INTEGER NOT NULL,
    stored INTEGER NOT NULL, duplicates INTEGER NOT NULL, rejected INTEGER NOT NULL, queue_wait_s REAL,
    first_game_after_s REAL, elapsed_s REAL, error TEXT, direction TEXT, cursor_s INTEGER
) STRICT
"""

# Listing needs an order without ties that survives a vacuum, which rowids do not: the id ends it. Measured: storing is
# as fast as without (30 000 to 34 000 rows per CPU-second with either), and the file is 4 bytes a game larger.
# Imports are listed newest first, which is by rowid: an index ends with it, so each filter reads only what it returns.
_LISTING = """
DROP INDEX games_by_time;
CREATE INDEX games_by_time ON games (platform, user_id, created_at_s, game_id);
CREATE INDEX imports_by_user ON imports (lower(user_id));
CREATE INDEX imports_by_status ON imports (status);
CREATE INDEX rejected_by_import ON rejected_games (import_id);
CREATE TABLE idempotency_keys (
    key_digest TEXT PRIMARY KEY, request_digest TEXT NOT NULL, import_id TEXT NOT NULL, used_at TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at)
"""

# A rejected text is kept once for each account: an import that resumes meets the last ones again.
_REJECTED_ONCE = """
CREATE TABLE distinct_rejected_games (
    platform TEXT NOT NULL, user_id TEXT NOT NULL, import_id TEXT, game_id TEXT, reason TEXT NOT NULL,
    text BLOB NOT NULL, digest BLOB NOT NULL, UNIQUE (platform, user_id, digest)
) STRICT;
INSERT OR IGNORE INTO distinct_rejected_games
    SELECT platform, user_id, import_id, game_id, reason, text, digest(text) FROM rejected_games ORDER BY rowid;
DROP TABLE rejected_games;
ALTER TABLE distinct_rejected_games RENAME TO rejected_games;
CREATE INDEX rejected_by_import ON rejected_games (import_id)
"""

# Where games are published by month: which months need not be asked for again, and how to ask for the others.
_MONTHS = """
CREATE TABLE months (
    platform TEXT NOT NULL, user_id TEXT NOT NULL, month TEXT NOT NULL, whole INTEGER NOT NULL, closed INTEGER NOT NULL,
    etag TEXT, last_modified TEXT, PRIMARY KEY (platform, user_id, month)
) STRICT, WITHOUT ROWID
"""

# Texts are compressed, one by one, and every game has a digest that tells when it is damaged. Games of older files keep
# their plain texts, because rewriting them all at a start could take minutes and twice the disk: `vacuum` packs them.
_PACKED = """
ALTER TABLE games ADD COLUMN packed BLOB;
ALTER TABLE games ADD COLUMN digest BLOB
"""

STEPS = (_FIRST, _LISTING, _REJECTED_ONCE, _MONTHS, _PACKED)
SCHEMA_VERSION = len(STEPS)

_DIGEST_BYTES = 16  # a choice: that two of a million texts are alike has a chance of 1 in 10^26


def digest(text: bytes) -> bytes:
    """Return what tells a rejected text from others."""
    return blake2b(text, digest_size=_DIGEST_BYTES).digest()


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of an open file; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Take every step that the file has not taken; to be called inside a transaction."""
    db.create_function("digest", 1, digest, deterministic=True)
    for step in STEPS[version_of(db) :]:
        for statement in step.split(";\n"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
