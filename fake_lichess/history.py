"""When the games of an account were played: block by block, in closed form both ways; no I/O and no clock.

Games are numbered from the newest (0) into the past, so a larger account only reaches further back. They lie in blocks
of 64; block b begins ``REACH * (sqrt(b + 1) - 1)`` before the end, a square root because large accounts are dense ones:
1 000 games go back half a year, 10 000 two years, 500 000 thirteen. Both directions are exact integer arithmetic.
"""

from math import isqrt

BLOCK_GAMES = 64
# 2026-06-30 20:00:00 UTC, in milliseconds: a fixed instant, since games must not depend on the day they are asked for.
NEWEST_MS = 1_782_849_600_000
# 56 days: 500 000 games then begin in February 2013, soon after Lichess counted its first games.
REACH_MS = 56 * 86_400_000


def block_end_ms(block: int) -> int:
    """Give the instant no game of this block lies after; the next block ends where this one begins."""
    return NEWEST_MS - (isqrt((block + 1) * REACH_MS * REACH_MS) - REACH_MS)


def block_at(at_ms: int) -> int:
    """Find the block whose span holds this instant: after its beginning, at or before its end.

    An instant after the newest game belongs to block 0.
    """
    back = max(0, NEWEST_MS - at_ms) + REACH_MS
    # The largest block with isqrt((block + 1) * REACH_MS**2) <= back, for isqrt(x) <= back is x < (back + 1)**2.
    return ((back + 1) ** 2 - 1) // (REACH_MS * REACH_MS) - 1
