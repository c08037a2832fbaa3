"""Runs the importer with everything that Python can tell about it on standard error, to see what must not be told.

``python -X dev -m tests.loud_importer --port 0 --json``: every log line of every library, asyncio's own included;
SIGUSR1 and every crash print where each thread is.
"""

import asyncio
import faulthandler
import json
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PLAYERS_TOKEN = "lip_NobodyMaySeeThis4242"  # noqa: S105 it opens nothing
SERVERS_TOKEN = "srv-NorThisWhichOpensEveryDoor42"  # noqa: S105 only for these tests


@dataclass
class Loud:
    """A running importer and all that it has said."""

    folder: Path
    client: httpx.AsyncClient
    process: asyncio.subprocess.Process
    heard: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """Send a request and keep the whole answer."""
        answer = await self.client.request(method, path, **what)
        self.heard.append(f"{answer.status_code} {answer.headers!r} {answer.text}")
        return answer

    async def submit(self, user: str, limit: int = 50) -> str:
        """Ask for an import in the player's name and return its address."""
        body = {"user_id": user, "platform": "lichess", "limit": limit, "upstream_token": PLAYERS_TOKEN}
        answer = await self.ask("POST", "/api/v1/import-more-games", json=body, headers={"Idempotency-Key": user})
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    async def until(self, place: str, reached: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Poll an import until it has come so far."""
        while not reached(state := (await self.ask("GET", place)).json()):
            assert state["status"] in {"queued", "running"}, state
        return dict(state)

    async def ask_everything(self) -> None:
        """Ask for all that the server shows of itself."""
        for path in ("/api/v1/config", "/metrics", "/openapi.json", "/api/v1/imports", "/healthz", "/readyz"):
            assert (await self.ask("GET", path)).status_code in {200, 503}

    async def end(self, number: signal.Signals) -> int:
        """End it with a signal; return how it ended."""
        self.process.send_signal(number)
        return await self.process.wait()


def told(folder: Path, heard: list[str]) -> dict[str, bytes]:
    """Return everything that anybody could look at afterwards: answers, output, the database by bytes and by rows."""
    found = {f"answer {number}": text.encode() for number, text in enumerate(heard)}
    for file in folder.rglob("*"):
        found[str(file.relative_to(folder))] = file.read_bytes() if file.is_file() else b""
    for file in folder.rglob("*.sqlite3"):
        with closing(sqlite3.connect(file)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            rows = [row for table in tables for row in db.execute(f"SELECT * FROM {table}")]  # noqa: S608 our own
        found[f"rows of {file.name}"] = repr(rows).encode()
    return found


def assert_secret(folder: Path, heard: list[str]) -> None:
    """Look for both tokens in everything that was told, and for enough of it to be worth looking."""
    everything = told(folder, heard)
    assert b"DEBUG" in everything["stderr"], "not loud"
    leaks = [
        (place, token)
        for place, said in everything.items()
        for token in (PLAYERS_TOKEN, SERVERS_TOKEN)
        if token.encode() in said or token.encode()[4:-4] in said
    ]
    assert leaks == [], {place: everything[place][-2000:] for place, _ in leaks}


@asynccontextmanager
async def loud(folder: Path, upstream: str, **settings: str) -> AsyncIterator[Loud]:
    """Run a loud importer on a database in *folder*, where its output goes too, and dumps of it would go."""
    environment = {
        **os.environ,
        "DATABASE_PATH": str(folder / "games.sqlite3"),
        "LICHESS_BASE_URL": upstream,
        "API_TOKEN": SERVERS_TOKEN,
        "UPSTREAM_STALL_S": "0.3",
        "UPSTREAM_BUSY_WAIT_S": "0.05",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        **settings,
    }
    with (folder / "stderr").open("ab") as stderr, (folder / "stdout").open("ab") as stdout:
        command = [sys.executable, "-X", "dev", "-m", "tests.loud_importer", "--port", "0", "--json"]
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=stderr
        )
        assert process.stdout is not None
        line = await process.stdout.readline()
        stdout.write(line)
        headers = {"Authorization": f"Bearer {SERVERS_TOKEN}"}
        try:
            url = json.loads(line)["listening"]
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
                yield Loud(folder, client, process)
        finally:
            if process.returncode is None:
                process.terminate()
            stdout.write(await process.stdout.read())
            await process.wait()


if __name__ == "__main__":
    from importer.__main__ import main

    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    sys.exit(main(sys.argv[1:], dict(os.environ)))
