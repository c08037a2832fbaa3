"""What bad input gets: a sentence that names file, key and remedy, the exit code of its class, and nothing left."""

import re
import socket
from collections.abc import Mapping

import pytest

from loadtests import cgroup
from tests.runs import harness, run_folder

pytestmark = pytest.mark.kernel
GOOD = {
    "name": '"mine"',
    "python": '".venv/bin/python"',
    "command": '["{python}", "-m", "loadtests.standards", "exact", "--port", "{port}"]',
    "ready_path": '"/healthz"',
    "scenario": '"hold"',
}
PLAN = 'description = "d"\ngames_per_user = 1\nstored_games_per_user = 0\n'
SERIES = '[[series]]\nname = "users"\nusers = [1]\n'


def refused(target: Mapping[str, str], *arguments: str, plan: str = PLAN + SERIES, **times: float) -> tuple[int, str]:
    """Let a sweep of this target and plan fail; return its exit code and its sentence, which is the last line."""
    groups = cgroup.detect()
    with run_folder() as folder:
        file, described = folder.parent / "mine.toml", folder.parent / "plan.toml"
        file.write_text("\n".join(f"{key} = {value}" for key, value in target.items()))
        described.write_text(plan)
        options = ("--target", str(file), "--plan", str(described), "--out", str(folder))
        done = harness("sweep", *options, *arguments, **times)
        assert not folder.exists(), sorted(folder.iterdir())
        *_, sentence = done.stderr.strip().splitlines()
        assert sentence.startswith("error: ")
        assert "Traceback" not in done.stderr
        assert re.search(r"mine\.toml|plan\.toml", sentence), sentence
        assert groups.leftovers() == ()
        return done.returncode, sentence


def test_an_unknown_key_in_a_target_file() -> None:
    """A misspelt key of a target is named, with the file to compare with; exit code 2."""
    code, sentence = refused({**GOOD, "reddy_path": '"/"'})
    assert (code, "'reddy_path'" in sentence, "template.toml" in sentence) == (2, True, True), sentence


def test_a_missing_command() -> None:
    """A target without a command is told which key is missing; exit code 2."""
    code, sentence = refused({key: value for key, value in GOOD.items() if key != "command"})
    assert (code, "'command'" in sentence, "template.toml" in sentence) == (2, True, True), sentence


def test_a_command_that_does_not_exist() -> None:
    """A mistyped program never starts: the shell's words, the key, and what to try; exit code 12."""
    code, sentence = refused({**GOOD, "command": '["no-such-server"]'})
    assert (code, "'command'" in sentence, "no-such-server" in sentence) == (12, True, True), sentence
    assert "Try the command by hand" in sentence


def test_a_port_in_use() -> None:
    """A server on a port of its own that somebody has already: its words say so; exit code 12."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, sentence = refused({**GOOD, "command": GOOD["command"].replace("{port}", str(port))})
    assert (code, "'command'" in sentence, "Address already in use" in sentence) == (12, True, True), sentence


def test_a_server_that_dies_at_start() -> None:
    """A server that ends by itself before it is ready: its exit code and its last words; exit code 12."""
    command = GOOD["command"].replace("]", ', "--base-mib", "1"]')
    code, sentence = refused({**GOOD, "command": command})
    assert (code, "exit code 1" in sentence, "Ask for a larger base" in sentence) == (12, True, True), sentence


def test_a_server_that_never_gets_ready() -> None:
    """A server that listens and is never ready: how long was waited, and what to correct; exit code 12."""
    command = GOOD["command"].replace('"exact"', '"slow_start"').replace("]", ', "--ready-after-s", "60"]')
    code, sentence = refused({**GOOD, "command": command}, READY_WITHIN_S=1.0)
    assert (code, "'ready_path'" in sentence, "within 1 s" in sentence) == (12, True, True), sentence
    assert "LOADTEST_READY_WITHIN_S" in sentence


def test_a_limit_below_the_base() -> None:
    """A limit under which the server does not even start: the option to raise; exit code 2."""
    command = GOOD["command"].replace("]", ', "--base-mib", "40"]')
    code, sentence = refused({**GOOD, "command": command}, "--limit-mib", "20")
    assert (code, "--limit-mib 20" in sentence, "Raise --limit-mib" in sentence) == (2, True, True), sentence


@pytest.mark.parametrize(
    ("plan", "key"),
    [
        (PLAN, "'series'"),
        (PLAN + SERIES.replace("[1]", "[]"), "users"),
        (PLAN + SERIES + "vary = { A = [] }", "'vary.A'"),
    ],
)
def test_a_plan_with_zero_trials(plan: str, key: str) -> None:
    """A plan without a series, without users, or with a knob that has no value: the key; exit code 2."""
    code, sentence = refused(GOOD, plan=plan)
    assert (code, key in sentence) == (2, True), sentence


def test_a_reserve_that_leaves_nothing() -> None:
    """A reserve as large as the limit could never be kept: both options are named; exit code 2."""
    done = harness("find", "--limit-mib", "64", "--reserve-mib", "64")
    assert (done.returncode, "--reserve-mib 64" in done.stderr, "--limit-mib 64" in done.stderr) == (2, True, True)


def test_a_setting_under_which_nothing_could_be_trusted() -> None:
    """When every trial is void there is no answer: the endings, where their reasons are, and exit code 12."""
    with run_folder() as folder:
        arguments = ("--target", "standard", "--set", "STANDARD=exact", "--users", "1", "--out", str(folder))
        done = harness("run", *arguments, INTERVAL_S=1.0, IDLE_S=0.1)
        assert done.returncode == 12, done.stderr
        assert "none of the 1 trials could be trusted: invalid" in done.stderr
