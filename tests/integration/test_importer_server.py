"""The importer as a process, against the fake Lichess as a process: what clients and operators rely on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.importer_process import end_of, importer, listed_ids, poll, submit, tool, true_ids
from tests.servers import running


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Run a fake Lichess without limits; accounts have 150 games."""
    with running(["fake_lichess", "--profile", "unlimited", "--games", "150", "--seed", "5"]) as url:
        yield url


@pytest.fixture(scope="module")
def client(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run an importer with the default settings."""
    with importer(tmp_path_factory.mktemp("importer"), upstream) as running_importer:
        yield running_importer


def test_an_import_ends_with_exactly_the_games_of_the_truth(upstream: str, tmp_path: Path) -> None:
    """Two imports of 50 games hold the 100 newest, each once, newest first."""
    with importer(tmp_path, upstream) as client:
        first = end_of(client, submit(client, "player1", 50)["import_id"])
        assert (first["status"], first["fetched"], first["stored"]) == ("completed", 50, 50)
        assert sorted(listed_ids(tmp_path, "player1")) == sorted(true_ids(upstream, "player1", max=50))
        second = end_of(client, submit(client, "player1", 50)["import_id"])
        assert (second["status"], second["stored"], second["rejected"]) == ("completed", 50, 0)
    assert sorted(listed_ids(tmp_path, "player1")) == sorted(true_ids(upstream, "player1", max=100))


def test_a_whole_account_is_imported_and_then_there_is_nothing_more(upstream: str, tmp_path: Path) -> None:
    """Asked for more than there is, an import takes everything; asked again, it finds nothing new."""
    with importer(tmp_path, upstream) as client:
        everything = end_of(client, submit(client, "player2", 100_000)["import_id"])
        nothing = end_of(client, submit(client, "Player2", 100_000)["import_id"])
    assert (everything["status"], everything["stored"]) == ("completed", 150)
    assert (nothing["status"], nothing["stored"]) == ("completed", 0)
    assert len(set(listed_ids(tmp_path, "PLAYER2"))) == 150


def test_the_import_object_has_every_promised_field(client: httpx.Client) -> None:
    """On acceptance and at the end an import is described by the same fields, measured ones None until measured."""
    accepted = submit(client, "player3", 10)
    assert (accepted["status"], accepted["queue_position"], accepted["limit"]) == ("running", 0, 10)
    assert accepted["first_game_after_s"] is None
    ended = end_of(client, accepted["import_id"])
    assert set(ended) == set(accepted)
    assert ended["phase"] == "finished"
    assert 0 <= ended["queue_wait_s"] < ended["elapsed_s"]
    assert 0 < ended["first_game_after_s"] <= ended["elapsed_s"]
    assert ended["error"] is None
    assert poll(client, accepted["import_id"]) == ended


def test_an_unknown_player_fails_with_the_reason(client: httpx.Client) -> None:
    """The import of a player who does not exist ends failed, says why, and stores nothing."""
    ended = end_of(client, submit(client, "nobody", 10)["import_id"])
    assert (ended["status"], ended["stored"]) == ("failed", 0)
    assert ended["error"].startswith("no such player: ")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"user_id": "a", "platform": "lichess", "limit": 1},
            "user_id must be 2 to 30 letters, digits, underscores or hyphens, not 'a'.",
        ),
        (
            {"user_id": "", "platform": "lichess", "limit": 1},
            "user_id must be 2 to 30 letters, digits, underscores or hyphens, not ''.",
        ),
        (
            {"user_id": "../../x", "platform": "lichess", "limit": 1},
            "user_id must be 2 to 30 letters, digits, underscores or hyphens, not '../../x'.",
        ),
        (
            {"user_id": "alice\n", "platform": "lichess", "limit": 1},
            "user_id must be 2 to 30 letters, digits, underscores or hyphens, not 'alice\\n'.",
        ),
        (
            {"user_id": "alice", "platform": "chess24", "limit": 1},
            'platform must be "lichess" or "chesscom", not \'chess24\'.',
        ),
        (
            {"user_id": "alice", "platform": "lichess", "limit": 0},
            "limit must be a whole number from 1 to 100000, not '0'.",
        ),
        (
            {"user_id": "alice", "platform": "lichess", "limit": 100_001},
            "limit must be a whole number from 1 to 100000, not '100001'.",
        ),
        (
            {"user_id": "alice", "platform": "lichess", "limit": "many"},
            "limit must be a whole number from 1 to 100000, not 'many'.",
        ),
        (
            {"user_id": "alice", "platform": "lichess"},
            "limit is missing: it must be a whole number from 1 to 100000.",
        ),
        (
            {"user_id": "alice", "platform": "lichess", "limit": 1, "upstream_token": "lip_with a blank"},
            "upstream_token must be 1 to 512 letters, digits and -._~+/=, or left out.",
        ),
        (
            {"user_id": "alice", "platform": "lichess", "limit": 1, "colour": "white"},
            "colour is not known: a request names user_id, platform and limit.",
        ),
        ([1], "The body must be a JSON object with user_id, platform and limit."),
    ],
)
def test_bad_requests_are_refused_in_one_sentence(client: httpx.Client, body: object, detail: str) -> None:
    """What cannot be understood gets 422 with a sentence that names the field, the rule and what was found."""
    answer = client.post("/api/v1/import-more-games", json=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize(("body", "status"), [(b"{", 422), (b"", 422), (b"null", 422), (b"\xff", 400)])
def test_a_body_that_is_no_json_object_is_refused_likewise(client: httpx.Client, body: bytes, status: int) -> None:
    """Bytes that are not JSON, or not even text, get the same kind of answer."""
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/import-more-games", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/imports/none", "/nowhere"])
def test_what_does_not_exist_is_a_problem_with_status_404(client: httpx.Client, path: str) -> None:
    """An unknown import and an unknown route are both answered with a problem object."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_health_and_readiness_answer(client: httpx.Client) -> None:
    """A server that listens is alive and ready."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_the_configuration_tells_the_effective_settings(upstream: str, tmp_path: Path) -> None:
    """Every setting is reported as text, with a warning where the settings contradict each other."""
    with importer(tmp_path, upstream, MAX_CONCURRENT_IMPORTS="4", IMPORT_BATCH_SIZE="7") as client:
        config = client.get("/api/v1/config").json()
    assert config["settings"]["MAX_CONCURRENT_IMPORTS"] == "4"
    assert config["settings"]["IMPORT_BATCH_SIZE"] == "7"
    assert config["settings"]["HTTP_POOL_LIMIT_PER_HOST"] == "3"
    (warning,) = config["warnings"]
    assert "the extra imports would show as running while they wait" in warning


def test_the_fourth_of_four_imports_waits_its_turn(client: httpx.Client) -> None:
    """With room for three the fourth import is queued first in line, and completes by itself."""
    states = [submit(client, f"player{number}", 150) for number in range(10, 14)]
    assert [state["queue_position"] for state in states] == [0, 0, 0, 1]
    ended = [end_of(client, state["import_id"]) for state in states]
    assert [state["status"] for state in ended] == ["completed"] * 4
    assert ended[3]["queue_wait_s"] > max(state["queue_wait_s"] for state in ended[:3])


def test_the_server_answers_while_five_imports_run(upstream: str, tmp_path: Path) -> None:
    """Parsing takes turns with answering: the middle status poll takes less than 100 ms with five imports running."""
    settings = {"MAX_CONCURRENT_IMPORTS": "5", "HTTP_POOL_LIMIT_PER_HOST": "5"}
    took_s = []
    with importer(tmp_path, upstream, **settings) as client:
        import_ids = [submit(client, f"player{number}", 150)["import_id"] for number in range(5)]
        running_ids = set(import_ids)
        while running_ids:
            for import_id in import_ids:
                asked_s = time.perf_counter()
                if poll(client, import_id)["status"] == "completed":
                    running_ids.discard(import_id)
                took_s.append(time.perf_counter() - asked_s)
    assert sorted(took_s)[len(took_s) // 2] < 0.1


def test_sigterm_in_mid_import_loses_nothing(tmp_path: Path) -> None:
    """Asked to stop, the server stores the games in hand, empties its log, ends in time, and resumes when started."""
    with running(["fake_lichess", "--profile", "lichess", "--games", "60", "--seed", "5"]) as slow:
        with importer(tmp_path, slow, IMPORT_BATCH_SIZE="1000") as client:
            import_id = submit(client, "player1", 50)["import_id"]
            while poll(client, import_id)["fetched"] < 3:
                pass
            asked_s = time.monotonic()
        assert time.monotonic() - asked_s < 10
        assert not (tmp_path / "games.sqlite3-wal").exists()
        assert len(listed_ids(tmp_path, "player1")) >= 3
        with importer(tmp_path, slow) as client:
            state = end_of(client, import_id)
        assert (state["status"], state["stored"]) == ("completed", 50)
        assert sorted(listed_ids(tmp_path, "player1")) == sorted(true_ids(slow, "player1", max=50))


def test_a_second_server_on_the_same_database_is_refused(tmp_path: Path, upstream: str) -> None:
    """Two servers would both run the same imports: the second says so and exits with 3."""
    with importer(tmp_path, upstream):
        second = tool(tmp_path, "--port", "0")
    assert second.returncode == 3
    assert "belongs to a server that is running" in second.stderr.decode()


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [("IMPORT_BATCH_SIZE", "none", "a whole number from 1 to 100000"), ("LICHESS_BASE_URL", "ftp://x", "an http://")],
)
def test_nonsense_settings_refuse_to_start(tmp_path: Path, variable: str, value: str, allowed: str) -> None:
    """The server does not start, exits with 2, and names the variable, the value and what is allowed."""
    environment = {**os.environ, "DATABASE_PATH": str(tmp_path / "games.sqlite3"), variable: value}
    command = [sys.executable, "-m", "importer", "--port", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"importer: {variable} is {value!r}, but must be {allowed}")
    assert "Traceback" not in ended.stderr


def test_without_json_people_are_told_where_the_server_listens(tmp_path: Path) -> None:
    """People's text and warnings go to standard error, nothing to standard output."""
    environment = {**os.environ, "DATABASE_PATH": str(tmp_path / "games.sqlite3"), "MAX_CONCURRENT_IMPORTS": "9"}
    command = [sys.executable, "-m", "importer", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        warning, listening = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == ""
    assert warning.startswith("warning: MAX_CONCURRENT_IMPORTS is 9 but HTTP_POOL_LIMIT_PER_HOST is 3")
    assert listening.startswith("listening on http://127.0.0.1:")
    assert process.returncode == 0


@pytest.mark.parametrize("port", ["65536", "99999", "-1"])
def test_a_port_that_no_machine_has_is_refused(tmp_path: Path, port: str) -> None:
    """The system would take 99999 for 34463: the server names the bounds and exits with 3."""
    ended = tool(tmp_path, "--port", port)
    assert ended.returncode == 3
    assert f"port {port} cannot be listened on: it is not from 0 to 65535" in ended.stderr.decode()


def test_a_port_in_use_is_named(tmp_path: Path, client: httpx.Client) -> None:
    """A server that cannot listen says on which port, and exits with 3."""
    ended = tool(tmp_path, "--port", str(client.base_url.port))
    assert ended.returncode == 3
    assert f"port {client.base_url.port} cannot be listened on" in ended.stderr.decode()
