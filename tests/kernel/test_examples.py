"""The worked examples of targets, each once on a tiny plan, and their figures beside what they are known to hold."""

from pathlib import Path

import pytest

from loadtests.record import Ending, Trial
from loadtests.series import base_bytes, peak_bytes
from tests.runs import ROOT, harness, run_folder, trials

pytestmark = pytest.mark.kernel
MIB = 2**20
TWO_USERS = '[[series]]\nname = "users"\nusers = [2]\n'
ONE_USER = TWO_USERS.replace("2", "1")
# Short phases: what stands still needs few readings.
TIMES = {"IDLE_S": 0.2, "DRAIN_S": 0.0}


def measured(target: str, series: str = TWO_USERS, *, games: int = 1) -> list[Trial]:
    """Run a plan on a target and return its trials, which all were completed, without the priming one."""
    with run_folder() as folder:
        plan = folder.parent / "plan.toml"
        plan.write_text(f'description = "d"\ngames_per_user = {games}\nstored_games_per_user = 0\n{series}')
        arguments = ("--target", target, "--plan", str(plan), "--limit-mib", "256", "--out", str(folder))
        done = harness("sweep", *arguments, **TIMES)
        assert done.returncode == 0, done.stderr
        found = [trial for trial in trials(folder) if not trial.priming]
    assert [trial.ending for trial in found] == [Ending.COMPLETED] * len(found), [trial.reason for trial in found]
    return found


def rise_mib(trial: Trial) -> float:
    """What the load added to the idle server."""
    base, peak = base_bytes(trial), peak_bytes(trial)
    assert base is not None
    assert peak is not None
    return (peak - base) / MIB


def test_pictures_hold_what_they_are_known_to_hold() -> None:
    """Two requests that hold 10 MiB each, and two that hold 30, differ by 40 MiB; the target file says what to vary."""
    by_size = {trial.setting["PICTURE_MIB"]: trial for trial in measured("pictures")}
    assert set(by_size) == {"10", "30"}
    assert by_size["30"].effective_setting == {"PICTURE_MIB": "30"}
    assert rise_mib(by_size["30"]) - rise_mib(by_size["10"]) == pytest.approx(40, rel=0.02)


def test_all_processes_under_gunicorn_count() -> None:
    """20 MiB more in each of two workers are 40 MiB more; every user sent what its rule says, and each got its own."""
    by_size = {trial.setting["CATALOGUE_MIB"]: trial for trial in measured("invoices")}
    assert set(by_size) == {"10", "30"}
    small, large = base_bytes(by_size["10"]), base_bytes(by_size["30"])
    assert small is not None
    assert large is not None
    assert (large - small) / MIB == pytest.approx(40, rel=0.02)
    for trial in by_size.values():
        assert rise_mib(trial) >= 20, "two invoices of 10 MiB were in flight at once"
        assert sorted(request.name for request in trial.requests) == ["GET /catalogue"] * 2 + ["GET /invoice"] * 4
        assert trial.truth is not None
        assert (trial.truth.expected, trial.truth.stored, trial.truth.exactly_once()) == (4, 4, True)
        assert (trial.scenario, trial.effective_setting, trial.games_per_user) == ("locustfile", {}, 0)


def test_the_textbook_importer_keeps_a_tree_for_every_game() -> None:
    """A kept tree costs some 46 KiB, the game's text comes on top: 400 games more hold that much each, not twice."""
    few, many = (measured("textbook", ONE_USER, games=games)[0] for games in (100, 500))
    assert 46 <= (rise_mib(many) - rise_mib(few)) * 1024 / 400 <= 92


def test_open_arrivals_are_recorded_with_their_backlog() -> None:
    """Six requests of half a second at forty a second pile up: each finds more there, and the record says how many."""
    series = '[[series]]\nname = "open"\nusers = [6]\nstart = "poisson"\narrivals_per_s = 40\n'
    [trial] = measured("pictures", series + "vary = { PICTURE_MIB = [5] }\n")
    assert (trial.start, trial.users, len(trial.imports)) == ("poisson", 6, 6)
    assert trial.arrivals is not None
    assert (trial.arrivals.per_s, trial.arrivals.backlog_most) == (40, 5)
    assert trial.arrivals.backlog_growth_per_s is not None
    assert trial.arrivals.backlog_growth_per_s > 0
    assert "arriving 40 a second, the backlog reached 5" in trial.reason
    begun_s = [row.scheduled_s for row in trial.imports]
    assert begun_s == sorted(begun_s)
    assert len(set(begun_s)) == 6


def test_the_load_can_be_spread_over_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With LOCUST_WORKERS two processes send what one did, all at once, and the record says how many there were."""
    monkeypatch.setenv("LOCUST_WORKERS", "2")
    with run_folder() as folder:
        known = ("--set", "STANDARD=exact", "--set", "BASE_MIB=16", "--set", "PER_REQUEST_MIB=20")
        arguments = ("--target", "standard", *known, "--users", "3", "--limit-mib", "128", "--out", str(folder))
        done = harness("run", *arguments, **TIMES)
        assert done.returncode == 0, done.stderr
        found = trials(folder)[-1]
    assert (found.ending, found.harness.generator_processes) == (Ending.COMPLETED, 2), found.reason
    assert peak_bytes(found) == pytest.approx((16 + 3 * 20) * MIB, rel=0.02)


def refused(folder: Path, **changes: str) -> tuple[int, str]:
    """Let a sweep of the invoices with these keys changed fail before it begins; return its code and sentence."""
    described = (ROOT / "loadtests" / "targets" / "invoices.toml").read_text()
    target = folder.parent / "mine.toml"
    for key, value in changes.items():
        before = next(line for line in described.splitlines() if line.startswith(f"{key} ="))
        described = described.replace(before, f"{key} = {value}")
    target.write_text(described)
    done = harness("sweep", "--target", str(target), "--plan", "own", "--out", str(folder))
    assert not folder.exists()
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import no_such_module\n", "No module named 'no_such_module'"),
        ("def broken(:\n", "invalid syntax"),
        ("users = 3\n", "no class derived from a User"),
        (None, "No such file"),
    ],
)
def test_a_locust_file_that_does_not_import(text: str | None, why: str) -> None:
    """Whatever is wrong with the file: one sentence with target, key, file and reason; exit code 2; nothing is left."""
    with run_folder() as folder:
        file = folder.parent / "mylocust.py"
        if text is not None:
            file.write_text(text)
        code, sentence = refused(folder, locustfile=f'"{file}"')
    assert code == 2, sentence
    for word in ("mine.toml", "'locustfile'", "mylocust.py", why):
        assert word in sentence
