"""What can go wrong with the harness itself; how a trial ends is data and never an exception.

LoadTestError
├── UsageError           a plan, target, profile or option that cannot be run        exit code 2
│   └── LimitTooLow      a limit under which the server does not even start          exit code 2
├── LimitUnavailable     this host cannot enforce a memory limit                     exit code 13
├── TargetUnusable       the server under test never answered                        exit code 12
├── NothingMeasured      not one trial could be trusted                              exit code 12
├── UpstreamUnusable     the fake upstream did not start or answer                   exit code 12
├── GeneratorUnusable    Locust did not start or left no rows                        exit code 12
└── LeftBehind           a process or cgroup could not be removed                    exit code 12
"""


class LoadTestError(Exception):
    """Base of every error of the harness; the message says what, the value found, and what to do next."""

    exit_code = 12


class UsageError(LoadTestError):
    """A plan, target, profile or option that cannot be run."""

    exit_code = 2


class LimitTooLow(UsageError):
    """A limit under which the server does not even start."""

    def __init__(self, limit_bytes: int, target: str) -> None:
        super().__init__(
            f"--limit-mib {limit_bytes / 2**20:g} is below what target {target} needs before its first user: it was "
            "killed for want of memory while it started. Raise --limit-mib."
        )


class LimitUnavailable(LoadTestError):
    """This host cannot enforce the memory limit."""

    exit_code = 13

    def __init__(self, limit_bytes: int, found: str) -> None:
        super().__init__(
            f"cannot limit memory to {limit_bytes} bytes: {found}. Run `make doctor` to see what this host offers."
        )


class TargetUnusable(LoadTestError):
    """The server under test could not be started or never became ready, outside any trial."""


class NothingMeasured(LoadTestError):
    """Not one trial could be trusted."""


class UpstreamUnusable(LoadTestError):
    """The fake upstream did not start or answer."""


class GeneratorUnusable(LoadTestError):
    """Locust did not start or left no rows."""


class LeftBehind(LoadTestError):
    """A process or cgroup could not be removed."""
