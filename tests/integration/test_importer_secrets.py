"""A token is used and nothing else: whatever goes wrong, it is in no output, no answer, no metric and no file."""

import asyncio
import json
import resource
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.importing import importing
from tests.loud_importer import PLAYERS_TOKEN, SERVERS_TOKEN, Loud, assert_secret, loud
from tests.pgn_games import game_id, pgn, stream
from tests.scripted_upstream import PGN, Answer, ScriptedUpstream, scripted

TRACEBACK_OF_A_CRASH = b"most recent call first"
OVER = {"completed", "failed", "cancelled"}
# What no upstream should do, but a page for developers of one does: it shows the request it got.
REFLECTED = f'[Event "?"]\n[Site "GET / HTTP/1.1 Authorization: Bearer {PLAYERS_TOKEN}"]\n\n1. e4 1-0\n\n\n'.encode()

TROUBLES = {
    "refused401": Answer(status=401),
    "refused403": Answer(status=403),
    "unknown": Answer(status=404),
    "busy": Answer(status=429),
    "down500": Answer(status=500, kind="text/html"),
    "down503": Answer(status=503, kind="text/html"),
    "page": Answer((b"<html>",), kind="text/html"),
    "cut": Answer((*stream([2]), pgn(1)[:99]), cut=True),
    "stalled": Answer(stream([2, 1]), hold=True),
    "reflected-as-game": Answer((pgn(2), REFLECTED, pgn(1, White=PLAYERS_TOKEN))),
    "reflected-as-kind": Answer((REFLECTED,), kind=f"text/{PLAYERS_TOKEN}"),
    "reflected-as-nonsense": Answer(kind=f"{PGN}\r\n: Bearer {PLAYERS_TOKEN}"),
}


def request(**fields: object) -> dict[str, Any]:
    return {"json": {"user_id": "alice", "platform": "lichess", "limit": 5, **fields}}


def raw(text: str) -> dict[str, Any]:
    return {"content": text.encode(), "headers": {"Content-Type": "application/json"}}


