"""Every fault of the connection and of the answer, as its bytes arrive from a running fake Lichess."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
GAMES = 20


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one unpaced server for all tests of this file; each has a user of its own."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES)]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        yield client


def give(client: httpx.Client, user: str, **fault: str | float) -> None:
    """Give a user this one fault."""
    client.put(f"/_control/users/{user}/faults", json={"faults": [fault]}).raise_for_status()


def exported(client: httpx.Client, user: str, parameters: Mapping[str, str] | None = None) -> tuple[bytes, bool]:
    """Export; return what arrived and whether it came to its proper end."""
    pieces: list[bytes] = []
    with client.stream("GET", f"/api/games/user/{user}", params=parameters) as answer:
        assert answer.status_code == 200
        try:
            pieces.extend(answer.iter_raw())
        except httpx.RemoteProtocolError:
            return b"".join(pieces), False
    return b"".join(pieces), True


def split(text: bytes) -> list[bytes]:
    """Cut a sound export into its games."""
    return [game + b"\n\n\n" for game in text.split(b"\n\n\n")[:-1]]


@pytest.mark.parametrize("game", [0, 1, 7, GAMES])
def test_cut_after_game_sends_whole_games_and_no_end(client: httpx.Client, game: int) -> None:
    """The connection closes after so many whole games, even after the last, without the final chunk; once."""
    user = f"player-cut-{game}"
    whole, _ = exported(client, user)
    give(client, user, kind="cut-after-game", game=game)
    assert exported(client, user) == (b"".join(split(whole)[:game]), False)
    assert exported(client, user) == (whole, True)


def test_cut_inside_game_leaves_half_a_game(client: httpx.Client) -> None:
    """Three whole games, then the beginning of the fourth, then nothing."""
    whole, _ = exported(client, "player-inside")
    give(client, "player-inside", kind="cut-inside-game", game=3)
    received, complete = exported(client, "player-inside")
    games = split(whole)
    assert not complete
    assert received == b"".join(games[:3]) + games[3][: len(games[3]) // 2]


def test_cut_inside_character_ends_with_half_a_character(client: httpx.Client) -> None:
    """What arrives is no UTF-8 for its last byte alone."""
    give(client, "player-character", kind="cut-inside-character", game=2)
    received, complete = exported(client, "player-character")
    assert not complete
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        received.decode()
    assert received[:-1].decode().count("[Event ") == 3


def test_stall_goes_silent_and_then_goes_on(client: httpx.Client) -> None:
    """After five games nothing comes for as long as told; then the rest."""
    whole, _ = exported(client, "player-stall")
    give(client, "player-stall", kind="stall", game=5, seconds=0.4)
    with client.stream("GET", "/api/games/user/player-stall") as answer:
        arrivals = [(monotonic(), piece) for piece in answer.iter_raw()]
    before = b"".join(split(whole)[:5])
    silent_from = next(
        at for at in range(len(arrivals)) if b"".join(piece for _, piece in arrivals[: at + 1]) == before
    )
    assert arrivals[silent_from + 1][0] - arrivals[silent_from][0] > 0.3
    assert b"".join(piece for _, piece in arrivals) == whole


def test_a_reader_who_gives_up_on_a_stall_leaves_nothing_behind(client: httpx.Client) -> None:
    """A client's own timeout ends the stream, which is then no longer in flight."""
    give(client, "player-patience", kind="stall", game=1, seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/games/user/player-patience", timeout=0.3)
    deadline = monotonic() + 10.0
    while client.get("/_control/stats").json()["streams_in_flight"]:
        assert monotonic() < deadline


def test_drip_sends_small_pieces_with_pauses(client: httpx.Client) -> None:
    """From the second game on, so many bytes at a time; nothing is lost."""
    whole, _ = exported(client, "player-drip", {"max": "3"})
    give(client, "player-drip", kind="drip", game=1, seconds=0.001, size_bytes=100)
    with client.stream("GET", "/api/games/user/player-drip", params={"max": "3"}) as answer:
        pieces = list(answer.iter_raw())
    assert b"".join(pieces) == whole
    assert pieces[0] == split(whole)[0]
    assert {len(piece) for piece in pieces[1:]} > {100}
    assert max(len(piece) for piece in pieces[1:]) == 100


def test_a_paced_stream_keeps_its_pace_between_faults() -> None:
    """A stall in a stream of 25 games a second adds to its time and changes nothing else."""
    with running(["fake_lichess"]) as url, httpx.Client(base_url=url, headers=ME) as client:
        give(client, "player-paced", kind="stall", game=3, seconds=0.3)
        began = monotonic()
        received, complete = exported(client, "player-paced", {"max": "12"})
    assert complete
    assert received.count(b"[Event ") == 12
    assert monotonic() - began >= 0.3 + (12 - 2 - 2) / 25.0


def test_too_many_requests_comes_as_often_as_told(client: httpx.Client) -> None:
    """A burst of 429 with the real words, without Retry-After, and then the games."""
    give(client, "player-burst", kind="too-many-requests", times=3)
    answers = [client.get("/api/games/user/player-burst") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].text == '{"error":"Please only run 1 request(s) at a time"}'
    assert "retry-after" not in answers[0].headers


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_status_faults_are_pages_of_the_web_server(client: httpx.Client, status: int) -> None:
    """The page of nginx itself, in HTML, once."""
    give(client, f"player-{status}", kind=f"status-{status}")
    answer = client.get(f"/api/games/user/player-{status}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["server"]) == (status, "nginx")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith(f"<html>\r\n<head><title>{status} ")
    assert client.get(f"/api/games/user/player-{status}").status_code == 200


def test_html_200_is_a_page_in_place_of_games(client: httpx.Client) -> None:
    """Status 200 alone proves nothing: the content type and the body are a page, every time when told so."""
    give(client, "player-page", kind="html-200", times=0)
    for _ in range(3):
        answer = client.get("/api/games/user/player-page")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.text.startswith("<!DOCTYPE html>")


def test_faults_of_everyone_strike_each_user_as_often_as_told(client: httpx.Client) -> None:
    """`*` stands for all users without faults of their own, and each has the fault to himself."""
    give(client, "player-mine", kind="status-503")
    give(client, "*", kind="status-502")
    try:
        statuses = [client.get(f"/api/games/user/player-{name}").status_code for name in ("a1", "a2", "mine", "a1")]
    finally:
        client.put("/_control/users/*/faults", json={"faults": []}).raise_for_status()
    assert statuses == [502, 502, 503, 200]


def test_what_has_struck_is_counted_and_what_is_given_is_listed(client: httpx.Client) -> None:
    """The stats count each kind; the user's faults come back as they were told; none are left when taken back."""
    path = "/_control/users/player-listed/faults"
    before = client.get("/_control/stats").json()["faults"].get("status-504", 0)
    given = {"faults": [{"kind": "status-504", "times": 2}, {"kind": "stall", "seconds": 2.5}]}
    assert client.put(path, json=given).json() == {"user": "player-listed", **given}
    client.get("/api/games/user/player-listed")
    assert client.get("/_control/stats").json()["faults"]["status-504"] == before + 1
    assert client.get(path).json() == {"user": "player-listed", **given}
    assert client.put(path, json={"faults": []}).json() == {"user": "player-listed", "faults": []}


def test_faults_can_be_there_from_the_start(tmp_path: Path) -> None:
    """A file names users and their faults; the user `*` stands for all others."""
    file = tmp_path / "faults.toml"
    file.write_text(
        '[[users.player1]]\nkind = "cut-after-game"\ngame = 4\n\n[[users."*"]]\nkind = "status-503"\ntimes = 2\n'
    )
    arguments = ["fake_lichess", "--profile", "unlimited", "--faults", str(file)]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        received, complete = exported(client, "player1")
        assert (received.count(b"[Event "), complete) == (4, False)
        assert [client.get("/api/games/user/player2").status_code for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[users.a]]\nkind = "earthquake"\n', "users.a.0.kind"),
        ("users = 3\n", "users"),
        ("not toml", "docs/fake-lichess.md"),
    ],
)
def test_a_file_without_faults_is_explained(tmp_path: Path, text: str, said: str) -> None:
    """Exit code 5 and a sentence that names the place and where to read on."""
    file = tmp_path / "faults.toml"
    file.write_text(text)
    command = [sys.executable, "-m", "fake_lichess", "--port", "0", "--faults", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert f"cannot take faults from {file}" in ended.stderr
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "earthquake"}, "too-many-requests"),
        ({"kind": "status-500", "seconds": 1}, "status-500 knows no seconds; it can be told: times"),
        ({"kind": "crlf", "game": 0}, "counted from 1"),
        ({"kind": "duplicate", "copies": 9}, "less than or equal to 8"),
        ({"kind": "stall", "seconds": 0}, "greater than 0"),
    ],
)
def test_impossible_faults_are_refused_with_the_reason(
    client: httpx.Client, fault: dict[str, str | int], reason: str
) -> None:
    """Nothing is accepted that would silently do nothing."""
    answer = client.put("/_control/users/player-x/faults", json={"faults": [fault]})
    assert answer.status_code == 422
    assert reason in answer.text
