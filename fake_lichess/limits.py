"""Who may stream: streams per address, the User-Agent rule, and the counts of what was let through; never waits."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

# The patterns an importer can meet, from `isCrawler` of lila (app/core/HTTPRequest.scala:76-84; in force on the
# by-user export since about 2026-07-22). The match is case-sensitive, so "Python-urllib/3.11" passes.
CRAWLER = re.compile(
    "Googlebot|GoogleOther|AdsBot|Google-Read-Aloud|bingbot|BingPreview|YandexBot|Baiduspider|DuckDuckBot|Applebot|"
    "facebookexternalhit|meta-externalagent|Bytespider|PetalBot|AhrefsBot|SemrushBot|DotBot|MJ12bot|GPTBot|ClaudeBot|"
    "Amazonbot|CCBot|Discordbot|WhatsApp|HeadlessChrome|okhttp|axios|undici|wget|curl|python-requests|aiohttp|"
    "commons-httpclient|python-urllib|python-httpx|Nessus|imroc/req"
)
# The limit printed is always 1, whatever the limit is (`getOrElse(limitedDefault(1))`, app/controllers/Api.scala:408).
TOO_MANY_STREAMS = {"error": "Please only run 1 request(s) at a time"}


def is_crawler(user_agent: str | None) -> bool:
    """Say whether an export is refused to this User-Agent; a missing one is refused too, as seen in the field."""
    return not user_agent or CRAWLER.search(user_agent) is not None


@dataclass(slots=True)
class Counts:
    """What the server has done since it started; the one place of running totals."""

    requests: int = 0  # to the Lichess routes; /_control and /healthz are not counted
    streams_in_flight: int = 0
    streams_in_flight_most: int = 0
    too_many_requests: int = 0
    games_sent: int = 0
    bytes_sent: int = 0  # of game text, without HTTP framing

    def snapshot(self) -> dict[str, int]:
        """Return the totals by name."""
        return asdict(self)


class Slot:
    """One stream's place; giving it back twice is harmless."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def release(self) -> None:
        """Give the place back: the address may begin its next stream at once."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


class Slots:
    """Streams in flight, by address; rejection is immediate and nothing queues."""

    def __init__(self, most: int | None, counts: Counts) -> None:
        self._most = most
        self._counts = counts
        self._held = Counter[str]()

    def take(self, address: str) -> Slot | None:
        """Begin a stream for this address; None when it already holds as many as it may."""
        if self._most is not None and self._held[address] >= self._most:
            self._counts.too_many_requests += 1
            return None
        self._held[address] += 1
        self._counts.streams_in_flight += 1
        self._counts.streams_in_flight_most = max(self._counts.streams_in_flight_most, self._counts.streams_in_flight)
        return Slot(lambda: self._end(address))

    def _end(self, address: str) -> None:
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]
        self._counts.streams_in_flight -= 1
