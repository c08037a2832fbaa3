"""Promises to a person's own Locust file under the harness: its users do what they do by hand, and are counted out."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.generator import Generated, Load, start_generator
from loadtests.load import require_locustfile
from tests.servers import running

READY_WITHIN_S = 15.0
HEAD = "import gevent\nfrom locust import FastHttpUser, HttpUser, LoadTestShape, User, constant, task\n"
PLAIN = """
class Me(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/journal")
"""
# Every way in which a file can be unlike the plain one, and still be right.
UNUSUAL = """
class Shape(LoadTestShape):
    def tick(self):
        return (50, 50)


class Slow(HttpUser):
    fixed_count = 1

    def on_start(self):
        self.client.get("/journal", name="hello")

    @task
    def look(self):
        with self.client.get("/nothing", catch_response=True) as answer:
            answer.success()


class Many(FastHttpUser):
    @task
    def look(self):
        try:
            gevent.joinall([gevent.spawn(self.client.get, "/journal") for _ in range(2)])
        except Exception:
            raise AssertionError("what ends a user is no exception") from None
"""
CUSTOM = """
class Own(User):
    wait_time = constant(0.01)

    @task
    def measure(self):
        self.environment.events.request.fire(
            request_type="OWN", name="thing", response_time=1, response_length=0, exception=None, context={}
        )
"""


def visited(tmp_path: Path, text: str, **changes: Any) -> Generated:
    """Let two users of this Locust file do their work on the stand-in server."""
    file = tmp_path / "mine.py"
    file.write_text(HEAD + text)
    with running(["tests.stand_in_importer"]) as url:
        load = Load(url, ("ann", "bob"), 1, "aligned", 10.0, scenario="locustfile", own_file=file)
        with start_generator(replace(load, **changes), tmp_path) as generator:
            assert generator.wait_ready(READY_WITHIN_S)
            generator.release()
            assert generator.wait(20)
            return generator.collect(time.monotonic())


@pytest.mark.parametrize("workers", [1, 2])
def test_each_user_sends_as_many_requests_as_it_is_told(tmp_path: Path, workers: int) -> None:
    """A user leaves after its last request, in one process as over several, and every request has a row."""
    made = visited(tmp_path, PLAIN, rounds=3, workers=workers)
    assert (made.outcome, [row.state for row in made.imports]) == ("finished", ["completed"] * 2)
    assert [(request.name, request.status) for request in made.requests] == [("GET /journal", 200)] * 6
    for row in made.imports:
        assert row.sent_s is not None
        assert row.done_s is not None
        assert row.scheduled_s <= row.sent_s < row.done_s


def test_unusual_files_are_taken_as_they_are(tmp_path: Path) -> None:
    """Several classes, a shape, both clients, requests from greenlets, and a status that the file calls a success."""
    made = visited(tmp_path, UNUSUAL, rounds=2)
    assert [row.state for row in made.imports] == ["completed"] * 2, made.imports
    names = sorted(request.name for request in made.requests)
    assert names == ["GET /journal", "GET /journal", "GET /nothing", "GET hello"]
    assert {request.error for request in made.requests} == {None}


def test_what_is_no_http_counts_as_well(tmp_path: Path) -> None:
    """A user of a protocol of its own is counted by what it reports."""
    made = visited(tmp_path, CUSTOM, rounds=2)
    assert [row.state for row in made.imports] == ["completed"] * 2
    assert [request.name for request in made.requests] == ["OWN thing"] * 4


def test_users_can_work_for_a_time(tmp_path: Path) -> None:
    """With seconds instead of requests every user sends what it can until they have passed, and is done then."""
    made = visited(tmp_path, PLAIN, work_s=0.5)
    assert (made.outcome, [row.state for row in made.imports]) == ("finished", ["completed"] * 2)
    assert len(made.requests) > 2
    assert made.wall_s >= 0.5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PLAIN.replace("/journal", "/nothing"), "GET /nothing: "),
        (PLAIN.replace("self.client", "self.no_client"), "AttributeError: "),
        (PLAIN.replace("self.client", "self.stop(); self.client"), "left after 1 of 2 requests"),
    ],
)
def test_failures_are_named(tmp_path: Path, text: str, why: str) -> None:
    """An answer that is an error, a task that raises, a user that leaves early: the user failed, and it is said why."""
    made = visited(tmp_path, text, rounds=2)
    assert [row.state for row in made.imports] == ["failed"] * 2
    assert all((row.error or "").startswith(why) for row in made.imports), made.imports


def test_a_user_that_never_ends_meets_the_time_limit(tmp_path: Path) -> None:
    """Work that outlasts the load is cut off there, and told as not done."""
    made = visited(tmp_path, PLAIN, rounds=1_000_000, time_limit_s=0.5)
    assert made.outcome == "timed_out"
    assert {(row.state, row.done_s, row.error) for row in made.imports} == {
        ("unanswered", None, "not done within the 0.5 s of the load")
    }


def test_open_arrivals_come_when_they_are_due(tmp_path: Path) -> None:
    """With a schedule of its own each user begins at its time, whoever is still there."""
    made = visited(tmp_path, PLAIN, start="poisson", offsets_s=(0.0, 0.4))
    [first, second] = made.imports
    assert second.scheduled_s - first.scheduled_s == pytest.approx(0.4)
    assert second.sent_s is not None
    assert second.sent_s >= second.scheduled_s


def test_a_good_file_is_let_through(tmp_path: Path) -> None:
    """What Locust can read and has users in is no reason for complaint."""
    file = tmp_path / "mine.py"
    file.write_text(HEAD + PLAIN)
    require_locustfile(file, "mine.toml")
