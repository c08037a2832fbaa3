"""TEST DATA, not measurements: makes plausible records of runs, deterministic from a scenario, to test reports with.

Shapes follow what imports of this kind do: a start-up ramp, an idle base, a plateau under load, and a peak that grows
by the same need with every import in flight. Nothing here may ever be quoted as a result.
"""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import takewhile

from loadtests.record import (
    Ending,
    Exit,
    Harness,
    ImportRow,
    Kernel,
    Phases,
    RequestRow,
    Run,
    Samples,
    Trial,
    TruthCheck,
    in_flight_most,
    to_line,
)
from tests.synthetic_plan import GAMES_PER_CPU_S, HOST, LOAD_S, MIB, READY_S, Planned, Scenario, planned


def run_line(scenario: Scenario, trials: int) -> Run:
    return Run(
        run_id="synthetic",
        started_at="2026-01-01T00:00:00.000+00:00",
        command="tests/synthetic_records.py",
        plan="standard",
        seed=scenario.seed,
        trials_planned=trials,
        limit_bytes=round(scenario.limit_mib * MIB),
        reserve_bytes=round(scenario.limit_mib * MIB / 10),
        host=HOST,
    )


def records(scenario: Scenario) -> Iterator[Run | Trial]:
    """Yield the run line, a priming trial, and every trial of the plan in a shuffled order."""
    ordered = planned(scenario)
    random.Random(scenario.seed).shuffle(ordered)
    ordered.sort(key=lambda one: one.repeat)
    ordered.insert(0, ordered[0])
    yield run_line(scenario, len(ordered))
    for position, one in enumerate(ordered[: scenario.keep]):
        yield trial(scenario, one, position)


def lines(scenario: Scenario) -> list[str]:
    """Return the lines of a records file."""
    return [to_line(record) for record in records(scenario)]


def trial(scenario: Scenario, one: Planned, position: int = 1) -> Trial:
    """Imagine one trial; the one at position 0 is a priming trial."""
    trial_id = f"t{position:02d}"
    noise = random.Random(f"{scenario.seed} {trial_id}")
    in_flight = in_flight_most(one.users, one.setting)
    base = scenario.base_mib * MIB
    peak = base + in_flight * scenario.need_bytes(one.setting) + noise.gauss(0, scenario.spread_mib) * MIB
    imports = _imports(one, in_flight, noise)
    samples = _samples(scenario, (base, peak), max(row.done_s or 0.0 for row in imports), noise)
    killed = max(samples.unreclaimable_bytes(), default=0) > scenario.limit_mib * MIB
    if killed:
        samples = _until_limit(samples, scenario.limit_mib * MIB)
    ending = Ending.OOM_KILLED if killed else Ending.INVALID if trial_id in scenario.void else Ending.COMPLETED
    end_s = samples.at_s[-1] if samples.at_s else 0.3
    reached = {
        name: at_s if at_s <= end_s else None for name, at_s in (("ready_s", READY_S), ("load_started_s", LOAD_S))
    }
    return Trial(
        run_id="synthetic",
        trial_id=trial_id,
        position=position,
        repeat=one.repeat,
        seed=scenario.seed,
        priming=position == 0,
        started_at="2026-01-01T00:00:00.000+00:00",
        target="importer",
        series=(one.series,),
        profile=one.profile,
        setting=one.setting,
        effective_setting={} if reached["ready_s"] is None else one.setting,
        users=one.users,
        start="aligned",
        games_per_user=500,
        stored_games_per_user=10000,
        limit_bytes=round(scenario.limit_mib * MIB),
        upstream=one.upstream,
        host=HOST,
        ending=ending,
        reason=_REASONS[ending],
        phases=Phases(
            process_started_s=0.1, **reached, load_ended_s=end_s - 0.3 if not killed else None, stopped_s=end_s
        ),
        samples=samples,
        kernel=Kernel(
            limit_bytes=round(scenario.limit_mib * MIB),
            peak_bytes=round(min(scenario.limit_mib * MIB, peak + 40 * MIB)),
            oom_kills=int(killed),
            machine_oom_kills=int(killed),
            limit_hits=0,
            vm_hwm_bytes=None if killed else round(peak + 14 * MIB),
        ),
        imports=tuple(row if not killed else _lost(row) for row in imports) if reached["load_started_s"] else (),
        requests=(RequestRow(name="POST /imports", sent_s=1.8, response_s=0.004, status=202, error=None),),
        truth=None if killed else TruthCheck(expected=10500, stored=10500, missing=0, unexpected=0, doubled=0),
        exit=Exit(code=None, signal=9, by_harness=False) if killed else Exit(code=0, signal=None, by_harness=True),
        harness=Harness(
            sampler_interval_s=scenario.interval_s,
            sampler_late_max_s=abs(noise.gauss(0.002, 0.001)) if samples.at_s else None,
            sampler_cpu_s=0.02,
            generator_cpu_s=0.8,
            generator_wall_s=max(end_s, 0.1),
            locust_version="2.47.0",
        ),
        log_tail="",
    )


