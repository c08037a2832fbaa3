"""One trial's life: limit, start, idle, load, drain, stop, verdict; everything it made is gone on any exit.

Decides nothing itself: what was seen goes to ``verdict``, and both go into the record.
"""

import shutil
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx

from loadtests.accounts import check
from loadtests.arrivals import kept_up, poisson_offsets_s
from loadtests.cgroup import MemoryCgroup
from loadtests.environment import machine_oom_kills
from loadtests.errands import Errands, own_check
from loadtests.errors import GeneratorUnusable
from loadtests.generator import Generated, Load, RunningGenerator, start_generator
from loadtests.launch import Bench, Launch, start_target
from loadtests.plan import PlannedTrial
from loadtests.process import Child, free_port
from loadtests.record import (
    NO_SAMPLES,
    Arrivals,
    Ending,
    Exit,
    Harness,
    Kernel,
    Phases,
    Samples,
    Trial,
    TruthCheck,
    in_flight_most,
)
from loadtests.sampler import Sampler
from loadtests.settings import REPOSITORY
from loadtests.verdict import Evidence, Verdict, decide

# How often the harness looks whether the load is done; an out-of-memory kill wakes it at once.
LOOK_EVERY_S = 0.02
# The target answers its settings from memory; two seconds tell a busy server from a dead one.
CONFIG_WITHIN_S = 2.0
LOG_TAIL_LINES = 20
# A choice: Locust starts in half a second; a hundred times that is no slow machine but a file that hangs.
GENERATOR_READY_WITHIN_S = 60.0


def run_trial(planned: PlannedTrial, position: int, bench: Bench) -> Trial:
    """Run one trial from start to verdict and return its record."""
    return _Run(planned, position, bench).record()


