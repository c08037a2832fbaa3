"""Who may stream: streams by address and by token, the User-Agent rule, and the counts of what was let through.

Never waits; the clock is an argument. Source: lila, app/controllers/Api.scala:345-408 and its ConcurrencyLimit.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from fake_lichess.pacing import Pace
from fake_lichess.settings import Leaks, Settings

# The patterns an importer can meet, from `isCrawler` of lila (app/core/HTTPRequest.scala:76-84; in force on the
# by-user export since about 2026-07-22). The match is case-sensitive, so "Python-urllib/3.11" passes.
CRAWLER = re.compile(
    "Googlebot|GoogleOther|AdsBot|Google-Read-Aloud|bingbot|BingPreview|YandexBot|Baiduspider|DuckDuckBot|Applebot|"
    "facebookexternalhit|meta-externalagent|Bytespider|PetalBot|AhrefsBot|SemrushBot|DotBot|MJ12bot|GPTBot|ClaudeBot|"
    "Amazonbot|CCBot|Discordbot|WhatsApp|HeadlessChrome|okhttp|axios|undici|wget|curl|python-requests|aiohttp|"
    "commons-httpclient|python-urllib|python-httpx|Nessus|imroc/req"
)


def is_crawler(user_agent: str | None) -> bool:
    """Say whether an export is refused to this User-Agent; a missing one is refused too, as seen in the field."""
    return not user_agent or CRAWLER.search(user_agent) is not None


@dataclass(slots=True)
class Counts:
    """What the server has done since it started; the one place of running totals."""

    requests: int = 0  # to the routes of Lichess and Chess.com; /_control and /healthz are not counted
    streams_in_flight: int = 0
    streams_in_flight_most: int = 0
    too_many_requests: int = 0
    games_sent: int = 0
    bytes_sent: int = 0  # of game text, without HTTP framing

    def snapshot(self) -> dict[str, int]:
        """Return the totals by name."""
        return asdict(self)


class Kind(StrEnum):
    """Which limited route is asked for; a closed list."""

    BY_USER = "by-user"  # GET /api/games/user/{username}
    BY_IDS = "by-ids"  # POST /api/games/export/_ids


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as the limits care."""

    address: str
    user: str | None = None  # the token owner's id; None for anonymous callers
    own_games: bool = False  # the token owner asks for games of his own
    verified: bool = False  # the token's owner is a verified account


@dataclass(frozen=True, slots=True)
class Refused:
    """A stream that may not begin: what to answer with 429; there is no Retry-After."""

    body: Mapping[str, str]


# The by-user export always prints 1, whatever the limit (`getOrElse(limitedDefault(1))`, Api.scala:408); the export by
# ids prints its real one.
REFUSED = {
    Kind.BY_USER: Refused({"error": "Please only run 1 request(s) at a time"}),
    Kind.BY_IDS: Refused({"error": "Please only run 2 request(s) at a time"}),
}
# Exports by ids flow alike for everyone, except for verified accounts (app/controllers/Game.scala:58-62 of lila).
BY_IDS_GAMES_PER_S = 30.0
BY_IDS_VERIFIED_GAMES_PER_S = 100.0
FORWARDED = "x-forwarded-for"


def address_of(peer: str | None, headers: Mapping[str, str], settings: Settings) -> str:
    """Return the caller's address: the peer's, or the first one of X-Forwarded-For if that is to be believed."""
    named = headers.get(FORWARDED, "").partition(",")[0].strip() if settings.trust_client_header else ""
    return named or peer or ""


def pace_for(settings: Settings, caller: Caller, kind: Kind) -> Pace | None:
    """Say how fast a stream of this caller flows; None when unpaced."""
    profile = settings.profile
    if profile.anonymous_games_per_s is None:
        return None
    games_per_s = profile.anonymous_games_per_s
    if kind is Kind.BY_IDS:
        games_per_s = BY_IDS_VERIFIED_GAMES_PER_S if caller.verified else BY_IDS_GAMES_PER_S
    elif caller.own_games:
        games_per_s = profile.own_games_per_s or games_per_s
    elif caller.user is not None:
        games_per_s = profile.token_games_per_s or games_per_s
    return Pace.scaled(games_per_s, settings.speed_ratio)


