"""The fake's truth against a real importer: whatever went wrong on the way, the store is what the truth says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.importer_process import end_of, importer, submit
from tests.servers import running

GAMES = 120
# Every damage a game can have, each more than once; none shares a game with another.
DAMAGES = (
    "truncated-tag", "illegal-move", "unknown-variant", "nul-byte", "invalid-utf8", "crlf", "duplicate", "no-newline",
    "missing-elo",
)  # fmt: skip
EVERY = 20


@pytest.fixture
def upstream() -> Iterator[httpx.Client]:
    """Run an unpaced fake."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]
    with running(arguments) as url, httpx.Client(base_url=url) as client:
        yield client


def stored_texts(client: httpx.Client, user: str) -> list[bytes]:
    """Return the PGN of every stored game."""
    path = f"/api/v1/users/{user}/games"
    answer = client.get(path, params={"limit": GAMES}, headers={"Accept": "application/x-chess-pgn"})
    return [f"[Event {text}".strip().encode() for text in answer.raise_for_status().text.split("[Event ")[1:]]


@pytest.mark.parametrize("connection", [None, "cut-inside-character", "status-502"])
def test_an_import_ends_up_with_the_truth(tmp_path: Path, upstream: httpx.Client, connection: str | None) -> None:
    """Damaged games are refused, odd ones kept once, contents unchanged to the byte, through whatever breaks once."""
    faults: list[dict[str, object]] = [
        {"kind": kind, "game": place, "every": EVERY} for place, kind in enumerate(DAMAGES, start=2)
    ]
    faults += [{"kind": "same-millisecond", "game": EVERY - 3, "games": 3}, {"kind": "giant-game", "game": EVERY + 1}]
    if connection is not None:
        faults.append({"kind": connection} | ({"game": 33} if connection.startswith("cut") else {}))
    upstream.put("/_control/users/player1/faults", json={"faults": faults}).raise_for_status()
    with importer(tmp_path, str(upstream.base_url)) as client:
        ended = end_of(client, submit(client, "player1", 1000)["import_id"])
        assert ended["status"] == "completed", ended
        texts = stored_texts(client, "player1")
    truth = upstream.get("/_control/users/player1/truth", params={"digest": "true"}).json()
    assert len(truth["cannot_be_stored"]) == 5 * GAMES // EVERY
    assert len(texts) == truth["count"] == ended["stored"]
    digests = [hashlib.sha256(text).hexdigest() for text in texts]
    assert sorted(digests) == sorted(game["sha256"] for game in truth["games"])
    assert f"{sum(int(digest, 16) for digest in digests) % 2**256:064x}" == truth["digest"]