ODD = [
    ("POST", "/api/v1/import-more-games", request(user_id=PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", request(user_id=f"{'x' * 50} {PLAYERS_TOKEN}")),
    ("POST", "/api/v1/import-more-games", request(platform=PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", request(limit=PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", request(limit={"upstream_token": PLAYERS_TOKEN})),
    ("POST", "/api/v1/import-more-games", request(upstream_token=f"{PLAYERS_TOKEN} ")),
    ("POST", "/api/v1/import-more-games", request(upstream_token=[PLAYERS_TOKEN])),
    ("POST", "/api/v1/import-more-games", request(upstream_token={"token": PLAYERS_TOKEN})),
    ("POST", "/api/v1/import-more-games", request(Upstream_Token=PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", request(**{PLAYERS_TOKEN: 1})),
    ("POST", "/api/v1/import-more-games", {"json": [PLAYERS_TOKEN]}),
    ("POST", "/api/v1/import-more-games", {"json": PLAYERS_TOKEN}),
    ("POST", "/api/v1/import-more-games", raw(PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", raw('{"upstream_token": "' + PLAYERS_TOKEN)),
    ("POST", "/api/v1/import-more-games", raw(json.dumps({"upstream_token": PLAYERS_TOKEN}) + "}" * 9)),
    ("POST", "/api/v1/import-more-games", {"content": PLAYERS_TOKEN, "headers": {"Content-Type": PLAYERS_TOKEN}}),
    ("POST", "/api/v1/import-more-games", {**request(), "headers": {"Idempotency-Key": f"{PLAYERS_TOKEN} x"}}),
    ("POST", f"/api/v1/import-more-games?upstream_token={PLAYERS_TOKEN}", request(limit=0)),
    ("GET", f"/api/v1/imports/{PLAYERS_TOKEN}", {}),
    ("GET", f"/api/v1/imports/{PLAYERS_TOKEN}/events", {}),
    ("GET", f"/api/v1/imports?after={PLAYERS_TOKEN}", {}),
    ("GET", f"/api/v1/imports?limit={PLAYERS_TOKEN}&status={PLAYERS_TOKEN}", {}),
    ("GET", f"/api/v1/users/{PLAYERS_TOKEN * 2}/games", {}),
    ("GET", f"/api/v1/users/alice/games?after={PLAYERS_TOKEN}", {}),
    ("GET", "/api/v1/users/alice/games", {"headers": {"Accept": PLAYERS_TOKEN}}),
    ("GET", f"/{PLAYERS_TOKEN}", {}),
    (PLAYERS_TOKEN.replace("_", "-"), "/api/v1/imports", {}),
    ("GET", "/api/v1/imports", {"headers": {"Authorization": f"Basic {SERVERS_TOKEN}"}}),
    ("GET", "/api/v1/imports", {"headers": {"Authorization": f"Bearer {SERVERS_TOKEN}x"}}),
]


def has_said(folder: Path, text: bytes) -> bool:
    return text in (folder / "stderr").read_bytes()


async def troubled(server: Loud, upstream: ScriptedUpstream, user: str, answer: Answer) -> None:
    """Import in a player's name from an upstream that always answers so, until it shows; then cancel."""
    upstream.script, already = (answer,), len(upstream.asked)
    place = await server.submit(user)
    await server.until(place, lambda state: state["held_up"] or state["status"] in OVER)
    await server.ask("DELETE", place)
    await server.until(place, lambda state: state["status"] in OVER)
    assert upstream.asked[already].headers["authorization"] == f"Bearer {PLAYERS_TOKEN}"
    async with server.client.stream("GET", f"{place}/events") as events:
        server.heard.append("".join([text async for text in events.aiter_text()]))
    await server.ask("GET", f"/api/v1/users/{user}/games")


def test_no_trouble_of_the_upstream_shows_a_token(tmp_path: Path) -> None:
    """However an import ends, and however loud the log, nobody reads the token; nor does whom a redirect points to."""

    async def run() -> list[str]:
        async with scripted(Answer(stream([1]))) as elsewhere, scripted(Answer()) as upstream:
            away = Answer(status=307, kind=f"{PGN}\r\nLocation: {elsewhere.url}/api/games/user/redirected")
            async with loud(tmp_path, upstream.url) as server:
                for user, answer in {**TROUBLES, "redirected": away}.items():
                    await troubled(server, upstream, user, answer)
                await server.ask_everything()
                upstream.script = (Answer(stream([9, 8, 7]), hold=True),)
                place = await server.submit("stopped")
                await server.until(place, lambda state: state["fetched"])
                assert await server.end(signal.SIGTERM) == 0
            assert elsewhere.asked == []
            return server.heard

    assert_secret(tmp_path, asyncio.run(run()))


def test_no_request_is_answered_with_a_token(tmp_path: Path) -> None:
    """Put where it does not belong, refused, or met by a fault of the server, a token is in no answer and no log."""

    async def run() -> list[str]:
        async with scripted(Answer(stream([1]))) as upstream, loud(tmp_path, upstream.url) as server:
            for method, path, what in ODD:
                assert (await server.ask(method, path, **what)).status_code in range(400, 500), (method, path, what)
            place = await server.submit("ended")
            await server.until(place, lambda state: state["status"] in OVER)
            with closing(sqlite3.connect(tmp_path / "games.sqlite3")) as other, other:
                other.execute("UPDATE imports SET status = 'nonsense'")
            assert (await server.ask("GET", place)).status_code == 500
            with closing(sqlite3.connect(tmp_path / "games.sqlite3")) as other, other:
                other.execute("DROP TABLE imports")
            assert (await server.ask("POST", "/api/v1/import-more-games", **request())).status_code == 503
            await server.ask_everything()
            return server.heard

    assert_secret(tmp_path, asyncio.run(run()))
    assert has_said(tmp_path, b"Traceback")


@pytest.mark.parametrize("death", [signal.SIGABRT, signal.SIGKILL])
def test_no_death_leaves_a_token_behind(tmp_path: Path, death: signal.Signals) -> None:
    """Killed or crashed in the middle of an import, the server leaves no token in its files, last words or a dump."""

    async def run() -> list[str]:
        async with scripted(Answer(stream([9, 8, 7]), hold=True)) as upstream:
            async with loud(tmp_path, upstream.url, UPSTREAM_STALL_S="60", IMPORT_BATCH_SIZE="1") as server:
                place = await server.submit("crashed")
                await server.until(place, lambda state: state["stored"])
                server.process.send_signal(signal.SIGUSR1)
                while not has_said(tmp_path, TRACEBACK_OF_A_CRASH):
                    await server.ask("GET", "/healthz")
                assert resource.prlimit(server.process.pid, resource.RLIMIT_CORE)[0] in {0, 1}
                assert await server.end(death) == -death
            async with loud(tmp_path, upstream.url, UPSTREAM_STALL_S="60") as again:
                await again.until(place, lambda state: state["fetched"] > 2)
                assert "authorization" not in upstream.asked[-1].headers
                await again.ask_everything()
            return server.heard + again.heard

    assert_secret(tmp_path, asyncio.run(run()))


def test_an_upstream_cannot_mark_one_import_and_know_it_in_another(tmp_path: Path) -> None:
    """A cookie that came with one player's answer is not sent with the next player's request."""

    async def run() -> list[dict[str, str]]:
        marking = Answer(stream([1]), kind=f"{PGN}\r\nSet-Cookie: session={PLAYERS_TOKEN}; Path=/")
        async with scripted(marking) as upstream, importing(upstream.url, tmp_path) as here:
            await here.run(1, "Alice")
            await here.run(1, "Berta")
            return [one.headers for one in upstream.asked]

    assert ["cookie" in headers for headers in asyncio.run(run())] == [False, False]


def test_what_an_upstream_sends_back_is_kept_without_the_token(tmp_path: Path) -> None:
    """A text that repeats the token is rejected and kept for inspection, with the token taken out."""

    async def run() -> tuple[list[str], list[tuple[str | None, str, bytes]]]:
        async with scripted(TROUBLES["reflected-as-game"]) as upstream, importing(upstream.url, tmp_path) as here:
            submitted = await here.imports.submit("lichess", "Alice", 5, PLAYERS_TOKEN)
            row = await here.end_of(submitted.row.import_id)
            return here.stored_ids(), here.store.rejected(row.import_id)

    stored, rejected = asyncio.run(run())
    assert stored == [game_id(2)]
    assert [reason for _, reason, _ in rejected] == ["it repeats the token that was sent"] * 2
    assert all(b"(a token)" in text for _, _, text in rejected)
