"""The four published checks against any importer that already runs, over HTTP alone; no Locust, no control group."""

import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from loadtests.errors import TargetUnusable, UsageError
from loadtests.rows import DONE_STATES

_Answer = dict[str, Any]  # one import object, as the server words it
# What the published checks assume of a server that does not tell its settings.
PUBLISHED_AT_ONCE = 3
USERS_NEEDED = 4
NAMES = {
    1: "single import",
    2: "2 concurrent imports",
    3: "3 concurrent imports",
    4: "4 users, the fourth queues",
}
# A choice: the pace at which the load generator looks, too.
LOOK_EVERY_S = 0.1
# A choice: a request that takes longer than this is no answer.
REQUEST_TIMEOUT_S = 30.0
# An account with nothing new is imported within a tenth of a second; five tries show its queue, or nothing does.
TRIES = 5
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

    Four accounts will do; with ten, every import is of an account that no other check has imported. The check with
    four comes first, because accounts that have something new stay long enough in the server to form a queue; accounts
    without anything new pass as well.

    Raises:
        UsageError: fewer than four different users.
        TargetUnusable: nothing answers at *url*.
    """
    accounts = tuple(dict.fromkeys(users))
    if len(accounts) < USERS_NEEDED:
        raise UsageError(
            f"the checks import {USERS_NEEDED} accounts at once, but {len(accounts)} were named. Name more."
        )
    turns = itertools.cycle(accounts)
    with httpx.Client(base_url=url, timeout=REQUEST_TIMEOUT_S) as client:
        at_once = _allowed_at_once(client)
        made = {
            count: _checked(_Round(client, tuple(itertools.islice(turns, count)), games, timeout_s), at_once)
            for count in sorted(NAMES, reverse=True)
        }
    return tuple(made[count] for count in NAMES)


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


@dataclass(frozen=True, slots=True)
class _Round:
    """Imports asked for at the same moment."""

    client: httpx.Client
    users: tuple[str, ...]
    games: int
    timeout_s: float

    def begin(self) -> list[_Answer]:
        """Ask for all imports at once, so that none ends before the last is asked for."""
        with ThreadPoolExecutor(len(self.users)) as pool:
            return list(pool.map(self._ask, self.users))

    def look(self, items: Sequence[_Answer]) -> list[_Answer]:
        """Return the latest word on every import."""
        return [
            item if _done(item) else self._call("GET", f"/api/v1/imports/{item.get('import_id')}", None)
            for item in items
        ]

    def finish(self, items: Sequence[_Answer]) -> list[_Answer]:
        """Wait for every import; return their last words in the order of the users."""
        deadline_s = time.monotonic() + self.timeout_s
        latest = self.look(items)
        while waiting := [item for item in latest if not _done(item)]:
            if time.monotonic() > deadline_s:
                told = ", ".join(f"{item.get('user_id')} {item.get('status')}" for item in waiting)
                raise _CheckFailedError(f"not done after {self.timeout_s:g} s: {told}")
            time.sleep(LOOK_EVERY_S)
            latest = self.look(latest)
        return latest

    def _ask(self, user: str) -> _Answer:
        body = {"user_id": user, "platform": "lichess", "limit": self.games}
        return self._call("POST", "/api/v1/import-more-games", body)

    def _call(self, method: str, path: str, body: _Answer | None) -> _Answer:
        try:
            response = self.client.request(method, path, json=body)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _CheckFailedError(f"{method} {path}: no usable answer: {error!r}") from error
        if response.is_error or not isinstance(answer, dict):
            raise _CheckFailedError(f"{method} {path}: {response.status_code} {response.text[:PROBLEM_CHARACTERS]}")
        return answer


def _done(item: _Answer) -> bool:
    return item.get("status") in DONE_STATES


def _checked(imports: _Round, at_once: int | None) -> SmokeCheck:
    """Make one check, unless the server's settings rule it out."""
    count = len(imports.users)
    name, queueing = NAMES[count], count == USERS_NEEDED
    if at_once is not None and (at_once >= count if queueing else at_once < count):
        why = f"cannot be made: the server runs {at_once} imports at once"
        return SmokeCheck(name, passed=False, seconds=0.0, detail=why, made=False)
    begun_s = time.monotonic()
    try:
        detail = _passed(imports, (at_once or PUBLISHED_AT_ONCE) if queueing else count)
    except _CheckFailedError as failure:
        return SmokeCheck(name, passed=False, seconds=time.monotonic() - begun_s, detail=str(failure))
    return SmokeCheck(name, passed=True, seconds=time.monotonic() - begun_s, detail=detail)


def _passed(imports: _Round, at_once: int) -> str:
    """Run the imports to their end and say what they did; again when they were too short for their queue to be seen."""
    due = [max(0, place - at_once + 1) for place in range(len(imports.users))]
    for _ in range(TRIES):
        accepted = imports.begin()
        first_look = imports.look(accepted)
        last = imports.finish(first_look)
        _require_completed(last)
        positions = sorted(int(item.get("queue_position") or 0) for item in accepted)
        if positions == due:
            fetched, stored = (sum(item.get(key) or 0 for item in last) for key in ("fetched", "stored"))
            return f"{fetched} games fetched, {stored} new, queue positions {positions}"
        if positions != [0] * len(due) or sum(item.get("status") == "running" for item in first_look) > at_once:
            raise _CheckFailedError(f"queue positions {positions} where {due} were due")
    raise _CheckFailedError(
        f"no queue was seen in {TRIES} tries: imports end before the last is asked for. "
        "Name accounts that were not imported yet."
    )


def _require_completed(items: Sequence[_Answer]) -> None:
    failed = [item for item in items if item.get("status") != "completed"]
    if failed:
        told = (f"{item.get('user_id')} {item.get('status')}: {item.get('error')}" for item in failed)
        raise _CheckFailedError("; ".join(told))
