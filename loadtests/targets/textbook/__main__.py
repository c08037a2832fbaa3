"""A chess importer as most people write their first: correct, plain, and without a thought for memory.

Nothing here is made worse than it would be anyway: the whole answer of the upstream in memory, a python-chess tree for
every game, all known ids in a set, rows inserted in batches, one thread for each running import. It speaks the API and
takes the settings of the reference importer, so that the same plans run on both: it is the "before" of comparisons.
"""

import argparse
import gc
import io
import os
import re
import sqlite3
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import chess.pgn
import httpx
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

SCHEMA = "CREATE TABLE IF NOT EXISTS games (user TEXT, id TEXT, played_at TEXT, pgn TEXT, PRIMARY KEY (user, id))"
PLAYED_AT = re.compile(r'\[UTCDate "(\d+)\.(\d+)\.(\d+)"\]\s*\[UTCTime "([\d:]+)"\]')
SITE = re.compile(r'\[Site "[^"]*/(\w{8})"\]')
ENDS = "SELECT max(played_at), min(played_at) FROM games WHERE user = ?"
INSERT = "INSERT OR IGNORE INTO games VALUES (?, ?, ?, ?)"

# The defaults of the reference importer.
DEFAULTS = {
    "DATABASE_PATH": "games.sqlite3",
    "LICHESS_BASE_URL": "https://lichess.org",
    "MAX_CONCURRENT_IMPORTS": "3",
    "IMPORT_BATCH_SIZE": "50",
    "EXISTING_GAMES_PAGE_SIZE": "2000",
    "GC_EVERY_GAMES": "200",
    "HTTP_POOL_LIMIT": "15",
    "HTTP_POOL_LIMIT_PER_HOST": "3",
}

State = dict[str, Any]  # of an import, as it is answered


class Wanted(BaseModel):
    """What a user asks for."""

    user_id: str
    platform: str = "lichess"
    limit: int = 500


