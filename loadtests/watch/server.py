"""Follows the imports of a running importer over its HTTP interface, and the resident memory that it tells of itself.

Asks with GET only. That the server does not answer is a look like any other, except the first.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import httpx

from loadtests.errors import TargetUnusable, UsageError
from loadtests.watch.checklist import UNFINISHED
from loadtests.watch.looks import ImportSeen, ServerSeen

# A choice: a server that needs longer to list its imports does not answer.
ANSWER_WITHIN_S = 5.0
# The most that the importer's interface gives in one page: docs/importer-api.md.
PAGE = 200
# A choice: imports that have left the newest page are asked for one by one, but so few that a long queue costs the
# server nothing; with more of them each is asked for every few looks.
LOOKS_AT_SINGLE = 20
RESIDENT = b"process_resident_memory_bytes "
_LIST = "/api/v1/imports"
_Answer = Mapping[str, Any]


class Follower:
    """Knows which imports were under way, and what became of them."""

    def __init__(self, url: str, token: str | None) -> None:
        _require_address(url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=ANSWER_WITHIN_S, trust_env=False)
        self._open: dict[str, None] = {}  # imports under way, those that were not looked at for longest first
        self._over: set[str] = set()
        with ExitStack() as undo:
            undo.callback(self.close)
            self.lists_imports = self._begin()
            self.tells_memory = self.resident_bytes() is not None
            self._require_something()
            undo.pop_all()

    def look(self) -> ServerSeen:
        """Ask for the state of everything that is under way."""
        if not self.lists_imports:
            return ServerSeen(answered=self.resident_bytes() is not None)
        try:
            page = self._page()
            news = [_seen(item) for item in reversed(page) if _id(item) not in self._over]
            news += [self._single(name) for name in self._unlisted({item.import_id for item in news})]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return ServerSeen(answered=False)
        self._remember(news)
        states = [item.status for item in news]
        return ServerSeen(
            answered=True, running=states.count("running"), queued=states.count("queued"), imports=tuple(news)
        )

    def resident_bytes(self) -> int | None:
        """Read the resident memory that the server tells of itself; None when it does not."""
        try:
            answer = self._client.get("/metrics")
            lines = answer.content.splitlines() if answer.is_success else []
            return next((int(float(line.split()[1])) for line in lines if line.startswith(RESIDENT)), None)
        except (httpx.HTTPError, ValueError, IndexError):
            return None

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _require_something(self) -> None:
        if not self.lists_imports and not self.tells_memory:
            raise UsageError(
                f"{self._client.base_url} has neither {_LIST} nor /metrics with its memory. Correct --url."
            )

    def _begin(self) -> bool:
        """Forget the imports that were over before; say whether the server lists imports at all."""
        try:
            answer = self._client.get(_LIST, params={"limit": PAGE})
        except httpx.HTTPError as error:
            raise TargetUnusable(
                f"nothing answers at {self._client.base_url}: {error!r}. Start the server, or correct --url."
            ) from error
        if answer.status_code in {401, 403}:
            raise UsageError(
                f"{self._client.base_url} answered {answer.status_code}: it wants a token. Put it into API_TOKEN."
            )
        try:
            listed = answer.raise_for_status().json()["imports"]
            self._over = {_id(item) for item in listed if item["status"] not in UNFINISHED}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return False
        return True

    def _page(self) -> list[_Answer]:
        found: list[_Answer] = self._client.get(_LIST, params={"limit": PAGE}).raise_for_status().json()["imports"]
        return found

    def _unlisted(self, listed: set[str]) -> list[str]:
        return [name for name in self._open if name not in listed][:LOOKS_AT_SINGLE]

    def _single(self, name: str) -> ImportSeen:
        answer = self._client.get(f"{_LIST}/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return ImportSeen(import_id=name, status="lost", elapsed_s=None)
        return _seen(answer.raise_for_status().json())

    def _remember(self, news: list[ImportSeen]) -> None:
        for item in news:
            self._open.pop(item.import_id, None)
            if item.status in UNFINISHED:
                self._open[item.import_id] = None
            else:
                self._over.add(item.import_id)


def _require_address(url: str) -> None:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        raise UsageError(f"--url {url!r} is no address. Write for example --url http://127.0.0.1:8000.")


def _id(item: _Answer) -> str:
    return str(item["import_id"])


def _seen(item: _Answer) -> ImportSeen:
    elapsed_s, error = item.get("elapsed_s"), item.get("error")
    return ImportSeen(
        import_id=_id(item),
        status=str(item["status"]),
        elapsed_s=None if elapsed_s is None else float(elapsed_s),
        error=None if error is None else str(error),
    )
