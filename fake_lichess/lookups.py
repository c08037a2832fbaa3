"""How often users may be looked up: by address and day, in batches, and oneself; never waits.

Sources: Api.scala, Limiters.scala and IpTrust.scala of lila (2025-07), and what derives from newer ones.
"""

from collections.abc import Callable

from fake_lichess.credits import Credits
from fake_lichess.settings import Settings

DAY_S = 86_400.0
# One user: credits an address and day, and what it costs to look up somebody who is not online.
USER_CREDITS, OFFLINE_COST, ANONYMOUS_COST, VERIFIED_COST = 16_000, 4, 3, 1
# Addresses of data centres pay so many times that: 1.5 by `defaultRateLimitStrategy`, times 4. All callers here count
# as such, since importers run there.
SERVER_FACTOR = 6
# Many users: a batch costs a quarter of a credit for each, or a twentieth; credits within ten minutes and a day.
BATCH_USERS_A_CREDIT, BATCH_USERS_A_CREDIT_VERIFIED = 4, 20
FAST_CREDITS, FAST_S, SLOW_CREDITS = 2_000, 600.0, 30_000
# Oneself: so many requests in so long (Limiters.apiMe).
ACCOUNT_REQUESTS, ACCOUNT_S = 30, 300.0


class Lookups:
    """All limits on looking users up."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        speed = settings.speed_ratio
        self._unlimited = settings.max_streams is None
        self._one = Credits(USER_CREDITS, DAY_S / speed, clock)
        self._fast = Credits(FAST_CREDITS, FAST_S / speed, clock)
        self._slow = Credits(SLOW_CREDITS, DAY_S / speed, clock)
        self._oneself = Credits(ACCOUNT_REQUESTS, ACCOUNT_S / speed, clock)

    def allow_one(self, address: str, *, with_token: bool, verified: bool) -> bool:
        """Count that a user is looked up; False when there were too many."""
        cost = VERIFIED_COST if verified else OFFLINE_COST + (0 if with_token else ANONYMOUS_COST)
        return self._unlimited or self._one.allows(address, cost * SERVER_FACTOR)

    def allow_several(self, address: str, users: int, *, verified: bool) -> bool:
        """Count that a batch of users is looked up."""
        cost = users // (BATCH_USERS_A_CREDIT_VERIFIED if verified else BATCH_USERS_A_CREDIT)
        return self._unlimited or (self._fast.allows(address, cost) and self._slow.allows(address, cost))

    def allow_oneself(self, user: str) -> bool:
        """Count that somebody asks about himself; counted without limits on streams too, for nobody should poll."""
        return self._oneself.allows(user)
