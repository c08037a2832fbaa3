"""Runs the importer and its tools as processes, and speaks with them as clients and scripts do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.servers import running

JsonObject = dict[str, Any]


@contextmanager
def importer(path: Path, upstream: str, **settings: str) -> Iterator[httpx.Client]:
    """Run an importer on a database in *path*."""
    places = {"DATABASE_PATH": str(path / "games.sqlite3"), "LICHESS_BASE_URL": upstream, "CHESSCOM_BASE_URL": upstream}
    with running(["importer"], {**places, **settings}) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client


def submit(client: httpx.Client, user: str, limit: int, platform: str = "lichess") -> JsonObject:
    """Ask for an import that must be accepted."""
    answer = client.post("/api/v1/import-more-games", json={"user_id": user, "platform": platform, "limit": limit})
    assert answer.status_code == 202, answer.text
    accepted: JsonObject = answer.json()
    assert answer.headers["Location"] == f"/api/v1/imports/{accepted['import_id']}"
    return accepted


def poll(client: httpx.Client, import_id: str) -> JsonObject:
    """Return an import as it stands."""
    answer = client.get(f"/api/v1/imports/{import_id}")
    assert answer.status_code == 200
    state: JsonObject = answer.json()
    return state


def end_of(client: httpx.Client, import_id: str) -> JsonObject:
    """Poll an import to its end."""
    deadline_s = time.monotonic() + 30
    while (state := poll(client, import_id))["status"] in {"queued", "running"}:
        assert time.monotonic() < deadline_s, state
    return state


def tool(path: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run one of the importer's tools on the database in *path*."""
    environment = {**os.environ, "DATABASE_PATH": str(path / "games.sqlite3")}
    command = [sys.executable, "-m", "importer", *arguments]
    return subprocess.run(command, env=environment, input=stdin, capture_output=True, timeout=30, check=False)


def listed_ids(path: Path, user: str, platform: str = "lichess") -> list[str]:
    """Return the stored ids of a user as the tool lists them."""
    return tool(path, "list-games", "--user", user, "--platform", platform).stdout.decode().split()


def true_ids(upstream: str, user: str, **window: int) -> list[str]:
    """Return the ids that an import of that window must end up with."""
    truth = httpx.get(f"{upstream}/_control/users/{user}/truth", params=window).json()
    return [game["id"] for game in truth["games"]]
