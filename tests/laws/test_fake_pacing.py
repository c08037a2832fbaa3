"""Laws of the token bucket: never faster than promised, never slower than it must be."""

from hypothesis import given, settings
from hypothesis.strategies import floats, integers, lists

from fake_lichess.pacing import SHORTEST_WAIT_S, Pace, begun, take

# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)

rates = floats(min_value=0.5, max_value=10_000)
# How late each question is asked: never, a little (a timer), or long after (a slow reader).
delays = lists(floats(min_value=0, max_value=3.0), min_size=1, max_size=200)


def sent_at(pace: Pace, lateness_s: list[float], start_s: float) -> list[float]:
    """Send one game for each entry, that much later than the bucket allowed; return when each went."""
    bucket, now_s, sent = begun(pace, start_s), start_s, list[float]()
    for late_s in lateness_s:
        wait_s = 1.0
        while wait_s > 0.0:
            bucket, wait_s = take(pace, bucket, now_s)
            now_s += wait_s
        sent.append(now_s)
        now_s += late_s
    return sent


@unhurried
@given(rate=rates, speed=floats(min_value=0.1, max_value=100), lateness_s=delays, start_s=floats(0, 1e6))
def test_no_window_ever_holds_more_than_rate_times_time_and_the_burst(
    rate: float, speed: float, lateness_s: list[float], start_s: float
) -> None:
    """However late the sender wakes and however long the reader stalls, no catch-up exceeds the burst."""
    pace = Pace.scaled(rate, speed)
    sent = sent_at(pace, lateness_s, start_s)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            allowed = pace.games_per_s * (sent[last] - sent[first]) + pace.burst
            assert last - first + 1 <= allowed * (1 + 1e-6) + 1e-3


@unhurried
@given(rate=rates, speed=floats(min_value=0.1, max_value=100), games=integers(1, 200))
def test_a_punctual_sender_gets_the_whole_rate(rate: float, speed: float, games: int) -> None:
    """Whoever asks when told loses nothing: game n goes at most one shortest wait after it is due."""
    pace = Pace.scaled(rate, speed)
    sent = sent_at(pace, [0.0] * games, 0.0)
    due_s = max(0.0, (games - pace.first) / pace.games_per_s)
    assert sent[-1] <= (due_s + SHORTEST_WAIT_S) * (1 + 1e-6)
