"""TEST DATA, not measurements: the imaginary server, machine and plan that synthetic records are made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loadtests.record import Host, Upstream

MIB = 1024 * 1024
HOST = Host(
    cpu_model="synthetic",
    cpu_count=2,
    memory_bytes=8 * 1024 * MIB,
    kernel="6.1.0",
    cgroup_version="v1",
    python="3.11.2",
    packages_digest="0" * 12,
    revision="0" * 12,
)
UNPACED = Upstream(profile="unlimited", games_per_s=None, speed_ratio=1.0, max_streams=None, seed=1)
TRUE_PACE = Upstream(profile="lichess", games_per_s=25.0, speed_ratio=1.0, max_streams=None, seed=1)
KNOBS = (
    "MAX_CONCURRENT_IMPORTS",
    "IMPORT_BATCH_SIZE",
    "EXISTING_GAMES_PAGE_SIZE",
    "GC_EVERY_GAMES",
    "HTTP_POOL_LIMIT",
    "HTTP_POOL_LIMIT_PER_HOST",
)


def knobs(*values: int) -> dict[str, str]:
    return dict(zip(KNOBS, map(str, values), strict=True))


RECOMMENDED = knobs(3, 50, 2000, 200, 15, 3)
PROFILES = {
    "before": knobs(2, 100, 10000, 0, 20, 5),
    "recommended": RECOMMENDED,
    "ultra_safe": knobs(2, 30, 1000, 200, 15, 3),
    "test_limits": knobs(4, 50, 2000, 200, 15, 3),
}
GAMES_PER_CPU_S = 800.0
READY_S = 1.2
LOAD_S = 1.8


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the imaginary server needs and what happens to the run."""

    limit_mib: float = 512.0
    base_mib: float = 61.0
    need_mib: float = 1.6
    batch_mib: float = 0.004  # more an import for each game of batch size
    page_mib: float = 0.00003  # more an import for each id of page size
    spread_mib: float = 0.35
    seed: int = 7
    repeats: int = 2
    users: Sequence[int] = (1, 2, 3, 4, 5)
    interval_s: float = 0.05
    void: frozenset[str] = field(default_factory=frozenset)  # ids of trials whose measurement failed
    keep: int | None = None  # lines of trials that were written before an interruption

    def need_bytes(self, setting: dict[str, str]) -> float:
        """True need of one import under *setting*."""
        batch, page = float(setting["IMPORT_BATCH_SIZE"]) - 50, float(setting["EXISTING_GAMES_PAGE_SIZE"]) - 2000
        return (self.need_mib + self.batch_mib * batch + self.page_mib * page) * MIB


@dataclass(frozen=True, slots=True)
class Planned:
    """One trial before it is imagined."""

    series: str
    users: int
    setting: dict[str, str]
    repeat: int = 0
    profile: str | None = None
    upstream: Upstream = UNPACED


def following(users: int) -> dict[str, str]:
    slots = {"MAX_CONCURRENT_IMPORTS": str(users), "HTTP_POOL_LIMIT_PER_HOST": str(max(users, 3))}
    return RECOMMENDED | slots | {"HTTP_POOL_LIMIT": str(max(users, 15))}


def planned(scenario: Scenario) -> list[Planned]:
    """Return the trials of a standard plan, without the priming one."""
    trials = [
        Planned("users", users, following(users), repeat)
        for users in scenario.users
        for repeat in range(scenario.repeats)
    ]
    for batch in (30, 50, 100):
        for page in (1000, 2000, 10000):
            changed = {"IMPORT_BATCH_SIZE": str(batch), "EXISTING_GAMES_PAGE_SIZE": str(page)}
            setting = RECOMMENDED | changed
            trials.append(Planned("grid", 3, setting, profile="recommended" if setting == RECOMMENDED else None))
    trials += [Planned("queue", users, RECOMMENDED, profile="recommended") for users in (4, 5)]
    trials += [Planned("profile", 4, setting, profile=name) for name, setting in PROFILES.items()]
    trials.append(Planned("pace", 3, RECOMMENDED, profile="recommended", upstream=TRUE_PACE))
    return trials
