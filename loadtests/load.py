"""What one trial asks of Locust, and the command line that says so.

Starts no load: only a person's own Locust file is read here once, by a Locust that lists its users.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import UsageError
from loadtests.orders import Orders, Scenario, Start, to_environment
from loadtests.settings import REPOSITORY

LOCUSTFILE = Path(__file__).resolve().parent / "scenarios" / "locustfile.py"
# A choice: users end at once when asked; this is for one that hangs in a request to a server that does not answer.
STOP_TIMEOUT_S = 1
# A choice: workers are forked, and connect within a second.
WORKERS_WITHIN_S = 30
# Locust warns above 100 users a second; five users are spawned in one go anyway.
SPAWN_RATE_MOST = 100
# A choice: Locust itself is read in half a second; a file that takes a hundred times that hangs.
IMPORT_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What one trial asks of the generator."""

    url: str
    users: tuple[str, ...]
    games_per_user: int
    start: Start
    time_limit_s: float  # from the release
    poll_interval_s: float = 0.1
    scenario: Scenario = "import"
    hold_path: str = "/hold"
    rounds: int = 1  # requests that a holding user, or one of a person's own file, sends one after the other
    own_file: Path | None = None  # whose users take part, instead of a scenario of ours
    work_s: float | None = None  # how long they work, instead of rounds
    failures_allowed: int = 0
    offsets_s: tuple[float, ...] = ()  # of open arrivals, one a user
    locust_file: Path = LOCUSTFILE
    stagger_s: float = 0.5  # between two users' starts when staggered
    workers: int = 1  # from two on, Locust's own workers under its own master

    @property
    def processes(self) -> int:
        """Processes that the users are spread over; none stays without a user."""
        return min(self.workers, len(self.users))


def orders_of(load: Load, rows_file: Path) -> Orders:
    """Return what the Locust file is told."""
    return Orders(
        users=load.users,
        games=load.games_per_user,
        start=load.start,
        stagger_s=load.stagger_s,
        time_limit_s=load.time_limit_s,
        poll_interval_s=load.poll_interval_s,
        scenario=load.scenario,
        hold_path=load.hold_path,
        rounds=load.rounds,
        locust_file=None if load.own_file is None else str(load.own_file),
        work_s=load.work_s,
        failures_allowed=load.failures_allowed,
        offsets_s=load.offsets_s,
        rows_file=str(rows_file.resolve()),
        held=True,
    )


def variables(orders: Orders) -> list[str]:
    """Prefix that adds the orders to the inherited environment, which is read nowhere but in the settings."""
    return ["env", *(f"{name}={value}" for name, value in to_environment(orders).items())]


def command(load: Load, master_port: int) -> list[str]:
    """Return the words that start Locust; with several workers it becomes their master at *master_port*."""
    users = str(len(load.users))
    port = str(master_port)
    crew = [
        *("--processes", str(load.processes), "--expect-workers-max-wait", str(WORKERS_WITHIN_S)),
        *("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port),
    ]
    return [
        *(sys.executable, "-m", "locust", "-f", str(load.locust_file), "--host", load.url),
        *("--headless", "--users", users, "--spawn-rate", str(min(len(load.users), SPAWN_RATE_MOST))),
        # Without a handler only warnings reach the log, and no table of rounded figures is printed.
        *("--only-summary", "--skip-log-setup"),
        *("--stop-timeout", str(STOP_TIMEOUT_S), "--exit-code-on-error", "0"),
        *(crew if load.processes > 1 else ()),
    ]


def require_locustfile(file: Path, target: str) -> None:
    """Let Locust read a person's own file once, in a process of its own, and list its users.

    It costs a second a run, and saves whoever mistyped it from a run in which every trial is void.

    Raises:
        UsageError: it does not import, or describes no user.
    """
    orders = Orders(scenario="locustfile", locust_file=str(file))
    words = [*variables(orders), sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--list"]
    try:
        done = subprocess.run(
            words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=IMPORT_WITHIN_S
        )
        fault = (done.stderr.strip() or "it says nothing").splitlines()[-1].strip().rstrip(".")
        imports = done.returncode == 0
    except subprocess.TimeoutExpired:
        imports, fault = False, f"it was not read within {IMPORT_WITHIN_S:g} s"
    if not imports:
        raise UsageError(
            f"target {target}, key 'locustfile': {file} does not import: {fault}. "
            "Correct it; try it by hand with locust --list -f."
        )
