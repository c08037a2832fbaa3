"""Imports from Chess.com: a real importer process against the fake's Chess.com side."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.chesscom_truth import true_games, true_ids
from tests.importer_process import end_of, importer, listed_ids, submit
from tests.servers import running

CONTACT = {"UPSTREAM_CONTACT": "tests@example.org"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake that bears no parallel requests."""
    with running(["fake_lichess", "--profile", "documented", "--games", "150", "--seed", "5"]) as url:
        yield url


def stored_pgn(client: httpx.Client, user: str) -> dict[str, str]:
    """Return the text of every stored game by its id."""
    games = client.get(f"/api/v1/users/{user}/games", params={"platform": "chesscom", "limit": 1000}).json()["games"]
    return {game["id"]: game["pgn"] for game in games}


def test_a_whole_history_is_the_truth(tmp_path: Path, upstream: str) -> None:
    """Every game that the fake publishes is stored as it was sent, whatever the case of the name, and each once."""
    with importer(tmp_path, upstream, **CONTACT) as client:
        ended = end_of(client, submit(client, "Player1", 1000, "chesscom")["import_id"])
        assert ended["error"] is None
        assert stored_pgn(client, "player1") == true_games(upstream, "player1")
        assert (ended["status"], ended["stored"]) == ("completed", len(true_ids(upstream, "player1")))
        assert ended["rejected"] == ended["duplicates"] == 0


def test_more_is_the_newest_and_then_the_older(tmp_path: Path, upstream: str) -> None:
    """The first games are the newest, in the middle of a month too, and each further import goes on before them."""
    truth = true_ids(upstream, "player2")
    with importer(tmp_path, upstream, **CONTACT) as client:
        for stored in (7, 27, 47, 107):
            new = stored - len(listed_ids(tmp_path, "player2", "chesscom"))
            ended = end_of(client, submit(client, "player2", new, "chesscom")["import_id"])
            assert (ended["status"], ended["stored"]) == ("completed", new)
            assert set(listed_ids(tmp_path, "player2", "chesscom")) == set(truth[:stored])
