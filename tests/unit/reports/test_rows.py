"""Records as rows: nothing lost, nothing rounded."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema_rs
import pytest

from loadtests.record import Ending, Run, from_lines
from reports.claims import read_claims
from reports.errors import RecordsUnusable, UsageError
from reports.explore import explore
from reports.findings import find
from reports.machine import summary
from reports.rows import as_csv, import_rows, request_rows, run_row, sample_rows, trial_row
from reports.tiers import read_tiers
from reports.trials import load
from tests.synthetic_evidence import flat, seen
from tests.synthetic_plan import Scenario
from tests.synthetic_records import lines

REPORTS = Path(__file__).resolve().parents[3] / "reports"


def test_a_trial_is_one_flat_row() -> None:
    """Every value is plain, settings have columns of their own, and a failed trial's peak is marked a lower bound."""
    row = trial_row(seen(3, 66, Ending.OOM_KILLED, kernel=None, truth=None))
    assert all(value is None or isinstance(value, str | int | float) for value in row.values())
    assert row["peak_bytes"] == 66 * 2**20
    assert row["peak_is_a_lower_bound"] == 1
    assert row["set_IMPORT_BATCH_SIZE"] == "50"
    assert row["ending"] == "oom_killed"
    assert (row["oom_kills"], row["lost_games"]) == (None, None)


def test_csv_has_a_column_for_every_name() -> None:
    """Rows that differ in their columns stand in one table, empty where they have nothing."""
    read = list(csv.DictReader(io.StringIO(as_csv([{"a": 1}, {"a": None, "b": "x,y"}]))))
    assert read == [{"a": "1", "b": ""}, {"a": "", "b": "x,y"}]


def test_rows_of_a_trial_name_it() -> None:
    """Imports, requests and samples carry the trial they belong to; a trial without readings has no sample rows."""
    trial = next(record for record in from_lines(lines(Scenario())) if not isinstance(record, Run))
    for rows in (import_rows(trial), request_rows(trial), sample_rows(trial)):
        found = list(rows)
        assert found
        assert {row["trial_id"] for row in found} == {trial.trial_id}
    assert len(list(sample_rows(trial))) == len(trial.samples.at_s)
    bare = trial.model_copy(update={"samples": flat(0, 0)})
    assert list(sample_rows(bare)) == []


def test_a_run_line_carries_its_host() -> None:
    """The run's row holds the machine's facts beside what was planned."""
    run = next(record for record in from_lines(lines(Scenario())) if isinstance(record, Run))
    assert run_row(run)["host_cpu_model"] == "synthetic"


def test_a_run_becomes_a_database(tmp_path: Path) -> None:
    """Each record is in the database once, and SQL finds the highest peak."""
    database = tmp_path / "run.db"
    text = lines(Scenario())
    counts = explore(text, database)
    assert counts["runs"] == 1
    assert counts["trials"] == len(text) - 1
    with closing(sqlite3.connect(database)) as db:
        [[peak]] = db.execute("SELECT max(peak_bytes) FROM trials JOIN samples USING (trial_id)").fetchall()
    assert peak == max(seen.peak_bytes or 0 for seen in (*load(text).trials, *load(text).priming))


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """A database that is there already stays as it is, and records that are none are refused."""
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        explore(lines(Scenario()), there)
    assert there.read_text() == "mine"
    with pytest.raises(RecordsUnusable):
        explore(["prose\n"], tmp_path / "new.db")
    with pytest.raises(UsageError, match="cannot write"):
        explore(lines(Scenario()), tmp_path / "missing" / "new.db")


@pytest.mark.parametrize(
    "scenario",
    [Scenario(), Scenario(limit_mib=40), Scenario(base_mib=150, need_mib=100, spread_mib=12), Scenario(keep=2)],
    ids=["quiet", "killed while starting", "killed at some levels", "one trial"],
)
def test_the_summary_keeps_its_published_schema(scenario: Scenario) -> None:
    """Whatever a run was like, its summary is what the schema promises, with no name missing or left over."""
    found = find(
        load(lines(scenario)),
        read_tiers((REPORTS / "tiers.toml").read_text(), "tiers.toml"),
        read_claims((REPORTS / "claims.toml").read_text()),
    )
    jsonschema_rs.validator_for((REPORTS / "summary.schema.json").read_text()).validate(summary(found))
