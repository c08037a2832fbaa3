"""How long a plan is expected to take, before it starts and while it runs.

Pure. The figures only feed the time shown to a waiting person; no verdict depends on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.plan import PlannedTrial
from loadtests.record import in_flight_most

# Measured over the 27 trials of a standard plan on a two-core AMD EPYC machine: start-up, idle, drain, stop, truth
# check took 1.8 to 3.4 s beside the load itself.
OVERHEAD_S = 2.8
# Measured there: 620 to 990 games a second parsed, checked and stored by one importer process.
GAMES_PER_S = 800.0
# Lichess's pace for anonymous callers, for each stream; see fake_lichess/limits.py.
PACED_GAMES_PER_S = {"lichess": 25.0, "documented": 20.0}
# Measured there: starting the upstreams and storing 10 000 games for each of five users.
PREPARING_S = 10.0
# Fitted to the 52 records of a standard plan, none of which is 12 % off: what a trial's record takes whatever its
# length, each second of readings, and each second of one user's polling.
RECORD_BYTES, READINGS_BYTES_PER_S, POLLING_BYTES_PER_S = 2_500, 1_860, 1_140
# Measured on the reference importer: the database of an account of 4 000 games with clocks and evals, divided by them.
STORED_GAME_BYTES = 1_100


@dataclass(frozen=True, slots=True)
class Cost:
    """What trials are expected to take."""

    seconds: float
    records_bytes: float
    scratch_bytes: float  # gone when the run ends: prepared accounts, and a trial's copy of them


def cost(trials: Sequence[PlannedTrial], games_per_user: int, stored_games_per_user: int) -> Cost:
    """Say what *trials* are expected to take."""
    users = max((trial.users for trial in trials), default=0)
    return Cost(
        seconds=plan_s(trials, games_per_user) if trials else 0.0,
        records_bytes=sum(_record_bytes(trial, games_per_user) for trial in trials),
        scratch_bytes=users * (2 * stored_games_per_user + games_per_user) * STORED_GAME_BYTES,
    )


def _record_bytes(trial: PlannedTrial, games_per_user: int) -> float:
    seconds = trial_s(trial, games_per_user)
    return RECORD_BYTES + seconds * (READINGS_BYTES_PER_S + trial.users * POLLING_BYTES_PER_S)


def trial_s(trial: PlannedTrial, games_per_user: int) -> float:
    """Seconds one trial is expected to take."""
    games = trial.users * games_per_user
    rate = GAMES_PER_S
    if trial.upstream_profile in PACED_GAMES_PER_S:
        streams = in_flight_most(trial.users, dict(trial.setting))
        rate = min(rate, PACED_GAMES_PER_S[trial.upstream_profile] * streams)
    return OVERHEAD_S + games / rate


def plan_s(trials: Sequence[PlannedTrial], games_per_user: int) -> float:
    """Seconds a whole plan is expected to take."""
    return PREPARING_S + sum(trial_s(trial, games_per_user) for trial in trials)


def left_s(trials: Sequence[PlannedTrial], done: int, elapsed_s: float, games_per_user: int) -> float:
    """Seconds left after *done* trials took *elapsed_s*, assuming that this machine stays as fast as it was."""
    planned_s = [trial_s(trial, games_per_user) for trial in trials]
    finished_s = sum(planned_s[:done])
    pace = elapsed_s / finished_s if finished_s else 1.0
    return pace * sum(planned_s[done:])
