"""When the next game may be sent: the token bucket of Akka streams, as a value; it never waits and reads no clock.

Differs from ``akka.stream.impl.Throttle`` in one point: a token is taken when the game is really sent, not when it was
due, so that a late wake-up cannot put more than the burst into any instant.
"""

from dataclasses import dataclass

# Akka's AutomaticMaximumBurst: as many elements as fit into 100 ms, at least one (akka-stream, `Throttle.scala`).
AUTOMATIC_BURST_S = 0.1
# A server on a busy machine wakes up tens of milliseconds late, which matters only when time runs faster than real: a
# bucket that forgot what fell due meanwhile would lose a third of 500 games/s (seen on two busy cores with 10 ms). A
# choice; it changes nothing below 1.6 times the real speed, where 50 ms hold no more than the burst anyway.
WAKE_UP_SLACK_S = 0.05
# Shortest sleep: waking up for each single game costs more than the game when they are a millisecond apart. A choice
# that changes nothing below 200 games/s.
SHORTEST_WAIT_S = 0.005
# A millionth of a game: far above the rounding of seconds since boot, far below anything visible.
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast games may flow."""

    games_per_s: float
    first: float  # games that go at once when a stream begins
    burst: float  # games that may go at once after a pause

    @classmethod
    def scaled(cls, games_per_s: float, speed_ratio: float) -> "Pace":
        """Speed time up: streams begin as at the real speed; later bursts also make up for late wake-ups."""
        first = float(max(1, int(AUTOMATIC_BURST_S * games_per_s)))
        fast_per_s = games_per_s * speed_ratio
        return cls(fast_per_s, first, max(first, WAKE_UP_SLACK_S * fast_per_s))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Games that may go at once, as counted at one instant."""

    tokens: float
    at_s: float


def begun(pace: Pace, now_s: float) -> Bucket:
    """Start with the burst of the real speed, as Akka does."""
    return Bucket(pace.first, now_s)


def take(pace: Pace, bucket: Bucket, now_s: float) -> tuple[Bucket, float]:
    """Take one game out: the bucket afterwards and 0, or the refilled bucket and how long to wait before asking."""
    tokens = min(pace.burst, bucket.tokens + max(0.0, now_s - bucket.at_s) * pace.games_per_s)
    # A hair of tolerance: sleeping exactly as long as told must be enough, whatever floating point makes of it.
    if tokens >= 1.0 - TOLERANCE:
        return Bucket(max(0.0, tokens - 1.0), now_s), 0.0
    return Bucket(tokens, now_s), max(SHORTEST_WAIT_S, (1.0 - tokens) / pace.games_per_s)
