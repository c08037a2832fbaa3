"""Says which trials measured the same thing and may be pooled. Pure."""

from collections import Counter
from collections.abc import Sequence

from loadtests.record import Trial, Upstream
from reports.observation import Observation, without_slots


def anchor(trials: Sequence[Observation]) -> Trial:
    """Return a trial with the conditions that the question is asked about: the most common ones of the users series.

    Aligned starts, where there are any: they are the worst case, and safety is judged on it.
    """
    candidates: list[Trial] = [seen.trial for seen in trials]
    for wanted in (
        [trial for trial in candidates if trial.start == "aligned"],
        [trial for trial in candidates if trial.start == "aligned" and "users" in trial.series],
    ):
        candidates = wanted or candidates
    most_common = Counter((conditions(trial), mode(trial.upstream)) for trial in candidates).most_common(1)[0][0]
    return next(trial for trial in candidates if (conditions(trial), mode(trial.upstream)) == most_common)


def conditions(trial: Trial) -> tuple[object, ...]:
    """Everything but users, slots and upstream mode that must be equal for peaks to be comparable."""
    return (
        tuple(sorted(without_slots(trial.setting).items())),
        trial.start,
        trial.arrivals and trial.arrivals.per_s,
        trial.games_per_user,
        trial.stored_games_per_user,
    )


def mode(upstream: Upstream) -> Upstream:
    """Return the upstream mode without its seed: other games of the same kind are what repeats are for."""
    return upstream.model_copy(update={"seed": 0})