class _Run:
    """What one trial has shown so far; filled in as it goes, so that an early end still leaves its evidence."""

    def __init__(self, planned: PlannedTrial, position: int, bench: Bench) -> None:
        self.planned = planned
        self.position = position
        self.bench = bench
        self.folder = bench.folder / planned.trial_id
        self.upstream = bench.upstreams[planned.upstream_profile]
        self.started_at = datetime.now(UTC)
        self.origin_s = time.monotonic()
        self.started_s: float | None = None
        self.ready_s: float | None = None
        self.load_ended_s: float | None = None
        self.stopped_s = 0.0
        self.effective: dict[str, str] = {}
        self.vm_hwm_bytes: int | None = None
        self.samples: Samples = NO_SAMPLES
        self.sampler_cpu_s: float | None = None
        self.kernel: Kernel | None = None
        self.generated: Generated | None = None
        self.exit = Exit(code=None, signal=None, by_harness=True)
        self.log_tail = ""
        per_s, seed = planned.arrivals_per_s, f"{bench.seed} {planned.repeat}"
        self.offsets_s = () if per_s is None else poisson_offsets_s(planned.users, per_s, seed)

    def record(self) -> Trial:
        """Run the trial and return its record."""
        self.folder.mkdir(parents=True)
        try:
            if self.bench.accounts.folder is not None:
                shutil.copytree(self.bench.accounts.folder, self.folder, dirs_exist_ok=True)
            self._observe()
            return self._recorded()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _now_s(self) -> float:
        return time.monotonic() - self.origin_s

    def _observe(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        machine_kills_before = machine_oom_kills()
        with ExitStack() as stack:
            cgroup = stack.enter_context(self.bench.backend.create(self.planned.trial_id, self.bench.limit_bytes))
            generator = stack.enter_context(start_generator(self._load(url), self.folder))
            child = stack.enter_context(start_target(self.bench, self._launch(cgroup, port)))
            self.started_s = self._now_s()
            sampler = Sampler(cgroup, self.bench.settings.interval_s, cpu=child.cpu_s)
            sampler.start(self.origin_s)
            try:
                self._drive(child, generator, sampler, url)
            finally:
                self.samples = sampler.stop()
            self.sampler_cpu_s = sampler.cpu_s
            generator.stop()
            self.generated = generator.collect(self.origin_s)
            self.exit = child.stop(self.bench.settings.stop_within_s)
            self.stopped_s = self._now_s()
            self.kernel = self._account(cgroup, machine_kills_before)
            self.log_tail = child.log_tail(LOG_TAIL_LINES)

    def _launch(self, cgroup: MemoryCgroup, port: int) -> Launch:
        return Launch(cgroup, port, self.folder, self.upstream.url, self.planned.setting)

    def _load(self, url: str) -> Load:
        target, done = self.bench.target, self.bench.target.done
        return Load(
            url=url,
            users=self.bench.accounts.users[: self.planned.users],
            games_per_user=self.bench.accounts.new_games or 1,  # a hold asks for none, and Locust wants a number
            start=self.planned.start,
            time_limit_s=self.bench.settings.imports_within_s + max(self.offsets_s, default=0.0),
            scenario=target.scenario,
            hold_path=target.hold_path,
            rounds=self._rounds(),
            own_file=None if target.locustfile is None else REPOSITORY / target.locustfile,
            work_s=None if done.seconds is None else done.seconds * self.planned.rounds,
            failures_allowed=done.failures_allowed,
            offsets_s=self.offsets_s,
            workers=self.bench.settings.locust_workers,
        )

    def _rounds(self) -> int:
        """Requests of each user who imports nothing."""
        return self.planned.rounds * (self.bench.target.done.requests or 1)

    def _drive(self, child: Child, generator: RunningGenerator, sampler: Sampler, url: str) -> None:
        """Take the target through its phases until the load is done or the target is."""
        settings = self.bench.settings
        if child.wait_ready(url + self.bench.target.ready_path, settings.ready_within_s) != "ready":
            return
        self.ready_s = self._now_s()
        idle_until_s = self.ready_s + settings.idle_s
        self.effective = self._effective_setting(url)
        # Locust takes half a second to start; the server idles meanwhile, on cores of its own.
        while not generator.ready() and not generator.finished():
            if sampler.oom_event.wait(LOOK_EVERY_S):
                return
            if self._now_s() > self.ready_s + GENERATOR_READY_WITHIN_S:
                raise GeneratorUnusable(
                    f"Locust's users were not ready within {GENERATOR_READY_WITHIN_S:g} s. Run its file by hand."
                )
        sampler.oom_event.wait(max(0.0, idle_until_s - self._now_s()))
        generator.release()
        while not generator.finished() and child.poll() is None:
            if sampler.oom_event.wait(LOOK_EVERY_S):
                break
        self.load_ended_s = self._now_s()
        sampler.oom_event.wait(settings.drain_s)
        self.vm_hwm_bytes = child.vm_hwm_bytes()

    def _effective_setting(self, url: str) -> dict[str, str]:
        """Return what the target says it runs with; empty when it does not say."""
        if self.bench.target.config_path is None:
            return {}
        try:
            answer = httpx.get(url + self.bench.target.config_path, timeout=CONFIG_WITHIN_S, trust_env=False)
            return {str(name): str(value) for name, value in answer.raise_for_status().json()["settings"].items()}
        except (httpx.HTTPError, ValueError, KeyError):
            return {}

    def _account(self, cgroup: MemoryCgroup, machine_kills_before: int) -> Kernel:
        return Kernel(
            limit_bytes=cgroup.limit_bytes(),
            peak_bytes=cgroup.kernel_peak_bytes(),
            oom_kills=cgroup.oom_kills(),
            machine_oom_kills=machine_oom_kills() - machine_kills_before,
            limit_hits=cgroup.limit_hits(),
            vm_hwm_bytes=self.vm_hwm_bytes,
        )

    def _truth(self) -> TruthCheck | None:
        """Compare stored games with the truth, where every import says that it is complete."""
        done = self.generated is not None and all(row.state == "completed" for row in self.generated.imports)
        bench, users = self.bench, self.bench.accounts.users[: self.planned.users]
        if not done:
            return None
        if bench.target.truth is not None:
            errands = Errands(bench.target, bench.python, bench.environment)
            values = {"users": ",".join(users), "requests": str(self._rounds())}
            return own_check(errands, bench.target.truth, values, self.folder)
        return None if bench.commands is None else check(bench.accounts, users, bench.commands, self.folder)

    def _arrivals(self) -> Arrivals | None:
        if self.planned.arrivals_per_s is None:
            return None
        return kept_up(self.generated.imports if self.generated else (), self.planned.arrivals_per_s)

    def _harness(self) -> Harness:
        made = self.generated
        return Harness(
            sampler_interval_s=self.bench.settings.interval_s,
            sampler_late_max_s=max(self.samples.late_s, default=None),
            sampler_cpu_s=self.sampler_cpu_s,
            generator_cpu_s=made.cpu_s if made else None,
            generator_wall_s=made.wall_s if made else None,
            generator_waited_s=made.waited_s if made else None,
            generator_processes=min(self.bench.settings.locust_workers, self.planned.users),
            locust_version=made.locust_version if made else "unknown",
        )

    def _decided(self, harness: Harness, truth: TruthCheck | None) -> Verdict:
        made = self.generated
        return decide(
            Evidence(
                scenario=self.bench.target.scenario,
                limit_bytes=self.bench.limit_bytes,
                in_flight_most=in_flight_most(self.planned.users, dict(self.planned.setting)),
                became_ready=self.ready_s is not None,
                kernel=self.kernel,
                samples=self.samples,
                exit=self.exit,
                imports=made.imports if made else (),
                generator=made.outcome if made else "unstarted",
                generator_message=made.message if made else "",
                harness=harness,
                truth=truth,
                arrivals=self._arrivals(),
            )
        )

    def _recorded(self) -> Trial:
        truth, harness = self._truth(), self._harness()
        verdict = self._decided(harness, truth)
        planned, bench, made = self.planned, self.bench, self.generated
        return Trial(
            run_id=bench.run_id,
            trial_id=planned.trial_id,
            position=self.position,
            repeat=planned.repeat,
            seed=bench.seed,
            priming=planned.priming,
            started_at=self.started_at.isoformat(timespec="milliseconds"),
            target=bench.target.name,
            series=(planned.series,),
            profile=planned.profile,
            setting=dict(planned.setting),
            effective_setting=self.effective,
            scenario=bench.target.scenario,
            users=planned.users,
            start=planned.start,
            arrivals=self._arrivals(),
            games_per_user=bench.accounts.new_games,
            stored_games_per_user=bench.accounts.stored_games,
            limit_bytes=bench.limit_bytes,
            upstream=self.upstream.facts(),
            host=bench.host,
            ending=verdict.ending,
            reason=verdict.reason,
            phases=Phases(
                process_started_s=self.started_s,
                ready_s=self.ready_s,
                load_started_s=made.load_started_s if made else None,
                load_ended_s=self.load_ended_s,
                stopped_s=self.stopped_s,
            ),
            samples=self.samples,
            kernel=self.kernel,
            imports=made.imports if made else (),
            requests=made.requests if made else (),
            truth=truth,
            exit=self.exit,
            harness=harness,
            log_tail="" if verdict.ending is Ending.COMPLETED else self.log_tail,
        )