class Importer:
    """Imports games in a pool of threads, one for each import that may run."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self.imports: dict[str, dict[str, Any]] = {}
        self.pool = ThreadPoolExecutor(int(settings["MAX_CONCURRENT_IMPORTS"]))
        limits = httpx.Limits(max_connections=int(settings["HTTP_POOL_LIMIT"]))
        self.client = httpx.Client(limits=limits, timeout=600, headers={"User-Agent": "textbook-importer/1.0"})

    def start(self, wanted: Wanted) -> State:
        """Queue an import and return its state."""
        state: State = {
            "import_id": uuid.uuid4().hex[:16], "user_id": wanted.user_id, "platform": wanted.platform,
            "limit": wanted.limit, "status": "queued", "queue_position": 0, "phase": "queued", "fetched": 0,
            "stored": 0, "duplicates": 0, "rejected": 0, "queue_wait_s": None, "first_game_after_s": None,
            "elapsed_s": None, "error": None, "requested_at": datetime.now(tz=UTC).isoformat(),
        }  # fmt: skip
        self.imports[state["import_id"]] = state
        self.pool.submit(self._run, state, time.monotonic())
        return state

    def _run(self, state: State, asked_s: float) -> None:
        started_s = time.monotonic()
        state.update(status="running", phase="streaming", queue_wait_s=started_s - asked_s)
        try:
            self._import(state, started_s)
            state.update(status="completed", phase="finished")
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs into the answer
            state.update(status="failed", phase="finished", error=f"{type(error).__name__}: {error}")
        state["elapsed_s"] = time.monotonic() - started_s

    def _import(self, state: State, started_s: float) -> None:
        user = state["user_id"]
        with sqlite3.connect(self.settings["DATABASE_PATH"], timeout=60) as db:
            known = self._known_ids(db, user)
            newest, oldest = db.execute(
                "SELECT max(played_at), min(played_at) FROM games WHERE user = ?", [user]
            ).fetchone()
            windows = [{"since": _ms(newest)}, {"until": _ms(oldest)}] if newest else [{}]
            for window in windows:
                missing = state["limit"] - state["stored"]
                if missing:
                    games = self._download(user, {"max": missing, **window}, state)
                    state["first_game_after_s"] = state["first_game_after_s"] or time.monotonic() - started_s
                    self._store(db, games, known, state)

    def _known_ids(self, db: sqlite3.Connection, user: str) -> set[str]:
        page, known = int(self.settings["EXISTING_GAMES_PAGE_SIZE"]), set[str]()
        while True:
            query = "SELECT id FROM games WHERE user = ? LIMIT ? OFFSET ?"
            rows = db.execute(query, [user, page, len(known)]).fetchall()
            known.update(row[0] for row in rows)
            if len(rows) < page:
                return known

    def _download(self, user: str, window: dict[str, int], state: State) -> list[chess.pgn.Game]:
        parameters: dict[str, str | int] = {"clocks": "true", "evals": "true", "opening": "true", **window}
        response = self.client.get(f"{self.settings['LICHESS_BASE_URL']}/api/games/user/{user}", params=parameters)
        response.raise_for_status()
        text, games = io.StringIO(response.text), []
        every = int(self.settings["GC_EVERY_GAMES"])
        while game := chess.pgn.read_game(text):
            games.append(game)
            state["fetched"] += 1
            if every and state["fetched"] % every == 0:
                gc.collect()
        return games

    def _store(self, db: sqlite3.Connection, games: list[chess.pgn.Game], known: set[str], state: State) -> None:
        size, batch = int(self.settings["IMPORT_BATCH_SIZE"]), []
        for game in games:
            game_id = game.headers["Site"].rpartition("/")[2]
            if game_id in known:
                state["duplicates"] += 1
                continue
            known.add(game_id)
            batch.append((state["user_id"], game_id, _played_at(game.headers), str(game)))
            if len(batch) == size:
                state["stored"] += _insert(db, batch)
                batch = []
        state["stored"] += _insert(db, batch)


def _played_at(headers: chess.pgn.Headers) -> str | None:
    if "UTCDate" not in headers:
        return None
    return f"{headers['UTCDate'].replace('.', '-')}T{headers['UTCTime']}"


def _insert(db: sqlite3.Connection, batch: list[tuple[str, str, str | None, str]]) -> int:
    db.executemany(INSERT, batch)
    db.commit()
    return len(batch)


def _ms(played_at: str) -> int:
    return int(datetime.fromisoformat(played_at).replace(tzinfo=UTC).timestamp() * 1000)


def create_app(settings: dict[str, str]) -> FastAPI:
    """Make the server."""
    app, importer = FastAPI(), Importer(settings)

    @app.post("/api/v1/import-more-games", status_code=202)
    def import_more_games(wanted: Wanted) -> dict[str, Any]:
        return importer.start(wanted)

    @app.get("/api/v1/imports/{import_id}")
    def show(import_id: str) -> dict[str, Any]:
        if import_id not in importer.imports:
            raise HTTPException(404, "no such import")
        return importer.imports[import_id]

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/config")
    def config() -> dict[str, Any]:
        return {"settings": settings, "warnings": []}

    return app


def add_games(db: sqlite3.Connection, user: str, file: Path) -> None:
    """Store a file of games as it is, as a backup would be restored."""
    text = file.read_text()
    for raw in re.split(r"\n\n(?=\[Event )", text):
        site, played = SITE.search(raw), PLAYED_AT.search(raw)
        if site:
            played_at = "{}-{}-{}T{}".format(*played.groups()) if played else None  # imported games have no such tags
            db.execute(INSERT, [user, site[1], played_at, raw])
    db.commit()


def main() -> int:
    """Serve, or add and list stored games for the harness."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--add", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--user", default="")
    arguments = parser.parse_args()
    settings = {name: os.environ.get(name, default) for name, default in DEFAULTS.items()}
    with sqlite3.connect(settings["DATABASE_PATH"]) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(SCHEMA)
        if arguments.add:
            add_games(db, arguments.user, arguments.add)
            return 0
        if arguments.list:
            ids = [row[0] for row in db.execute("SELECT id FROM games WHERE user = ?", [arguments.user])]
            sys.stdout.write("\n".join(ids) + "\n")
            return 0
    uvicorn.run(create_app(settings), host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
