"""Promises of the known-answer servers to any client, without a control group."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.servers import running

ROOT = Path(__file__).resolve().parents[2]


def asked(url: str, path: str = "/hold") -> tuple[float, int]:
    """Ask, and say when the answer came and what its status was."""
    status = httpx.get(url + path, trust_env=False, timeout=30).status_code
    return time.monotonic(), status


def test_requests_are_answered_together() -> None:
    """Three requests sent at about the same moment are all held until the last has what it needs, and its time."""
    with (
        running(["loadtests.standards", "exact", "--per-request-mib", "20", "--hold-s", "0.3"]) as url,
        ThreadPoolExecutor(3) as pool,
    ):
        began_s = time.monotonic()
        answers = list(pool.map(asked, [url] * 3))
    times = [at_s for at_s, _ in answers]
    assert [status for _, status in answers] == [200] * 3
    assert min(times) - began_s > 0.3
    assert max(times) - min(times) < 0.2


def test_it_tells_what_it_runs_with() -> None:
    """Weights come from the environment, an option has the last word, and what really runs is told."""
    with running(["loadtests.standards", "exact", "--per-request-mib", "2"], {"BASE_MIB": "17"}) as url:
        settings = httpx.get(url + "/config", trust_env=False).json()["settings"]
        assert (settings["STANDARD"], settings["BASE_MIB"], settings["PER_REQUEST_MIB"]) == ("exact", "17.0", "2.0")


def test_a_client_that_hangs_up_harms_nobody() -> None:
    """A request whose client has gone is forgotten, and the next one is answered."""
    with running(["loadtests.standards", "exact", "--hold-s", "0.2"]) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url + "/hold", trust_env=False, timeout=0.05)
        assert asked(url)[1] == 200


def test_health_is_told_while_requests_are_held() -> None:
    """A held request does not keep the server from saying that it is well."""
    with running(["loadtests.standards", "exact", "--hold-s", "0.5"]) as url:
        held = threading.Thread(target=asked, args=(url,))
        held.start()
        began_s = time.monotonic()
        ended_s, status = asked(url, "/healthz")
        held.join()
    assert status == 200
    assert ended_s - began_s < 0.5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a standard"),
        (["nosuch"], "exact"),
        (["exact", "--base-mib", "1"], "larger base"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: list[str], told: str) -> None:
    """What cannot be served is refused with what can, and without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.standards", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
