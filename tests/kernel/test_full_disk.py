"""A disk that is really full: the import says so, new ones are refused for now, and everything goes on with space."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.importer_process import end_of, importer, listed_ids, poll, submit, true_ids
from tests.servers import running

pytestmark = pytest.mark.kernel


def mount(path: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 512 KiB, on which a new database fits and 400 games do not."""
    path = tmp_path / "disk"
    path.mkdir()
    mount(path, "size=512k")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_full_disk_holds_imports_up_and_loses_nothing(disk: Path) -> None:
    """The state is clear while the disk is full, requests get 503, and with space the import completes by itself."""
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", "400"]) as upstream,
        importer(disk, upstream) as client,
    ):
        import_id = submit(client, "player1", 400)["import_id"]
        while (state := poll(client, import_id))["held_up"] is None or "disk" not in state["held_up"]:
            assert state["status"] == "running"
        assert state["held_up"].startswith("the disk ")
        assert (state["status"], state["error"]) == ("running", None)
        refused = refusal(client)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0
        mount(disk, "remount,size=16m")
        ended = end_of(client, import_id)
        assert (ended["status"], ended["stored"], ended["held_up"]) == ("completed", 400, None)
        assert ended["fetched"] == ended["stored"] + ended["duplicates"] + ended["rejected"]
        assert end_of(client, submit(client, "player2", 10)["import_id"])["stored"] == 10
        assert sorted(listed_ids(disk, "player1")) == sorted(true_ids(upstream, "player1"))


def test_a_server_on_a_full_disk_stops_in_time_and_resumes(disk: Path) -> None:
    """Stopped while nothing can be stored, the server ends cleanly; with space the next one completes the import."""
    with running(["fake_lichess", "--profile", "unlimited", "--games", "400"]) as upstream:
        with importer(disk, upstream) as client:
            import_id = submit(client, "player1", 400)["import_id"]
            while "disk" not in str(poll(client, import_id)["held_up"]):
                pass
        mount(disk, "remount,size=16m")
        with importer(disk, upstream) as client:
            assert end_of(client, import_id)["stored"] == 400
        assert sorted(listed_ids(disk, "player1")) == sorted(true_ids(upstream, "player1"))


def refusal(client: httpx.Client) -> httpx.Response:
    """Ask for imports, each of which needs a little of the space that is left, until one is refused."""
    for number in range(10, 500):
        body = {"user_id": f"player{number}", "platform": "lichess", "limit": 10}
        answer = client.post("/api/v1/import-more-games", json=body)
        if answer.status_code != 202:
            break
    assert answer.status_code == 503, answer.text
    return answer
