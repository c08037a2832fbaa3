"""Promises of watching a server that runs already: real importers, real processes, no root asked for."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.watch.looks import Look, WatchEnd, WatchRun, from_lines
from tests.importer_process import end_of, submit
from tests.runs import ROOT, command, harness
from tests.servers import running

WAITS = "import sys; sys.stdin.read()"
LONG_S = 60  # a choice: only a test that fails waits so long


@contextmanager
def server(arguments: list[str], **environment: str) -> Iterator[tuple[str, int]]:
    """Run a server of ours and yield its address and its process."""
    words = [sys.executable, "-m", *arguments, "--port", "0", "--json"]
    with subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["listening"], process.pid
        finally:
            process.terminate()


@contextmanager
def watching(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a watch and yield it once it has looked for the first time."""
    with subprocess.Popen(
        command(["watch", "--json", *arguments]), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert "memory" in process.stderr.readline()
            yield process
        finally:
            process.kill()


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = process.communicate(timeout=LONG_S)
    told: dict[str, Any] = json.loads(said)
    return told


def states(told: dict[str, Any]) -> list[str]:
    return [check["state"] for check in told["checks"]]


def lines(folder: Path) -> list[WatchRun | Look | WatchEnd]:
    with (folder / "watch.jsonl").open(encoding="utf-8") as file:
        return list(from_lines(file))


def test_three_real_imports_tick_the_whole_checklist(tmp_path: Path) -> None:
    """Watched by process and address, three imports at once are seen under way and done, and every line is kept."""
    with (
        running(["fake_lichess", "--profile", "unlimited", "--games", "300", "--max-streams", "0"]) as upstream,
        server(["importer"], DATABASE_PATH=str(tmp_path / "games"), LICHESS_BASE_URL=upstream) as (url, pid),
        httpx.Client(base_url=url, timeout=10) as client,
    ):
        end_of(client, submit(client, "player1", 5)["import_id"])  # over before the watch: none of its business
        what = ("--pid", str(pid), "--url", url, "--every-s", "0.05", "--out", str(tmp_path / "watch"))
        with watching(*what) as watch:
            begun = [submit(client, user, 250)["import_id"] for user in ("player2", "player3", "player4")]
            ends = [end_of(client, name) for name in begun]
            assert {end["status"] for end in ends} == {"completed"}, ends
            look_again(tmp_path / "watch", begun)
            watch.send_signal(signal.SIGINT)
            told = result(watch)
    assert states(told) == ["kept"] * 5, told
    assert told["interrupted"] is True
    assert watch.returncode == 130
    seen = [line for line in lines(tmp_path / "watch") if isinstance(line, Look)]
    assert {item.import_id for look in seen if look.server for item in look.server.imports} == set(begun)
    assert all(look.memory and look.memory.bytes and look.memory.bytes > 10 * 2**20 for look in seen)
    assert "- [x] every import completes: **kept**, 3 completed" in (tmp_path / "watch" / "watch.md").read_text()


def look_again(folder: Path, begun: list[str]) -> None:
    """Wait until the watch has written down that these imports completed."""
    while (folder / "watch.jsonl").read_text().count('"status":"completed"') < len(begun):
        pass


def test_a_death_ends_the_watch_with_what_was_seen(tmp_path: Path) -> None:
    """A process that is killed while it is watched is a broken checklist, at once, with record and report."""
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as victim:
        with watching("--pid", str(victim.pid), "--every-s", "0.05", "--out", str(tmp_path / "watch")) as watch:
            victim.kill()
            told = result(watch)
        assert watch.returncode == 10
    assert states(told)[:3] == ["kept", "kept", "broken"], told
    assert lines(tmp_path / "watch")[-1] == WatchEnd(
        at_s=lines(tmp_path / "watch")[-1].at_s,  # type: ignore[union-attr]
        why="what was watched is gone",
    )
    assert "**broken**" in (tmp_path / "watch" / "watch.md").read_text()


def test_a_threshold_of_ones_own_is_broken(tmp_path: Path) -> None:
    """The limit is an option, descendants count, and the exit code tells a script that it was broken."""
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAITS!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as victim:
        done = harness(
            "watch", "--pid", str(victim.pid), "--for-s", "0.3", "--every-s", "0.1", "--peak-mib", "1", "--json",
            "--out", str(tmp_path / "watch"),
        )  # fmt: skip
        victim.communicate()
    assert done.returncode == 10, done.stderr
    assert states(json.loads(done.stdout))[0] == "broken"


def test_a_person_sees_the_checklist_tick(tmp_path: Path) -> None:
    """On a terminal the whole checklist stands there, each line with its mark."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as victim:
        what = [
            "watch",
            "--pid",
            str(victim.pid),
            "--for-s",
            "0.2",
            "--every-s",
            "0.1",
            "--out",
            str(tmp_path / "watch"),
        ]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        with subprocess.Popen(command(what), cwd=ROOT, env=environment, stderr=theirs) as watch:
            os.close(theirs)
            shown = everything(ours)
        victim.communicate()
    assert watch.returncode == 0
    assert shown.count("✓") >= 3
    assert "every import completes" in shown


def everything(terminal: int) -> str:
    """Read a terminal until nobody writes to it any more, which Linux tells by an error."""
    shown = b""
    with suppress(OSError):
        while more := os.read(terminal, 65_536):
            shown += more
    os.close(terminal)
    return shown.decode()


def test_nothing_under_way_is_nothing_shown(tmp_path: Path) -> None:
    """A watch of an importer that nobody uses does not pass for a kept checklist; the server's own memory is used."""
    with server(["importer"], DATABASE_PATH=str(tmp_path / "games")) as (url, _):
        done = harness(
            "watch", "--url", url, "--for-s", "0.2", "--every-s", "0.1", "--json", "--out", str(tmp_path / "w")
        )
    assert done.returncode == 12, done.stderr
    assert states(json.loads(done.stdout)) == ["not shown", "not watched", "kept", "not shown", "not shown"]
    assert "told" in (tmp_path / "w" / "watch.jsonl").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "nothing to watch was named"),
        (("--pid", "1", "--cgroup", "/"), 2, "exclude each other"),
        (("--pid", "4194304"), 2, "no such process"),
        (("--cgroup", "/nowhere"), 2, "cannot be read"),
        (("--url", "http://127.0.0.1:1"), 12, "nothing answers"),
        (("--url", "127.0.0.1:8000"), 2, "is no address"),
        (("--url", "http://127.0.0.1:port"), 2, "is no address"),
    ],
)
def test_what_is_not_there_gets_one_sentence(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """Something to watch that is not there is said in a sentence, and no record is begun."""
    done = harness("watch", *words, "--out", str(tmp_path / "watch"))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "watch").exists()


def test_a_record_is_never_written_over(tmp_path: Path) -> None:
    """A folder that holds a watch, or that cannot be written to, is refused before anything is looked at."""
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as victim:
        what = ("watch", "--pid", str(victim.pid), "--for-s", "0.1", "--out")
        codes = [harness(*what, str(folder)).returncode for folder in (tmp_path, tmp_path, "/proc/nowhere")]
        victim.communicate()
    assert codes == [0, 2, 2]
