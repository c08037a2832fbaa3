"""Who may ask what, and how often: scopes, logins, limits on looking users up, and odd methods and origins."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers import running

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
EXPORT = "/api/games/user/player1"
# An anonymous address may look up 16 000 / 42 users a day.
ANONYMOUS_A_DAY = 381


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Run one server that believes who is asking, with a token that may read mail."""
    arguments = ["fake_lichess", "--games", "20", "--trust-client-header", "--speed", "10"]
    with running(arguments) as url, httpx.Client(base_url=url, headers=ME) as client:
        token = {"user": "player1", "scopes": ["email:read"]}
        client.put("/_control/tokens/reader", json=token).raise_for_status()
        client.put("/_control/tokens/trusted", json={"user": "player2", "verified": True}).raise_for_status()
        yield client


def bearer(name: str = "reader") -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def test_a_scope_that_is_missing_is_named(client: httpx.Client) -> None:
    """Mail needs one scope, preferences one of two; the answer's headers say what there is and what was wanted."""
    assert client.get("/api/account/email", headers=bearer()).json() == {"email": "player1@example.org"}
    missing = client.get("/api/account/preferences", headers=bearer())
    assert (missing.status_code, missing.json()) == (
        403,
        {"error": "Missing scope: preference:read || web:mobile"},
    )
    assert missing.headers["x-oauth-scopes"] == "email:read"
    assert missing.headers["x-accepted-oauth-scopes"] == "preference:read,web:mobile"
    client.put("/_control/tokens/both", json={"user": "player1", "scopes": ["web:mobile", "a:b"]}).raise_for_status()
    found = client.get("/api/account/preferences", headers=bearer("both"))
    assert list(found.json()) == ["prefs", "language"]
    assert found.headers["x-oauth-scopes"] == "a:b,web:mobile"


@pytest.mark.parametrize("path", ["/api/account", "/api/account/email", "/api/games/export/bookmarks"])
def test_what_needs_a_token_says_so(client: httpx.Client, path: str) -> None:
    """Without any, 401 and the same words everywhere."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (401, {"error": "Missing authorization header"})
    assert answer.headers["x-oauth-scopes"] == ""


@pytest.mark.parametrize(
    ("path", "login"), [("/games/export/player1", "/login"), ("/api/games/export/imports", "/signup")]
)
def test_pages_of_old_send_people_to_a_login(client: httpx.Client, path: str, login: str) -> None:
    """Programs are told in JSON, and with a token the answer is the export."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, login)
    told = client.get(path, headers={"Accept": "application/x-ndjson"})
    assert (told.status_code, told.json()) == (401, {"error": "Login required"})
    assert client.get(path, headers=bearer()).status_code == 200
    assert client.get(path, headers=bearer("wrong")).json() == {"error": "No such token"}


def test_the_older_exports_are_the_same_without_the_api_s_headers(client: httpx.Client) -> None:
    """The same games by user and by ids, for web pages of Lichess itself only."""
    new, old = (client.get(path, params={"max": 3}, headers=bearer()) for path in (EXPORT, "/games/export/player1"))
    assert new.text == old.text
    assert ("access-control-allow-origin" in new.headers, "access-control-allow-origin" in old.headers) == (True, False)
    game_id = new.text.split('[GameId "')[1][:8]
    assert client.post("/games/export/_ids", content=game_id).text.count("[GameId") == 1
    assert client.get("/games/export/player1", headers=bearer() | {"User-Agent": "curl/8"}).status_code == 404


def test_an_address_may_look_up_so_many_users_a_day(client: httpx.Client) -> None:
    """Then everybody there is refused in the form he accepts, whoever is looked up; other addresses are not."""
    here = {"X-Forwarded-For": "10.0.0.1"}
    found = [client.get(f"/api/user/player{number}", headers=here).status_code for number in range(ANONYMOUS_A_DAY + 1)]
    assert found == [200] * ANONYMOUS_A_DAY + [429]
    told = client.get("/api/user/player1", headers=here | {"Accept": "application/json"})
    assert (told.status_code, told.json()) == (429, {"error": "Too many requests. Try again later."})
    assert "retry-after" not in told.headers
    assert client.get("/api/user/nobody", headers=here).headers["content-type"].startswith("text/html")
    script = client.get("/api/user/player1", headers=here | {"X-Requested-With": "XMLHttpRequest"})
    assert script.text == "Too many requests. Try again later."
    assert client.get("/api/user/player1", headers={"X-Forwarded-For": "10.0.0.2"}).status_code == 200


