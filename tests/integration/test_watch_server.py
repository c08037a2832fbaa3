"""Promises of following imports over HTTP, kept against a scripted server and an importer that wants a token."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loadtests.errors import UsageError
from loadtests.watch.looks import ImportSeen
from loadtests.watch.server import LOOKS_AT_SINGLE, Follower
from tests.runs import ROOT, command
from tests.servers import running

LIST = "/api/v1/imports"
TOKEN = "sixteen-letters-and-more"  # noqa: S105 - made up for this test


class Handler(BaseHTTPRequestHandler):
    """Answers from a table of paths; what is not in it is not found."""

    answers: dict[str, Any]
    asked: list[str]

    def do_GET(self) -> None:
        """Answer as the table says."""
        path = self.path.partition("?")[0]
        self.asked.append(path)
        found = self.answers.get(path)
        body = found.encode() if isinstance(found, str) else json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@contextmanager
def scripted(answers: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve a table of answers, which may change meanwhile."""
    asked: list[str] = []
    handler = type("Scripted", (Handler,), {"answers": answers, "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def item(name: str, status: str, elapsed_s: float | None = 1.0) -> dict[str, Any]:
    return {"import_id": name, "status": status, "elapsed_s": elapsed_s, "error": None}


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"imports": list(items), "next": None}


def test_imports_are_followed_from_before_the_watch_to_their_end() -> None:
    """One that was over before is none of its business; one that was under way or begins meanwhile is, to its end."""
    answers = {LIST: listed(item("b", "running"), item("a", "completed"))}
    with scripted(answers) as (url, _), closing(Follower(url, None)) as follower:
        assert [seen.import_id for seen in follower.look().imports] == ["b"]
        answers[LIST] = listed(item("c", "failed"), item("b", "completed"), item("a", "completed"))
        assert {seen.import_id: seen.status for seen in follower.look().imports} == {"b": "completed", "c": "failed"}
        assert follower.look().imports == ()


def test_an_import_that_left_the_list_is_asked_for_and_may_be_lost() -> None:
    """One that newer ones have pushed off the page is asked for by itself; one that is not known any more is lost."""
    answers = {LIST: listed(item("b", "running"), item("a", "running")), f"{LIST}/a": item("a", "running", 5.0)}
    with scripted(answers) as (url, _), closing(Follower(url, None)) as follower:
        follower.look()
        answers[LIST] = listed()
        assert follower.look().imports == (
            ImportSeen(import_id="a", status="running", elapsed_s=5.0),
            ImportSeen(import_id="b", status="lost", elapsed_s=None),
        )


def test_a_long_queue_is_asked_for_in_turns() -> None:
    """However many imports wait, a look asks for few of them, and every one has its turn."""
    names = [f"i{number:02d}" for number in range(2 * LOOKS_AT_SINGLE)]
    answers = {LIST: listed(*(item(name, "queued", None) for name in names))}
    answers |= {f"{LIST}/{name}": item(name, "queued", None) for name in names}
    with scripted(answers) as (url, asked), closing(Follower(url, None)) as follower:
        follower.look()
        answers[LIST] = listed()
        asked.clear()
        for _ in range(2):
            follower.look()
    assert len(asked) == 2 + len(names)
    assert set(asked) == {LIST, *(f"{LIST}/{name}" for name in names)}


def test_babble_is_no_answer() -> None:
    """A list that is none counts as no answer, and the watch goes on."""
    answers: dict[str, Any] = {LIST: listed()}
    with scripted(answers) as (url, _), closing(Follower(url, None)) as follower:
        answers[LIST] = "<html>bad gateway</html>"
        assert not follower.look().answered
        answers[LIST] = listed()
        assert follower.look().answered


def test_a_server_of_another_kind_is_watched_by_its_memory_alone() -> None:
    """Without a list of imports its own word on its memory is what there is; without either there is nothing."""
    answers = {"/metrics": "# HELP x\nprocess_resident_memory_bytes 5.24288e+07\n"}
    with scripted(answers) as (url, _), closing(Follower(url, None)) as follower:
        assert not follower.lists_imports
        assert follower.resident_bytes() == 50 * 2**20
        assert follower.look().answered
        answers.clear()
        assert not follower.look().answered
        with pytest.raises(UsageError, match="neither"):
            Follower(url, None)


def test_the_token_is_sent_and_never_written(tmp_path: Path) -> None:
    """An importer that wants a token is watched with the one in API_TOKEN, which no file holds; another is refused."""
    settings = {"DATABASE_PATH": str(tmp_path / "games"), "API_TOKEN": TOKEN}
    what = ["watch", "--for-s", "0.1", "--every-s", "0.1", "--out", str(tmp_path / "watch"), "--url"]
    codes = []
    with running(["importer"], settings) as url:
        for token in ("another-token-altogether", TOKEN):
            environment = {**os.environ, "API_TOKEN": token}
            done = subprocess.run(
                [*command(what), url], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            codes.append(done.returncode)
            assert TOKEN not in done.stderr
    assert codes == [2, 12]
    assert all(TOKEN not in file.read_text() for file in (tmp_path / "watch").iterdir())
