"""Imports from Chess.com: a real importer process against the fake's Chess.com side."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.chesscom_truth import true_games, true_ids
from tests.importer_nursery import nursery
from tests.importer_process import end_of, importer, listed_ids, poll, submit
from tests.pgn_games import pgn
from tests.servers import running

# Games stored when a server is killed: in the middle of months, the first as soon as it has begun.
DEATHS = (0, 8, 21, 47, 48)
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
        for stored in (7, 27, 107):
            new = stored - len(stored_pgn(client, "player2"))
            ended = end_of(client, submit(client, "player2", new, "chesscom")["import_id"])
            assert (ended["status"], ended["stored"]) == ("completed", new)
            assert stored_pgn(client, "player2").keys() == set(truth[:stored])


def answers(client: httpx.Client) -> dict[str, float]:
    """Return how many answers of each status the importer has had."""
    lines = client.get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith("importer_upstream_answers_total{")]
    return {line.split('"')[1]: float(line.rsplit(maxsplit=1)[-1]) for line in found}


def test_a_month_that_goes_on_is_asked_for_conditionally(tmp_path: Path) -> None:
    """Nothing new this month is 304 and no game; a finished month is not asked for at all."""
    now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(minutes=2), now - timedelta(minutes=3), now - timedelta(days=100)]
    file = tmp_path / "games.pgn"
    file.write_bytes(b"".join(pgn(number, "1. e4 e5 1-0", int(at.timestamp())) for number, at in enumerate(times)))
    with (
        running(["fake_lichess", "--replay", str(file)]) as upstream,
        importer(tmp_path, upstream, **CONTACT) as client,
    ):
        first = end_of(client, submit(client, "player1", 10, "chesscom")["import_id"])
        assert (first["stored"], answers(client)) == (3, {"200": 3 - (times[0].month == times[1].month) + 1})
        before = answers(client)["200"]
        second = end_of(client, submit(client, "player1", 10, "chesscom")["import_id"])
        assert (second["status"], second["fetched"]) == ("completed", 0)
        assert answers(client)["200"] == before + 1
        assert answers(client)["304"] >= 1


def test_without_a_contact_an_import_is_refused_at_once(tmp_path: Path, upstream: str) -> None:
    """The answer says what to set; Lichess needs none."""
    with importer(tmp_path, upstream) as client:
        body = {"user_id": "player1", "platform": "chesscom", "limit": 5}
        refused = client.post("/api/v1/import-more-games", json=body)
        assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
        assert "Set UPSTREAM_CONTACT to an e-mail address or web site" in refused.json()["detail"]
        assert client.get("/api/v1/imports").json()["imports"] == []
        assert submit(client, "player1", 5)["platform"] == "lichess"


def test_who_is_not_there_fails_with_the_upstream_s_sentence(tmp_path: Path, upstream: str) -> None:
    """An unknown player is no empty history."""
    with importer(tmp_path, upstream, **CONTACT) as client:
        ended = end_of(client, submit(client, "nobody", 5, "chesscom")["import_id"])
        assert (ended["status"], ended["stored"]) == ("failed", 0)
        assert 'User "nobody" not found.' in ended["error"]


def test_players_of_one_name_on_two_platforms_are_two_players(tmp_path: Path, upstream: str) -> None:
    """Both import at once, and neither list of games holds the other's."""
    with importer(tmp_path, upstream, **CONTACT) as client:
        ids = [submit(client, "player3", 5, platform)["import_id"] for platform in ("chesscom", "lichess")]
        assert [end_of(client, import_id)["stored"] for import_id in ids] == [5, 5]
        assert stored_pgn(client, "player3").keys() == set(true_ids(upstream, "player3", 5))
        assert not set(listed_ids(tmp_path, "player3")) & stored_pgn(client, "player3").keys()


def test_no_fault_leaves_an_import_short(tmp_path: Path, upstream: str) -> None:
    """Refused and cut, the import ends complete, with every game once."""
    httpx.put(f"{upstream}/_control/users/troubled", json={"games": 25}).raise_for_status()
    truth = true_ids(upstream, "troubled")
    faults = [{"kind": "too-many-requests", "times": 2}, {"kind": "cut-inside-game", "game": 2}]
    httpx.put(f"{upstream}/_control/users/troubled/faults", json={"faults": faults}).raise_for_status()
    with importer(tmp_path, upstream, **CONTACT, UPSTREAM_BUSY_WAIT_S="0.05") as client:
        ended = end_of(client, submit(client, "troubled", 100, "chesscom")["import_id"])
        assert (ended["status"], ended["stored"], ended["rejected"]) == ("completed", len(truth), 0)
        assert set(listed_ids(tmp_path, "troubled", "chesscom")) == set(truth)


def test_damaged_games_are_left_out_of_months_and_no_others(tmp_path: Path, upstream: str) -> None:
    """What names no game that was played is rejected; repeated games and other line ends change nothing."""
    kinds = ("illegal-move", "truncated-tag", "unknown-variant", "nul-byte", "invalid-utf8", "crlf", "duplicate")
    truth = true_games(upstream, "player6")
    faults = [{"kind": kind, "game": place, "every": 10} for place, kind in enumerate(kinds, 1)]
    httpx.put(f"{upstream}/_control/users/player6/faults", json={"faults": faults}).raise_for_status()
    with importer(tmp_path, upstream, **CONTACT) as client:
        ended = end_of(client, submit(client, "player6", 1000, "chesscom")["import_id"])
        stored = stored_pgn(client, "player6")
    assert (ended["status"], ended["stored"]) == ("completed", len(stored))
    assert 0 < ended["rejected"] == len(truth) - len(stored)
    assert stored.items() <= truth.items()


def test_deaths_in_the_middle_of_months_lose_and_double_nothing(tmp_path: Path, upstream: str) -> None:
    """Killed again and again, the import ends with the newest games of the truth and no others."""
    truth = true_ids(upstream, "player4")
    settings = {"DATABASE_PATH": str(tmp_path / "games.sqlite3"), "CHESSCOM_BASE_URL": upstream, **CONTACT}
    with importer(tmp_path, upstream, **CONTACT) as client:
        end_of(client, submit(client, "player4", 10, "chesscom")["import_id"])
    import_id = ""
    with nursery() as here:
        for stored in DEATHS:
            url = here.start({**settings, "IMPORT_BATCH_SIZE": "3"})
            with httpx.Client(base_url=url or "") as client:
                if import_id and poll(client, import_id)["status"] == "completed":
                    here.signal(signal.SIGKILL)
                    break  # a busy machine kills late, and asking again would begin another import
                import_id = submit(client, "player4", 90, "chesscom")["import_id"]
                while (now := poll(client, import_id))["stored"] < stored and now["status"] != "completed":
                    pass
            here.signal(signal.SIGKILL)
    with importer(tmp_path, upstream, **CONTACT) as client:
        ended = end_of(client, import_id)
    assert (ended["status"], ended["stored"]) == ("completed", 90)
    assert ended["fetched"] == ended["stored"] + ended["duplicates"] + ended["rejected"]
    assert set(listed_ids(tmp_path, "player4", "chesscom")) == set(truth[:100])
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith("games.sqlite3")] == []
