"""Promises of the published checks, kept against a scripted importer."""

import pytest

from loadtests.errors import TargetUnusable, UsageError
from loadtests.smoke import SmokeCheck, run_smoke
from tests.servers import running

USERS = ("ann", "bob", "cid", "dee")
NAMES = ("single import", "2 concurrent imports", "3 concurrent imports", "4 users, the fourth queues")


def smoke_of(*arguments: str, timeout_s: float = 5.0) -> tuple[SmokeCheck, ...]:
    """The checks made on a stand-in."""
    with running(["tests.stand_in_importer", *arguments]) as url:
        return run_smoke(url, USERS, 10, timeout_s)


@pytest.mark.parametrize("known", [(), ("--tells-no-config",)])
def test_a_good_importer_passes_all_four(known: tuple[str, ...]) -> None:
    """Three at once and the fourth waiting pass, whether or not the server tells its settings."""
    checks = smoke_of(*known)
    assert tuple(check.name for check in checks) == NAMES
    assert [check.passed for check in checks] == [True] * 4, checks
    assert "queue positions [0, 0, 0, 1]" in checks[3].detail
    assert all(0 < check.seconds < 5 for check in checks)


def test_a_second_smoke_of_the_same_accounts_passes() -> None:
    """Accounts that were imported before, with nothing new, pass again."""
    with running(["tests.stand_in_importer"]) as url:
        first, second = run_smoke(url, USERS, 10, 5.0), run_smoke(url, USERS, 10, 5.0)
    assert [check.passed for check in (*first, *second)] == [True] * 8


@pytest.mark.parametrize(
    ("at_once", "made"),
    [("2", [True, True, False, True]), ("4", [True, True, True, False])],
)
def test_a_check_that_the_settings_rule_out_is_not_passed(at_once: str, made: list[bool]) -> None:
    """A server that runs fewer or more at once makes a check impossible, which is said and counts as not passed."""
    checks = smoke_of("--at-once", at_once)
    assert [check.made for check in checks] == made
    assert [check.passed for check in checks] == made
    [impossible] = [check for check in checks if not check.made]
    assert impossible.detail == f"cannot be made: the server runs {at_once} imports at once"


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("fails", "failed: no such player"),
        ("rejects", "POST /api/v1/import-more-games: 422"),
        ("never", "not done after 0.3 s: "),
        ("forgets", "404"),
        ("babbles", "POST /api/v1/import-more-games: 202"),
        ("dies", "no usable answer"),
    ],
)
def test_each_way_to_fail_is_told(script: str, detail: str) -> None:
    """A check that fails says what the server said or did, and the checks after it are still made."""
    checks = smoke_of("--script", script, timeout_s=0.3)
    assert [check.passed for check in checks] == [False] * 4
    assert detail in checks[0].detail
    assert len(checks) == 4


def test_a_queue_that_does_not_hold_the_fourth_is_not_passed() -> None:
    """When the fourth import runs at once although only three should, the check fails and shows the positions."""
    checks = smoke_of("--at-once", "5", "--tells-no-config")
    assert [check.passed for check in checks] == [True, True, True, False]
    assert "queue positions [0, 0, 0, 0] where [0, 0, 0, 1] were due" in checks[3].detail


def test_a_queue_that_cannot_be_seen_is_not_passed() -> None:
    """Where imports end as soon as they are asked for no queue is seen, and the check says what would show it."""
    checks = smoke_of("--script", "hurries")
    assert [check.passed for check in checks] == [True, True, True, False]
    assert checks[3].detail.startswith("no queue was seen in 5 tries")
    assert "Name accounts that were not imported yet" in checks[3].detail


def test_a_server_that_is_not_there_is_an_error() -> None:
    """Where nothing answers there is nothing to check; the message names the address."""
    with pytest.raises(TargetUnusable, match=r"nothing answers at http://127\.0\.0\.1:1"):
        run_smoke("http://127.0.0.1:1", USERS, 10, 1.0)


def test_four_accounts_are_needed() -> None:
    """Fewer than four different accounts cannot make the last check."""
    with pytest.raises(UsageError, match="3 were named"):
        run_smoke("http://127.0.0.1:1", ("ann", "bob", "cid", "ann"), 10, 1.0)
