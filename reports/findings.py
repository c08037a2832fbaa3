"""Puts together everything that one records file shows, and picks the trials that stand for others. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.checks import Doubt, doubts
from reports.claims import Compared, compare_claims
from reports.grid import Grid, grid
from reports.line import others_wait
from reports.model import Capacity, capacity
from reports.observation import Observation, Outcome
from reports.trials import Evidence


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report says, before it is put into words and pictures."""

    evidence: Evidence
    capacity: Capacity
    grid: Grid | None
    claims: tuple[Compared, ...]
    doubts: tuple[Doubt, ...]

    @property
    def queueing(self) -> tuple[Observation, ...]:
        """Trials with more users than imports could run at once, and the same setting otherwise."""
        ids = {seen.trial_id for level in self.capacity.levels for seen in level.trials}
        return tuple(seen for seen in self.evidence.trials if seen.trial_id in ids and others_wait(seen))

    @property
    def profiles(self) -> dict[str, tuple[Observation, ...]]:
        """Trials of the named profiles that were run under the same demand, the greatest one tried, by name."""
        tried = [seen for seen in self.evidence.trials if "profile" in seen.trial.series and seen.trial.profile]
        users = max((seen.trial.users for seen in tried), default=0)
        named = [(seen.trial.profile or "", seen) for seen in tried if seen.trial.users == users]
        names = dict.fromkeys(name for name, _ in sorted(named, key=lambda pair: pair[0]))
        return {name: tuple(seen for of, seen in named if of == name) for name in names}


def find(evidence: Evidence) -> Findings:
    """Analyse *evidence*."""
    found = capacity(evidence)
    return Findings(
        evidence=evidence,
        capacity=found,
        grid=grid(evidence),
        claims=compare_claims(evidence, found),
        doubts=doubts(evidence, found),
    )


def representative(trials: Sequence[Observation]) -> Observation | None:
    """Return the trial to show for *trials*: a failed one where there is any, else the one with the median peak."""
    for outcome in (Outcome.FAILED, Outcome.PASSED, Outcome.VOID):
        measured = [seen for seen in trials if seen.outcome is outcome and seen.peak_bytes is not None]
        if measured:
            return sorted(measured, key=lambda seen: (seen.peak_bytes or 0.0, seen.trial_id))[(len(measured) - 1) // 2]
    return None
