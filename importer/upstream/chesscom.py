"""Asks Chess.com's Published-Data API for a player's games, which it publishes month by month.

Must not look into the games, store anything or decide which month comes next. Months are taken as PGN, not as JSON: it
is a quarter smaller (3 556 to 4 622 bytes a game, as recorded), it passes through the same bounded splitter as any
other upstream's, while the standard library reads JSON only as a whole.
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx

from importer.errors import PlayerUnknown, UpstreamDown, UpstreamPage, UpstreamRefused
from importer.upstream.client import Client, Host, Question, check_games
from importer.upstream.streams import Notice

CONTACT_NEEDED = (
    "Chess.com answers only programs that name a contact. Set UPSTREAM_CONTACT to an e-mail address or web site of "
    "yours and start the importer again."
)

# "Serial access is unlimited. Parallel requests may trigger rate limiting." Source: support.chess.com, article 9650547.
REQUESTS_AT_ONCE = 1

# Answers lag by up to twelve hours (the same article), and months may end by another clock than UTC: two days cover
# both. Shorter would take a month for finished whose last games are still to come.
FINAL_AFTER = timedelta(days=2)

# Choices: what the list of months of a player since 2007 takes is 15 KB; a name in the wrong case takes one redirect.
_LIST_BYTES_MOST = 1024 * 1024
_SENTENCE_BYTES_MOST = 4096
_REDIRECTS_MOST = 3

_GAMES = ("application/vnd.chess-pgn", "application/x-chess-pgn")
_ARCHIVE = re.compile(r"/games/([12][0-9]{3}/(?:0[1-9]|1[0-2]))/?$")
_GONE = {httpx.codes.NOT_FOUND, httpx.codes.GONE}


@dataclass(frozen=True, slots=True)
class Validators:
    """What an answer was called, to ask whether it has changed."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the conditions of a request."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class MonthAnswer:
    """A month's games on their way."""

    pieces: AsyncGenerator[bytes, None]
    validators: Validators
    final: bool  # no game can be added to the month any more


class ChessCom:
    """The Published-Data API, one request at a time."""

    def __init__(self, client: Client, host: Host) -> None:
        self.streams = host.streams
        self._client = client
        self._host = host

    @property
    def refusal(self) -> str | None:
        """Say why nothing can be asked at all; None when it can."""
        return None if self._client.contact else CONTACT_NEEDED

    async def months(self, user_id: str, notice: Notice) -> list[str]:
        """Return the months in which a player has games, such as 2026/03, oldest first.

        Raises:
            UpstreamError: the kind tells whether and when to ask again.
        """
        async with self._answer(_path(user_id, "archives"), {"Accept": "application/json"}, notice) as response:
            await self._check(response, user_id, "application/json")
            return _months(await self._text(response, _LIST_BYTES_MOST))

    @asynccontextmanager
    async def month(
        self, user_id: str, month: str, known: Validators, notice: Notice
    ) -> AsyncIterator[MonthAnswer | None]:
        """Open a month's games; None when they are what *known* says.

        Raises:
            UpstreamError: the kind tells whether and when to ask again.
        """
        headers = {"Accept": _GAMES[0], **known.headers()}
        async with self._answer(_path(user_id, f"{month}/pgn"), headers, notice) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                yield None
                return
            await self._check(response, user_id, *_GAMES)
            validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
            final = is_final(month, response.headers.get("Date"))
            yield MonthAnswer(self._client.pieces(response), validators, final)

    @asynccontextmanager
    async def _answer(self, path: str, headers: dict[str, str], notice: Notice) -> AsyncIterator[httpx.Response]:
        """Ask, and go where the answer points to, within the host.

        Raises:
            UpstreamRefused: it points elsewhere, or on and on.
        """
        if self.refusal is not None:
            raise UpstreamRefused(self.refusal)
        for _ in range(_REDIRECTS_MOST + 1):
            async with self._client.answer(self._host, Question(path, headers=headers), notice) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                path = _within_host(response, self._host.base_url)
        raise UpstreamRefused(f"the upstream redirected {_REDIRECTS_MOST + 1} times in a row, the last time to {path}")

    async def _check(self, response: httpx.Response, user_id: str, *kinds: str) -> None:
        """Raise what a bad answer means."""
        if response.status_code == httpx.codes.FORBIDDEN:
            raise UpstreamRefused(
                f"the upstream answered 403: it does not accept the contact {self._client.contact!r} in the "
                "User-Agent. Set UPSTREAM_CONTACT to an e-mail address or web site of yours."
            )
        if response.status_code in _GONE:
            sentence = await self._sentence(response)
            if response.status_code == httpx.codes.GONE or "not found" in sentence:
                raise PlayerUnknown(f"no such player: the upstream knows no {user_id!r}, or not any more ({sentence})")
            # It answers 404 for troubles of its own too, and only the sentence tells them apart.
            raise UpstreamDown(f"the upstream answered 404: {sentence}")
        check_games(response, *kinds)

    async def _sentence(self, response: httpx.Response) -> str:
        """Return what an answer says in words."""
        text = await self._text(response, _SENTENCE_BYTES_MOST)
        try:
            return str(json.loads(text)["message"])[:200]
        except (ValueError, TypeError, LookupError):
            return f"status {response.status_code}"

    async def _text(self, response: httpx.Response, bytes_most: int) -> bytes:
        """Return a short body.

        Raises:
            UpstreamPage: it is not short.
        """
        text = b""
        async for piece in self._client.pieces(response):
            text += piece
            if len(text) > bytes_most:
                raise UpstreamPage(f"the upstream answered {response.status_code} with more than {bytes_most} bytes")
        return text


def is_final(month: str, date: str | None) -> bool:
    """Say whether no game can be added to a month any more, by the upstream's own clock in the Date of its answer.

    This machine's clock may be wrong, and then games would be missed for good.
    """
    year, number = map(int, month.split("/"))
    try:
        now = parsedate_to_datetime(date or "")
    except ValueError:
        return False
    over = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return (now if now.tzinfo else now.replace(tzinfo=UTC)) >= over + FINAL_AFTER


def _path(user_id: str, what: str) -> str:
    return f"/pub/player/{user_id.lower()}/games/{what}"


def _months(text: bytes) -> list[str]:
    """Return the months that a list of archives names.

    Raises:
        UpstreamPage: it is no such list.
    """
    try:
        archives = json.loads(text)["archives"]
        found = [_ARCHIVE.search(urlsplit(address).path) for address in archives]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UpstreamPage("the upstream answered 200 with no list of months") from error
    if None in found:
        raise UpstreamPage("the upstream answered 200 with a list of something other than months")
    return sorted({month[1] for month in found if month is not None})


def _within_host(response: httpx.Response, base_url: str) -> str:
    """Return the path that an answer points to.

    Raises:
        UpstreamRefused: it lies elsewhere, where nobody asked this program to go.
    """
    target = urljoin(str(response.url), response.headers["Location"])
    if not target.startswith(f"{base_url}/"):
        raise UpstreamRefused(f"the upstream redirected to {target[:200]}, which is not on {base_url}")
    return target.removeprefix(base_url)
