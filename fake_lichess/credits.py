"""How many look-ups each caller has left: credits spent within a span of time that begins with the first; never waits.

Source: RateLimit.scala of lila. A request is let through as long as credits are left, whatever it costs itself.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """What one caller has spent, and until when that counts."""

    credits: int
    until_s: float


class Credits:
    """One limit over all callers."""

    def __init__(self, credits_most: int, span_s: float, clock: Callable[[], float]) -> None:
        self._most = credits_most
        self._span_s = span_s
        self._clock = clock
        self._spent: dict[Hashable, Spent] = {}

    def allows(self, caller: Hashable, cost: int = 1) -> bool:
        """Spend what a request costs; False, and nothing spent, when nothing was left. What costs nothing is free."""
        if cost < 1:
            return True
        spent, now_s = self._spent.get(caller), self._clock()
        if spent is None or now_s >= spent.until_s:
            self._spent[caller] = Spent(cost, now_s + self._span_s)
            return True
        if spent.credits >= self._most:
            return False
        self._spent[caller] = Spent(spent.credits + cost, spent.until_s)
        return True
