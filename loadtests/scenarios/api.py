"""Speaks a server's HTTP API for one user and writes every request down; decides nothing about imports."""

import errno
import json
from collections.abc import Callable
from time import monotonic
from typing import Any

from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession, FastResponse

from loadtests.rows import Request
from loadtests.scenarios.attempt import Answer
from loadtests.scenarios.rows import RowsFile

IMPORTS_PATH = "/api/v1/imports/"
REQUEST_PATH = "/api/v1/import-more-games"
# Longest piece of an answer that goes into an error text: enough for a sentence, too short for a page of HTML.
DETAIL_CHARACTERS = 300


class ServerApi:
    """The two routes an importing user needs, and the one that a holding user does."""

    def __init__(self, client: FastHttpSession, rows: RowsFile) -> None:
        self._client = client
        self._rows = rows

    def ask_for_import(self, user: str, games: int) -> Answer:
        """Ask for up to *games* games of *user*."""
        body = {"user_id": user, "platform": "lichess", "limit": games}
        return self._exchange(
            REQUEST_PATH, lambda: self._client.post(REQUEST_PATH, json=body, name=REQUEST_PATH), "POST"
        )

    def look_at(self, import_id: str) -> Answer:
        """Ask how far an import has come."""
        name = IMPORTS_PATH + "{id}"
        return self._exchange(name, lambda: self._client.get(IMPORTS_PATH + import_id, name=name), "GET")

    def hold(self, path: str) -> Answer:
        """Send one request that the server answers when it is done with it."""
        return self._exchange(path, lambda: self._client.get(path, name=path), "GET")

    def _exchange(self, route: str, send: Callable[[], FastResponse], method: str) -> Answer:
        sent_s = monotonic()
        try:
            answer = _read(sent_s, send())
        except BaseException as error:
            # The user was cut off in the middle of a request: it is a request all the same.
            text = f"cut off: {str(error) or type(error).__name__}"
            self._rows.write(Request(f"{method} {route}", sent_s, monotonic() - sent_s, None, text))
            raise
        response_s = answer.received_s - sent_s
        self._rows.write(Request(f"{method} {route}", sent_s, response_s, answer.status, answer.error))
        return answer


def _read(sent_s: float, response: FastResponse) -> Answer:
    """Turn Locust's response into an answer; Locust hands failures back as responses that carry an error."""
    failure: Exception | None = getattr(response, "error", None)
    try:
        content: bytes = response.content or b""
    except FAILURE_EXCEPTIONS as error:
        return Answer(sent_s, monotonic(), None, None, _name(error), _is_refusal(error))
    received_s = monotonic()
    status = response.status_code or None
    if status is None:
        return Answer(sent_s, received_s, None, None, _name(failure), _is_refusal(failure))
    body = _json_object(content)
    return Answer(sent_s, received_s, status, body, _complaint(status, body, content), refused=False)


def _name(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"


def _is_refusal(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno == errno.ECONNREFUSED


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _complaint(status: int, body: dict[str, Any] | None, content: bytes) -> str | None:
    # The first status that means an error, RFC 9110 section 15.
    if status < 400:  # noqa: PLR2004
        return None
    detail = body.get("detail") if body else None
    text = detail if isinstance(detail, str) else content.decode(errors="replace")
    return f"{status}: {text[:DETAIL_CHARACTERS]}"
