"""Builds records of calibration trials, for tests of what judges them; nothing here was measured."""

from collections.abc import Sequence
from typing import Any

from loadtests.known import Known
from loadtests.record import Ending, Exit, Harness, Host, ImportRow, Kernel, Phases, Samples, Trial, Upstream

HOST = Host(
    cpu_model="m",
    cpu_count=2,
    memory_bytes=5,
    kernel="k",
    cgroup_version="v1",
    python="3.11",
    packages_digest="d",
    revision="unknown",
)
READY_S, SENT_S, DONE_S = 1.0, 2.0, 3.0


def readings(values: Sequence[tuple[float, int]]) -> Samples:
    """Make a series of anonymous memory, in bytes, at given seconds."""
    columns: dict[str, Any] = {name: tuple(0 for _ in values) for name in Samples.model_fields}
    columns |= {"at_s": tuple(at_s for at_s, _ in values), "anon_bytes": tuple(size for _, size in values)}
    return Samples.model_validate(columns)


def held(sent_s: float | None = SENT_S, done_s: float | None = DONE_S) -> ImportRow:
    """Make the row of one held request."""
    unknown = {name: None for name in ImportRow.model_fields if name not in ("user", "scheduled_s", "state")}
    row = {**unknown, "user": "player1", "scheduled_s": SENT_S, "state": "completed"}
    return ImportRow.model_validate({**row, "sent_s": sent_s, "done_s": done_s})


def trial(known: Known, base_bytes: float, peak_bytes: float, **changes: Any) -> Trial:
    """Make a trial that idled at one level and held its requests at another."""
    series = [(1.2, round(base_bytes)), (1.8, round(base_bytes)), (2.2, round(peak_bytes)), (2.8, round(peak_bytes))]
    kernel = Kernel(
        limit_bytes=known.limit_bytes,
        peak_bytes=known.limit_bytes,
        oom_kills=0,
        machine_oom_kills=0,
        limit_hits=0,
        vm_hwm_bytes=round(peak_bytes),
    )
    made = Trial(
        run_id="r",
        trial_id="t1",
        position=1,
        repeat=0,
        seed=1,
        priming=False,
        started_at="2026-01-01T00:00:00.000+00:00",
        target=known.standard,
        series=("calibrate",),
        profile=None,
        setting=dict(known.setting),
        effective_setting={},
        scenario="hold",
        users=known.users,
        start="aligned",
        games_per_user=0,
        stored_games_per_user=0,
        limit_bytes=known.limit_bytes,
        upstream=Upstream(profile="none", games_per_s=None, speed_ratio=1.0, max_streams=None, seed=1),
        host=HOST,
        ending=Ending.COMPLETED,
        reason="",
        phases=Phases(process_started_s=0.0, ready_s=READY_S, load_started_s=SENT_S, load_ended_s=DONE_S, stopped_s=4),
        samples=readings(series),
        kernel=kernel,
        imports=(held(),) * known.users,
        requests=(),
        truth=None,
        exit=Exit(code=None, signal=None, by_harness=True),
        harness=Harness(
            sampler_interval_s=0.05,
            sampler_late_max_s=0.0,
            sampler_cpu_s=0.0,
            generator_cpu_s=0.0,
            generator_wall_s=1.0,
            locust_version="x",
        ),
        log_tail="",
    )
    return made.model_copy(update=changes)


def true_trial(known: Known) -> Trial:
    """Make the trial that a harness without fault would record."""
    base, peak = known.base_bytes(), known.peak_bytes()
    [ending, *_] = sorted(known.endings)
    changes: dict[str, Any] = {"ending": ending}
    if known.standard in ("cache_writer", "thrasher", "slow_start"):
        peak = base
    if known.standard == "leaker":
        rate = known.need_bytes()
        rising = [(at_s, round(base + rate * (at_s - SENT_S))) for at_s in (2.0, 2.3, 2.6, 2.9)]
        changes["samples"] = readings([(1.5, round(base)), *rising])
    return trial(known, base, peak, **changes)
