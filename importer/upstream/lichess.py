"""Streams a player's games from Lichess, which cuts a history by time and number.

Must not look into the games or store anything.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from importer.errors import PlayerUnknown, UpstreamError, UpstreamRefused
from importer.upstream.client import Client, Host, Question, check_games
from importer.upstream.streams import Notice

_GAMES = "application/x-chess-pgn"


@dataclass(frozen=True, slots=True)
class Window:
    """Which games of a player to ask for."""

    user_id: str
    since_ms: int | None  # inclusive
    until_ms: int | None  # exclusive
    oldest_first: bool
    games_most: int

    def parameters(self) -> dict[str, str]:
        """Return the window as query parameters; clocks, evaluations and openings are not sent unless asked for."""
        chosen = {"clocks": "true", "evals": "true", "opening": "true", "max": str(self.games_most)}
        chosen["sort"] = "dateAsc" if self.oldest_first else "dateDesc"
        if self.since_ms is not None:
            chosen["since"] = str(self.since_ms)
        if self.until_ms is not None:
            chosen["until"] = str(self.until_ms)
        return chosen


class Lichess:
    """Lichess's export of a player's games."""

    def __init__(self, client: Client, host: Host) -> None:
        self.streams = host.streams
        self._client = client
        self._host = host

    @asynccontextmanager
    async def games(
        self, window: Window, notice: Notice, token: str | None = None
    ) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """Open a stream of PGN bytes; it ends normally only when the upstream said that it is complete.

        *notice* is told what it waits for before it asks. *token* is sent with this request alone.

        Raises:
            UpstreamError: the kind tells whether and when to ask again.
        """
        headers = {"Accept": _GAMES} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        question = Question(f"/api/games/user/{window.user_id}", window.parameters(), headers)
        try:
            async with self._client.answer(self._host, question, notice) as response:
                _check(response, window.user_id)
                yield self._client.pieces(response)
        except UpstreamError as error:
            if token is not None and token in str(error):  # an upstream may send back what it was sent
                raise type(error)(str(error).replace(token, "(a token)")) from None
            raise


def _check(response: httpx.Response, user_id: str) -> None:
    """Raise what a bad answer means."""
    if response.status_code == httpx.codes.NOT_FOUND:
        raise PlayerUnknown(f"no such player: the upstream knows no {user_id!r} (or refuses this program's name)")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise UpstreamRefused("the upstream answered 401: it does not know the token, or not any more")
    check_games(response, _GAMES)
