"""Runs servers of known need through the very trials that importers go through, and compares; decides nothing else."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from loadtests.bench import Wanted, append, bench, folders
from loadtests.findings import Finding, Pair, findings, right_endings, squeezed
from loadtests.known import PUBLISHED_LIMIT_BYTES, Known, Weights, known_trials, to_squeeze
from loadtests.launch import Bench
from loadtests.plan import PlannedTrial
from loadtests.record import Host, Run, Trial
from loadtests.safety import RESERVE_RATIO
from loadtests.search import Bounds, Next, Rules, Tried, smallest_limit
from loadtests.series import peak_bytes
from loadtests.settings import Settings
from loadtests.squeeze import PAGE_BYTES, outcome_of_survival
from loadtests.target import Target
from loadtests.trial import run_trial

PLAN, SQUEEZE = "calibrate", "squeeze"
# A choice: memory that stands still survives a limit twice as surely as three times, and no leak is to be found.
SQUEEZE_RULES = Rules(repeats=2, confirmations=0, most_trials=40)
# Choices: a standard's memory stands still, so fewer readings do than for an importer; what is too late, or thrashes,
# would be so after a minute as well, and has no need to take one.
TIMES = {"idle_s": 0.3, "drain_s": 0.2, "ready_within_s": 3.0, "imports_within_s": 5.0}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a calibration needs to know before it starts."""

    weights: Weights
    repeats: int
    target: Target  # a server that is any standard, by its setting
    seed: int
    out: Path
    settings: Settings
    environment: Mapping[str, str]
    command: str


@dataclass(frozen=True, slots=True)
class Step:
    """One trial of a calibration."""

    known: Known
    trial: Trial
    done: int
    planned: int


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration has found."""

    records: Path
    host: Host
    findings: tuple[Finding, ...]
    trials: int
    right_endings: int
    elapsed_s: float  # the priming trial included

    def right(self) -> bool:
        """Say whether every answer is right."""
        return all(finding.right for finding in self.findings)


def calibrate(order: Calibration, tell: Callable[[Step], None]) -> Calibrated:
    """Run every known answer in a random order, after one trial that primes the page cache, and compare.

    Raises:
        UsageError: the output folder cannot be used.
        LimitUnavailable: the host cannot enforce a limit.
    """
    began_s = time.monotonic()
    known = known_trials(order.weights, order.repeats)
    shuffled = random.Random(order.seed).sample(range(len(known)), len(known))
    pairs: dict[int, Pair] = {}
    with (
        folders(order.out) as work,
        bench(_wanted(order, known), work) as shared,
        (order.out / "records.jsonl").open("x", encoding="utf-8") as records,
    ):
        append(records, _header(order, shared, len(known) + 1))
        for position, number in enumerate([shuffled[0], *shuffled]):
            trial = _run(known[number], position, shared)
            append(records, trial)
            if position > 0:
                pairs[number] = (known[number], trial)
                tell(Step(known[number], trial, position, len(known)))
        found = _squeezed(to_squeeze(order.weights), shared, records, len(known) + 1)
    in_order = [pairs[number] for number in sorted(pairs)]
    return Calibrated(
        records=order.out / "records.jsonl",
        host=shared.host,
        findings=(*findings(in_order), found),
        trials=len(in_order),
        right_endings=right_endings(in_order),
        elapsed_s=time.monotonic() - began_s,
    )


def _squeezed(known: Known, shared: Bench, records: TextIO, position: int) -> Finding:
    """Search the smallest limit that a server of known need survives; the true need is never used to find it."""
    bounds = Bounds(1, known.limit_bytes // PAGE_BYTES)
    reference = _run(known, position, shared, SQUEEZE)
    append(records, reference)
    guess = max(1, (peak_bytes(reference) or known.limit_bytes) // PAGE_BYTES)
    tried: list[Tried] = []
    while isinstance(step := smallest_limit(tried, guess, bounds, SQUEEZE_RULES), Next):
        limited = replace(known, limit_bytes=step.point * PAGE_BYTES)
        trial = _run(limited, position + 1 + len(tried), shared, SQUEEZE)
        append(records, trial)
        tried.append(Tried(step.point, step.long, outcome_of_survival(trial)))
    return squeezed(known, None if step.point is None else step.point * PAGE_BYTES)


def _run(known: Known, position: int, shared: Bench, series: str = PLAN) -> Trial:
    planned = PlannedTrial(
        trial_id=f"t{position:03d}",
        series=series,
        profile=None,
        setting=known.setting,
        users=known.users,
        start="aligned",
        upstream_profile="none",
        repeat=0,
        priming=position == 0,
    )
    target = shared.target.model_copy(update={"name": known.standard})
    return run_trial(planned, position, replace(shared, target=target, limit_bytes=known.limit_bytes))


def _wanted(order: Calibration, known: tuple[Known, ...]) -> Wanted:
    changed = {name: value for name, value in TIMES.items() if name not in order.settings.model_fields_set}
    return Wanted(
        run_id=order.out.name,
        seed=order.seed,
        target=order.target,
        settings=order.settings.model_copy(update=changed),
        environment=order.environment,
        limit_bytes=PUBLISHED_LIMIT_BYTES,
        users=max(each.users for each in known),
        games_per_user=0,
        stored_games_per_user=0,
        upstream_profiles=frozenset({"none"}),
        replay=None,
    )


def _header(order: Calibration, shared: Bench, planned: int) -> Run:
    return Run(
        run_id=shared.run_id,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=order.command,
        plan=PLAN,
        seed=order.seed,
        trials_planned=planned,
        limit_bytes=PUBLISHED_LIMIT_BYTES,
        reserve_bytes=round(PUBLISHED_LIMIT_BYTES * RESERVE_RATIO),
        host=shared.host,
    )
