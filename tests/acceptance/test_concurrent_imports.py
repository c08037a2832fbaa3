"""The four published checks, each under a real limit of 512 MiB."""

from collections.abc import Iterator

import pytest

from loadtests.record import Ending, Trial
from tests.runs import harness, run_folder, small_plan, trials

pytestmark = [pytest.mark.acceptance, pytest.mark.kernel]

LIMIT_BYTES = 512 * 1024 * 1024
SERIES = """
[[series]]
name = "published"
profile = "recommended"
users = [1, 2, 3, 4]
"""


@pytest.fixture(scope="module")
def by_users() -> Iterator[dict[int, Trial]]:
    """Run one to four users against the recommended profile and yield the trials by users."""
    with run_folder() as folder:
        done = harness("sweep", "--plan", str(small_plan(folder, SERIES)), "--out", str(folder))
        assert done.returncode == 0, done.stderr
        yield {trial.users: trial for trial in trials(folder) if not trial.priming}


@pytest.mark.parametrize("users", [1, 2, 3, 4])
def test_imports_complete_under_the_limit(by_users: dict[int, Trial], users: int) -> None:
    """One, two, three and four users each end with every game stored exactly once, far from the limit."""
    trial = by_users[users]
    assert trial.ending is Ending.COMPLETED, trial.reason
    assert trial.truth is not None
    assert trial.truth.stored == users * 400
    assert trial.kernel is not None
    assert trial.kernel.limit_bytes == LIMIT_BYTES
    assert 0 < max(trial.samples.unreclaimable_bytes()) < LIMIT_BYTES


@pytest.mark.parametrize("users", [1, 2, 3])
def test_nobody_waits_while_there_are_slots(by_users: dict[int, Trial], users: int) -> None:
    """Up to three imports all run at once."""
    assert [row.queue_position for row in by_users[users].imports] == [0] * users


def test_the_fourth_import_queues_and_starts_by_itself(by_users: dict[int, Trial]) -> None:
    """Of four users one waits in first place, and its import runs when another is done."""
    rows = sorted(by_users[4].imports, key=lambda row: row.queue_position or 0)
    assert [row.queue_position for row in rows] == [0, 0, 0, 1]
    assert all(row.state == "completed" for row in rows)
    waited_s = rows[-1].queue_wait_s
    assert waited_s is not None
    assert waited_s > max(row.queue_wait_s or 0.0 for row in rows[:3])