def test_batches_are_cheaper_and_limited_apart(client: httpx.Client) -> None:
    """8 000 users in ten minutes: 2 000 credits, of which a batch of 300 costs 75; fewer than four cost nothing."""
    here = {"X-Forwarded-For": "10.0.0.3"}
    batch = ",".join(["nobody"] * 400)
    before = client.get("/_control/stats").json()["too_many_requests"]
    answers = [client.post("/api/users", content=batch, headers=here).status_code for _ in range(28)]
    assert answers == [200] * 27 + [429]
    assert client.get("/_control/stats").json()["too_many_requests"] == before + 1
    assert client.post("/api/users", content="player1,player2", headers=here).status_code == 200
    assert client.post("/api/users", content=batch, headers=here | bearer("trusted")).status_code == 429
    elsewhere = {"X-Forwarded-For": "10.0.0.4"} | bearer("trusted")
    assert [client.post("/api/users", content=batch, headers=elsewhere).status_code for _ in range(28)] == [200] * 28


def test_asking_for_the_head_sends_none_of_the_body(client: httpx.Client) -> None:
    """HEAD has the headers of GET; of an export not a game is sent, and its place is free again."""
    head = client.head(EXPORT, params={"max": 5})
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/x-chess-pgn")
    for path in ("/api/user/player1", "/pub/player/player1", "/game/export/zzzzzzzz"):
        one, other = client.head(path), client.get(path)
        assert (one.status_code, one.content) == (other.status_code, b"")
        assert one.headers["content-length"] == other.headers["content-length"]
    assert client.get("/_control/stats").json()["streams_in_flight"] == 0


@pytest.mark.parametrize("path", [EXPORT, "/api/nowhere"])
def test_browsers_may_ask_what_is_allowed_under_the_api(client: httpx.Client, path: str) -> None:
    """Any path there answers OPTIONS alike; elsewhere there is nothing, and Chess.com refuses."""
    answer = client.options(path)
    assert (answer.status_code, answer.headers["access-control-max-age"]) == (204, "86400")
    assert answer.headers["allow"] == "OPTIONS, GET, POST, PUT, DELETE"
    assert client.options("/game/export/zzzzzzzz").status_code == 404
    assert client.options("/pub/player/player1").status_code == 403


def test_the_app_s_web_views_may_come_with_their_login(client: httpx.Client) -> None:
    """Their origin is named, everybody else's is not."""
    for origin in ("http://localhost", "http://localhost:3000", "capacitor://localhost"):
        answer = client.get("/game/export/zzzzzzzz", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
    answer = client.get("/api/user/player1", headers={"Origin": "http://localhost.example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_find_no_page(client: httpx.Client, method: str) -> None:
    """A route that knows no such method is no route; the harness's own say which method is wrong."""
    assert client.request(method, EXPORT).status_code == 404
    assert client.request(method, "/_control/stats").status_code == 405
    assert client.request(method, "/pub/player/player1").json()["message"].startswith("Data provider not found")


@pytest.mark.parametrize("path", ["/api/user/a", "/api/user/a/current-game", "/api/games/user/pl%20ayer"])
def test_impossible_names_find_no_page_whatever_is_accepted(client: httpx.Client, path: str) -> None:
    """The page people see even for JSON, a sentence for scripts."""
    assert "Page not found" in client.get(path, headers={"Accept": "application/json"}).text
    script = client.get(path, headers={"X-Requested-With": "XMLHttpRequest"})
    assert (script.status_code, script.text) == (404, "400 - Invalid Lichess username")
    assert client.get("/game/export/toolongid.pgn").text == "404 - Resource not found"