class Ended(StrEnum):
    """Who ended a stream; a closed list."""

    BY_SERVER = "by-server"  # all was sent, or the server cut it
    BY_READER = "by-reader"


class Slot:
    """One stream's place; giving it back twice is harmless."""

    def __init__(self, give_back: Callable[[Ended], None]) -> None:
        self._give_back: Callable[[Ended], None] | None = give_back

    def release(self, how: Ended = Ended.BY_SERVER) -> None:
        """Give the place back: the caller may begin his next stream at once, unless such places leak."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back(how)


@dataclass(frozen=True, slots=True)
class Held:
    """How many places of one key are taken, and when that last changed."""

    streams: int
    changed_s: float


class Places:
    """Streams by key, forgotten when nothing began or ended for a while: a cache that expires after writing."""

    def __init__(self, memory_s: float, clock: Callable[[], float]) -> None:
        self._memory_s = memory_s
        self._clock = clock
        self._held: dict[str, Held] = {}

    def held(self, key: str) -> int:
        """Count the places taken, as far as they are remembered."""
        found = self._held.get(key)
        if found is None:
            return 0
        if self._clock() - found.changed_s >= self._memory_s:
            del self._held[key]
            return 0
        return found.streams

    def change(self, key: str, by: int) -> None:
        """Take or give back places; giving back what is forgotten changes nothing."""
        streams = self.held(key) + by
        if streams > 0:
            self._held[key] = Held(streams, self._clock())
        else:
            self._held.pop(key, None)

    def snapshot(self) -> dict[str, int]:
        """Return the places taken by key, leaked ones included."""
        return {key: streams for key in tuple(self._held) if (streams := self.held(key))}


class Limits:
    """Decides who may begin a stream; rejection is immediate and nothing queues."""

    def __init__(self, settings: Settings, counts: Counts, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._counts = counts
        self.places = Places(settings.slot_memory_s / settings.speed_ratio, clock)

    def admit(self, caller: Caller, kind: Kind) -> Slot | Refused:
        """Begin a stream for this caller, or say why not."""
        taken: list[str] = []
        for key, most in self._limits(caller, kind).items():
            if most is not None and self.places.held(key) >= most:
                self._counts.too_many_requests += 1
                if self._settings.leaks is Leaks.NONE:
                    self._give_back(taken)
                return REFUSED[kind]
            self.places.change(key, +1)
            taken.append(key)
        self._counts.streams_in_flight += 1
        self._counts.streams_in_flight_most = max(self._counts.streams_in_flight_most, self._counts.streams_in_flight)
        return Slot(lambda how: self._end(taken, how))

    def _limits(self, caller: Caller, kind: Kind) -> dict[str, int | None]:
        """List the keys a stream counts under and their limits, in the order they are checked."""
        settings = self._settings
        if settings.max_streams is None:
            return {}
        own = caller.own_games and kind is Kind.BY_USER
        key, most = ("generous", settings.profile.max_own_streams) if own else ("download", settings.max_streams)
        limits = {f"api.ip.{key}:{caller.address}": most}
        if caller.user is not None:
            limits[f"api.user:{caller.user}"] = settings.profile.max_token_streams
        return limits

    def leak(self, address: str, streams: int) -> None:
        """Take places of an address that no stream will give back: only time does."""
        self.places.change(f"api.ip.download:{address}", streams)

    def _end(self, taken: list[str], how: Ended) -> None:
        if how is Ended.BY_SERVER or self._settings.leaks is not Leaks.ABANDONED:
            self._give_back(taken)
        self._counts.streams_in_flight -= 1

    def _give_back(self, taken: list[str]) -> None:
        for key in taken:
            self.places.change(key, -1)
