"""Promises of the Locust file to a person who starts it without the harness."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from loadtests.rows import Import, RowsReader
from tests.servers import running

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "locust", "-f", "loadtests/scenarios/locustfile.py"]


@contextmanager
def web_interface(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Locust with its web interface on a free port; yields once it says where it listens."""
    command = [*COMMAND, "--web-port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as locust:
        try:
            assert locust.stderr is not None
            assert any("Starting web interface at" in line for line in locust.stderr)
            yield locust
        finally:
            locust.terminate()


def listening_on(pid: int) -> set[str]:
    """The addresses at which a process accepts connections, as soon as it has one."""
    while True:
        connections = psutil.Process(pid).net_connections("tcp")
        if found := {at.laddr.ip for at in connections if at.status == psutil.CONN_LISTEN}:
            return found


def imported(url: str) -> list[tuple[str, int]]:
    """Who was imported from the stand-in, and how many games were asked for."""
    asked = httpx.get(url + "/journal", trust_env=False).json()
    return [(entry["body"]["user_id"], entry["body"]["limit"]) for entry in asked if entry["method"] == "POST"]


def run_by_hand(url: str, environment: Mapping[str, str], run_time: str = "1s") -> str:
    """Two users who begin imports for so long; returns what Locust printed."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    arguments = ["--host", url, "--headless", "--users", "2", "--spawn-rate", "2", "--run-time", run_time]
    arguments += ["--stop-timeout", "10"]
    done = subprocess.run(
        ["env", *variables, *COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout + done.stderr


def test_users_import_again_and_again() -> None:
    """By hand each user takes the next player's name and repeats its import; Locust's table has routes without ids."""
    with running(["tests.stand_in_importer", "--at-once", "5"]) as url:
        printed = run_by_hand(url, {}, "6s")
        asked = imported(url)
    assert {user for user, _ in asked} == {"player1", "player2"}
    assert {games for _, games in asked} == {500}
    assert len(asked) >= 4
    assert "/api/v1/imports/{id}" in printed
    assert "500 games, start to end" in printed


def test_variables_choose_accounts_and_games(tmp_path: Path) -> None:
    """By hand LOAD_* variables name the accounts and the games, and rows are written where a file is named."""
    rows_file = tmp_path / "rows.jsonl"
    with running(["tests.stand_in_importer"]) as url:
        run_by_hand(url, {"LOAD_USERS": "ann,bob", "LOAD_GAMES": "7", "LOAD_ROWS_FILE": str(rows_file)})
        asked = imported(url)
    assert set(asked) == {("ann", 7), ("bob", 7)}
    assert [row for row in RowsReader(rows_file).all() if isinstance(row, Import) and row.state == "completed"]


def test_a_stop_timeout_lets_imports_end(tmp_path: Path) -> None:
    """By hand an import that runs when the time is over is watched to its end, as long as Locust's timeout allows."""
    rows_file = tmp_path / "rows.jsonl"
    with running(["tests.stand_in_importer", "--polls", "15"]) as url:
        run_by_hand(url, {"LOAD_ROWS_FILE": str(rows_file)})
    imports = [row for row in RowsReader(rows_file).all() if isinstance(row, Import)]
    assert [row.state for row in imports if row.latest is None] == ["unsent", "unanswered"] * 2
    assert [row.state for row in imports[-2:]] == ["completed"] * 2


def test_the_web_interface_stays_on_this_machine() -> None:
    """Without being told otherwise Locust's web interface accepts connections from this machine only."""
    with web_interface() as locust:
        assert listening_on(locust.pid) == {"127.0.0.1"}


def test_the_web_interface_can_be_opened_on_purpose() -> None:
    """Whoever names a web host gets that one."""
    with web_interface("--web-host", "*") as locust:
        assert listening_on(locust.pid) & {"0.0.0.0", "::"}  # noqa: S104
