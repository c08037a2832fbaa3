"""The four published checks against any importer that already runs, over HTTP alone; no Locust, no control group."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from loadtests.errors import TargetUnusable, UsageError
from loadtests.rows import DONE_STATES

# What the published checks assume of a server that does not tell its settings.
PUBLISHED_AT_ONCE = 3
USERS_NEEDED = 4
# A choice: the pace at which the load generator looks, too.
LOOK_EVERY_S = 0.1
# A choice: a request that takes longer than this is no answer.
REQUEST_TIMEOUT_S = 30.0
PROBLEM_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class SmokeCheck:
    """One published check and what came of it."""

    name: str
    passed: bool
    seconds: float
    detail: str
    made: bool = True  # False when the server's own settings rule the check out; such a check is not passed


class _CheckFailedError(Exception):
    """The check came to an end that is not a pass; the message says which."""


def run_smoke(url: str, users: Sequence[str], games: int, timeout_s: float) -> tuple[SmokeCheck, ...]:
    """Import *games* games of one, two, three and four *users* at once; each check may take *timeout_s*.

    Accounts that were imported before will do: the same imports find duplicates then, and end just the same.

    Raises:
        UsageError: fewer than four different users.
        TargetUnusable: nothing answers at *url*.
    """
    if len(set(users)) < USERS_NEEDED:
        raise UsageError(
            f"the checks import {USERS_NEEDED} accounts at once, but {len(set(users))} were named. Name more."
        )
    with httpx.Client(base_url=url, timeout=REQUEST_TIMEOUT_S) as client:
        at_once = _allowed_at_once(client)
        return tuple(
            _checked(name, _Round(client, users[:count], games, timeout_s), at_once)
            for name, count in (
                ("single import", 1),
                ("2 concurrent imports", 2),
                ("3 concurrent imports", 3),
                ("4 users, the fourth queues", 4),
            )
        )


def _allowed_at_once(client: httpx.Client) -> int | None:
    """Return MAX_CONCURRENT_IMPORTS; None when the server does not tell."""
    try:
        response = client.get("/api/v1/config")
    except httpx.HTTPError as error:
        raise TargetUnusable(
            f"nothing answers at {client.base_url}: {error!r}. Start the server, or correct --url."
        ) from error
    try:
        return int(response.json()["settings"]["MAX_CONCURRENT_IMPORTS"])
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(slots=True)
class _Round:
    """Imports asked for one after the other, without waiting for their ends."""

    client: httpx.Client
    users: Sequence[str]
    games: int
    timeout_s: float
    accepted: list[dict[str, Any]] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        self.started_s = time.monotonic()
        for user in self.users:
            body = {"user_id": user, "platform": "lichess", "limit": self.games}
            self.accepted.append(self._call("POST", "/api/v1/import-more-games", body))

    def finish(self) -> list[dict[str, Any]]:
        """Wait for every import; return their last words in the order of the users."""
        latest = self.accepted
        while True:
            latest = [self._look(item) for item in latest]
            waiting = [item for item in latest if item.get("status") not in DONE_STATES]
            if not waiting:
                return latest
            if time.monotonic() - self.started_s > self.timeout_s:
                told = ", ".join(f"{item.get('user_id')} {item.get('status')}" for item in waiting)
                raise _CheckFailedError(f"not done after {self.timeout_s:g} s: {told}")
            time.sleep(LOOK_EVERY_S)

    def _look(self, item: dict[str, Any]) -> dict[str, Any]:
        if item.get("status") in DONE_STATES:
            return item
        return self._call("GET", f"/api/v1/imports/{item.get('import_id')}", None)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            response = self.client.request(method, path, json=body)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _CheckFailedError(f"{method} {path}: no usable answer: {error!r}") from error
        if response.is_error or not isinstance(answer, dict):
            raise _CheckFailedError(f"{method} {path}: {response.status_code} {response.text[:PROBLEM_CHARACTERS]}")
        return answer


def _checked(name: str, imports: _Round, at_once: int | None) -> SmokeCheck:
    """Make one check, unless the server's settings rule it out."""
    count = len(imports.users)
    queueing = count == USERS_NEEDED
    if at_once is not None and (at_once >= count if queueing else at_once < count):
        why = f"cannot be made: the server runs {at_once} imports at once"
        return SmokeCheck(name, passed=False, seconds=0.0, detail=why, made=False)
    begun_s = time.monotonic()
    try:
        detail = _outcome(imports, (at_once or PUBLISHED_AT_ONCE) if queueing else count)
    except _CheckFailedError as failure:
        return SmokeCheck(name, passed=False, seconds=time.monotonic() - begun_s, detail=str(failure))
    return SmokeCheck(name, passed=True, seconds=time.monotonic() - begun_s, detail=detail)


def _outcome(imports: _Round, at_once: int) -> str:
    """Run the imports to their end and say what they did."""
    imports.begin()
    due = [max(0, place - at_once + 1) for place in range(len(imports.users))]
    positions = [item.get("queue_position") for item in imports.accepted]
    last = imports.finish()
    failed = [item for item in last if item["status"] != "completed"]
    if failed:
        told = (f"{item.get('user_id')} {item['status']}: {item.get('error')}" for item in failed)
        raise _CheckFailedError("; ".join(told))
    if positions != due:
        raise _CheckFailedError(
            f"queue positions {positions} where {due} were due: an import may have ended before the next was asked "
            "for; ask for more games"
        )
    fetched, stored = (sum(item.get(key) or 0 for item in last) for key in ("fetched", "stored"))
    return f"{fetched} games fetched, {stored} new, queue positions {positions}"
