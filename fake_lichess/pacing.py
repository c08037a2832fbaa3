"""When the next game may be sent: the token bucket of Akka streams, as a value; it never waits and reads no clock.

Differs from ``akka.stream.impl.Throttle`` in one point: a token is taken when the game is really sent, not when it was
due, so that a late wake-up cannot put more than the burst into any instant.
"""

from dataclasses import dataclass

# Akka's AutomaticMaximumBurst: as many elements as fit into 100 ms, at least one (akka-stream, `Throttle.scala`).
AUTOMATIC_BURST_S = 0.1
# Event loops wake sleepers on a grid of 1 ms and late under load; a faster-than-real pace needs a few games of slack to
# keep its long-run rate. A choice: ten wake-ups; it changes nothing up to eight times the real speed.
WAKE_UP_SLACK_S = 0.01


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast games may flow: a rate and how many may go at once after a pause."""

    games_per_s: float
    burst: float

    @classmethod
    def scaled(cls, games_per_s: float, speed_ratio: float) -> "Pace":
        """Speed time up: the burst stays that of the real speed, or what the wake-ups need if that is more."""
        burst = max(1, int(AUTOMATIC_BURST_S * games_per_s))
        return cls(games_per_s * speed_ratio, max(float(burst), WAKE_UP_SLACK_S * games_per_s * speed_ratio))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Games that may go at once, as counted at one instant."""

    tokens: float
    at_s: float


def full(pace: Pace, now_s: float) -> Bucket:
    """Start with the whole burst, as Akka does."""
    return Bucket(pace.burst, now_s)


def take(pace: Pace, bucket: Bucket, now_s: float) -> tuple[Bucket, float]:
    """Take one game out: the bucket afterwards and 0, or the refilled bucket and how long to wait before asking."""
    tokens = min(pace.burst, bucket.tokens + max(0.0, now_s - bucket.at_s) * pace.games_per_s)
    # A hair of tolerance: sleeping exactly as long as told must be enough, whatever floating point makes of it.
    if tokens >= 1.0 - TOLERANCE:
        return Bucket(max(0.0, tokens - 1.0), now_s), 0.0
    return Bucket(tokens, now_s), (1.0 - tokens) / pace.games_per_s


# A millionth of a game: far above the rounding of seconds since boot, far below anything visible.
TOLERANCE = 1e-6