_REASONS = {
    Ending.OOM_KILLED: "the cgroup's oom_kill counter rose by 1",
    Ending.INVALID: "memory went unread for 0.61 s, longer than 0.5 s",
    Ending.COMPLETED: "every import completed, every game stored exactly once",
}


def _imports(one: Planned, in_flight: int, noise: random.Random) -> tuple[ImportRow, ...]:
    """Serve *in_flight* users at a time: one core shared, or the upstream's pace where that is slower."""
    per_s = GAMES_PER_CPU_S / in_flight
    if one.upstream.games_per_s is not None:
        per_s = min(per_s, one.upstream.games_per_s)
    free_at_s = [0.0] * in_flight
    rows = []
    for number in range(one.users):
        slot = free_at_s.index(min(free_at_s))
        wait_s = free_at_s[slot]
        elapsed_s = 500 / per_s * noise.uniform(0.97, 1.03)
        free_at_s[slot] = wait_s + elapsed_s
        rows.append(
            ImportRow(
                user=f"player{number + 1}",
                scheduled_s=LOAD_S,
                sent_s=LOAD_S + 0.001,
                accepted_s=LOAD_S + 0.005,
                done_s=LOAD_S + 0.02 + wait_s + elapsed_s,
                import_id=str(number),
                state="completed",
                queue_position=max(0, number + 1 - in_flight),
                queue_wait_s=wait_s,
                first_game_after_s=0.05,
                elapsed_s=elapsed_s,
                fetched=500,
                stored=500,
                duplicates=0,
                rejected=0,
                error=None,
            )
        )
    return tuple(rows)


def _lost(row: ImportRow) -> ImportRow:
    unknown = dict.fromkeys(("done_s", "elapsed_s", "stored", "fetched", "queue_wait_s"))
    return row.model_copy(update={**unknown, "state": "running"})


def _samples(scenario: Scenario, levels: tuple[float, float], done_s: float, noise: random.Random) -> Samples:
    base, peak = levels
    count = int((done_s + 0.3) / scenario.interval_s)
    at_s = [0.1 + number * scenario.interval_s for number in range(count)]
    anon = [round(_anon(at, (base, peak), done_s, noise)) for at in at_s]
    kernel = [round(3.1 * MIB + (0.3 * MIB if LOAD_S < at < done_s else 0)) for at in at_s]
    socket = [round(0.15 * MIB if LOAD_S < at < done_s else 0) for at in at_s]
    columns: dict[str, Sequence[float]] = {
        "anon_bytes": [value - k - s for value, k, s in zip(anon, kernel, socket, strict=True)],
        "kernel_bytes": kernel,
        "socket_bytes": socket,
        "shmem_bytes": [0] * count,
        "used_bytes": [value + 40 * MIB for value in anon],
        "cache_bytes": [40 * MIB] * count,
        "inactive_file_bytes": [30 * MIB] * count,
        "major_faults": [0] * count,
        "at_s": at_s,
        "late_s": [0.001] * count,
        "cpu_s": [at * 0.9 for at in at_s],
    }
    return Samples.model_validate({name: tuple(column) for name, column in columns.items()})


def _anon(at_s: float, levels: tuple[float, float], done_s: float, noise: random.Random) -> float:
    base, peak = levels
    if at_s < READY_S:
        return max(4.0 * MIB, base * min(1.0, at_s / (READY_S - 0.1)))
    if at_s < LOAD_S:
        return base
    if at_s < done_s:
        return base + (peak - base) * (1 - math.exp(-(at_s - LOAD_S) * 3)) * noise.uniform(0.97, 1.0)
    return base + (peak - base) * 0.6


def _until_limit(samples: Samples, limit_bytes: float) -> Samples:
    alive = sum(1 for _ in takewhile(lambda total: total <= limit_bytes, samples.unreclaimable_bytes()))
    return Samples.model_validate({name: getattr(samples, name)[:alive] for name in Samples.model_fields})
