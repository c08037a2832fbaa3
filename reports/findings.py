"""Puts together everything that one records file shows, and picks the trials that stand for others. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.checks import Doubt, doubts
from reports.claims import Claim, Compared, compare_claims
from reports.grid import Grid, grid
from reports.line import others_wait
from reports.model import Capacity, capacity
from reports.observation import Observation, Outcome
from reports.service import Upstream, service_of
from reports.tiers import Demand, Offer, Service, Tier, offers
from reports.trials import Evidence
from reports.waiting import RuleCheck, Waiting, check_rule, waiting

# A choice, stated beside every figure that follows from it: a hundred thousand imports a month, a tenth of a day's in
# its busiest hour, and a minute's wait at most for 95 of 100 users. `reports tiers` takes others.
USUAL_DEMAND = Demand(imports_per_month=100_000, busiest_hour_ratio=0.1, wait_s=60.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from the run for a deployment: ceilings, waits and tiers under a demand."""

    service: Service
    demand: Demand
    upstream: Upstream
    waiting: Waiting
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report says, before it is put into words and pictures."""

    evidence: Evidence
    capacity: Capacity
    grid: Grid | None
    claims: tuple[Compared, ...]
    doubts: tuple[Doubt, ...]
    plan: Plan | None  # None where the run does not tell a need, or nothing is imported
    rule_check: RuleCheck | None

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


def find(
    evidence: Evidence,
    tiers: Sequence[Tier] = (),
    claims: Sequence[Claim] = (),
    demand: Demand = USUAL_DEMAND,
    upstream: Upstream | None = None,
) -> Findings:
    """Analyse *evidence*, set *claims* beside it, and plan for *demand* on *tiers*; without tiers there is no plan."""
    found = capacity(evidence)
    bare = _bare(evidence, found, claims)
    return replace(
        bare,
        plan=_plan(evidence, found, tiers, (demand, upstream or Upstream())),
        rule_check=check_rule(bare.queueing),
    )


def _plan(evidence: Evidence, found: Capacity, tiers: Sequence[Tier], wanted: tuple[Demand, Upstream]) -> Plan | None:
    demand, upstream = wanted
    service = service_of(evidence, found, upstream) if tiers else None
    if service is None:
        return None
    waits = waiting(evidence, found, service, demand)
    return Plan(service, demand, upstream, waits, offers(tiers, service, demand))


def _bare(evidence: Evidence, found: Capacity, claims: Sequence[Claim]) -> Findings:
    map_ = grid(evidence)
    return Findings(
        evidence=evidence,
        capacity=found,
        grid=map_,
        claims=compare_claims(claims, evidence, found, map_),
        doubts=doubts(evidence, found),
        plan=None,
        rule_check=None,
    )


def representative(trials: Sequence[Observation]) -> Observation | None:
    """Return the trial to show for *trials*: a failed one where there is any, else the one with the median peak."""
    for outcome in (Outcome.FAILED, Outcome.PASSED, Outcome.VOID):
        measured = [seen for seen in trials if seen.outcome is outcome and seen.peak_bytes is not None]
        if measured:
            return sorted(measured, key=lambda seen: (seen.peak_bytes or 0.0, seen.trial_id))[(len(measured) - 1) // 2]
    return None
