"""What the environment may change about a trial's times."""

import pytest

from loadtests.errors import UsageError
from loadtests.settings import from_env


def test_only_known_names_are_read() -> None:
    """A variable of the harness is taken; strangers, and unprefixed names, are not."""
    settings = from_env({"LOADTEST_IDLE_S": "2", "LOADTEST_OTHER": "x", "drain_s": "9", "HOME": "/"})
    assert settings.idle_s == 2.0
    assert settings.drain_s == from_env({}).drain_s


def test_workers_are_called_as_locust_calls_them() -> None:
    """The number of Locust's workers is no time of a trial and has a name of its own, also when it is refused."""
    assert (from_env({"LOCUST_WORKERS": "3"}).locust_workers, from_env({}).locust_workers) == (3, 1)
    with pytest.raises(UsageError, match=r"^LOCUST_WORKERS='0' cannot be used"):
        from_env({"LOCUST_WORKERS": "0"})


def test_nonsense_is_refused_by_name() -> None:
    """The sentence names the variable and the value."""
    with pytest.raises(UsageError, match="LOADTEST_INTERVAL_S='often'"):
        from_env({"LOADTEST_INTERVAL_S": "often"})
