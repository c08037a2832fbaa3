"""The token bucket: how much may go at once, and how long to wait for the next game."""

import pytest

from fake_lichess.pacing import SHORTEST_WAIT_S, Bucket, Pace, begun, take


@pytest.mark.parametrize(("games_per_s", "burst"), [(5.0, 1), (20.0, 2), (25.0, 2), (30.0, 3), (60.0, 6)])
def test_burst_is_what_fits_into_100_ms(games_per_s: float, burst: int) -> None:
    """At real speed the burst is Akka's automatic one."""
    pace = Pace.scaled(games_per_s, 1.0)
    assert (pace.games_per_s, pace.first) == (games_per_s, burst)
    assert burst <= pace.burst < burst + 1


def test_speed_multiplies_the_rate_and_not_the_start() -> None:
    """Time that runs forty times faster sends forty times the games a second and still begins with two."""
    pace = Pace.scaled(25.0, 40.0)
    assert (pace.games_per_s, pace.first) == (1000.0, 2.0)


def test_very_fast_time_makes_up_for_late_wake_ups() -> None:
    """At a thousand games a second, 50 ms worth may go at once, or a busy machine would lower the rate."""
    assert Pace.scaled(25.0, 40.0).burst == 50.0


def test_very_fast_time_does_not_wake_up_for_every_game() -> None:
    """The shortest wait is a few games long there."""
    pace = Pace.scaled(25.0, 40.0)
    assert take(pace, Bucket(0.0, 0.0), 0.0)[1] == SHORTEST_WAIT_S


def test_the_burst_goes_at_once_and_the_next_game_waits_an_interval() -> None:
    """A stream at 25 games a second begins with two games, and the third follows 40 ms later."""
    pace = Pace.scaled(25.0, 1.0)
    bucket, waits = begun(pace, 0.0), []
    for _ in range(3):
        bucket, wait_s = take(pace, bucket, 0.0)
        waits.append(wait_s)
    assert waits == [0.0, 0.0, pytest.approx(0.04)]


def test_waiting_as_long_as_told_is_enough() -> None:
    """After the wait the game may go, whatever floating point made of the sum."""
    pace = Pace.scaled(30.0, 1.0)
    bucket, wait_s = take(pace, Bucket(0.1, 1_000_000.7), 1_000_000.7)
    assert take(pace, bucket, 1_000_000.7 + wait_s)[1] == 0.0


def test_a_clock_that_steps_back_gives_nothing() -> None:
    """Tokens never come from a negative time."""
    assert take(Pace(10.0, 1.0, 1.0), Bucket(0.0, 5.0), 4.0) == (Bucket(0.0, 4.0), 0.1)
