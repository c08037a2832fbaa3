"""Tables of ready texts."""

from dataclasses import replace
from pathlib import Path

from loadtests.record import Ending, Kernel, TruthCheck
from reports import tables, texts
from reports.captions import captions
from reports.claims import read_claims
from reports.findings import find
from tests.synthetic_evidence import evidence, flat, queueing, seen, straight
from tests.synthetic_plan import MIB, PROFILES, RECOMMENDED

CLAIMS = read_claims((Path(__file__).resolve().parents[3] / "reports" / "claims.toml").read_text())


def test_every_row_has_a_cell_for_every_heading() -> None:
    """No table is ragged, whatever was measured."""
    for trials in (straight(), [seen(3, ending=Ending.OOM_KILLED, samples=flat(0, 0), imports=(), kernel=None)]):
        found = find(evidence([*trials, queueing(4)], priming=[seen(1)]), claims=CLAIMS)
        for table in (tables.levels(found), tables.queueing(found), tables.claims(found), tables.trials(found)):
            assert table is not None
            assert {len(row.cells) for row in table.rows} == {len(table.headings)}


def test_figures_are_set_flush_right() -> None:
    """Columns of figures are told from columns of words."""
    table = tables.levels(find(evidence(straight())))
    assert [table.is_number(column) for column in range(len(table.headings))] == [False] * 2 + [True] * 6 + [False]


def test_levels_mark_what_lies_beyond_the_data() -> None:
    """A figure beyond the fitted trials carries a star; what was not measured is a dash."""
    rows = tables.levels(find(evidence(straight(levels=(1, 2, 3))))).rows
    assert rows[2].cells[:4] == ("3", "safe", "0 of 2", "66.1")
    assert rows[2].mark == "safe"
    assert rows[4].cells[4].endswith("*")
    assert rows[4].cells[3] == texts.ABSENT
    assert rows[4].mark == "cannot_tell"


def test_waits_are_kept_apart_from_imports() -> None:
    """Only those who queued have waited, and their wait is no part of their import."""
    rows = queueing(4).trial.imports
    waited = tuple(
        row.model_copy(update={"queue_position": int(number == 0), "queue_wait_s": 2.5 if number == 0 else 1e-6})
        for number, row in enumerate(rows)
    )
    table = tables.queueing(find(evidence([*straight(), queueing(4, imports=waited)])))
    assert table is not None
    assert table.rows[0].cells[3] == "2.50"
    assert tables.queueing(find(evidence(straight()))) is None


def test_trials_say_what_was_not_compared_and_what_means_nothing() -> None:
    """A saturated kernel peak, lost games, and a comparison that was not made are visible in the row."""
    kernel = Kernel(limit_bytes=MIB, peak_bytes=MIB, oom_kills=0, machine_oom_kills=0, limit_hits=9, vm_hwm_bytes=None)
    lost = TruthCheck(expected=3, stored=2, missing=1, unexpected=0, doubled=0)
    odd = seen(3, kernel=kernel, truth=lost, ending=Ending.CRASHED, profile="before")
    unsure = seen(3, kernel=kernel.model_copy(update={"peak_bytes": None}), truth=None, ending=Ending.INVALID)
    first, second, third = tables.trials(find(evidence([odd, unsure, seen(3)]))).rows
    assert "1.0 saturated" in first.cells
    assert "1 missing, 0 unexpected, 0 doubled of 3" in first.cells
    assert first.mark == "failed"
    assert first.cells[15].startswith("before: batch 50")
    assert "not compared" in second.cells
    assert second.mark == "void"
    assert "all 10500" in third.cells
    assert third.mark == ""


def test_priming_trials_are_listed_and_marked() -> None:
    """A priming trial is in the list of trials, and says that it is not counted."""
    first = tables.trials(find(evidence(straight(), priming=[seen(1, priming=True)]))).rows[0]
    assert first.cells[1] == "priming, not counted"
    assert first.mark == "void"


def test_claims_show_the_interval_beside_the_claim() -> None:
    """The measured figure stands beside the claimed one, with its interval and the trials behind it."""
    before = seen(4, 70, profile="before", series=("profile",), setting=PROFILES["before"])
    found = find(evidence([*straight(), replace(before, base_bytes=62.0 * MIB)]), claims=CLAIMS)
    row = tables.claims(found).rows[1]
    assert row.cells[:3] == ("memory an import, before the optimisations", "140 MB", "4.00 MiB")
    assert tables.claims(found).rows[7].cells[1:4] == ("at least 3", "5", texts.ABSENT)
    assert tables.claims(found).rows[5].cells[1] == "at most 500 MB"
    assert tables.claims(found).rows[14].cells[1] == "60 to 120 s"
    assert row.cells[5] == before.trial_id
    dash = texts.ABSENT
    unknown = tables.claims(find(evidence([seen(3)]), claims=CLAIMS))
    assert unknown.rows[2].cells[2:] == (dash, dash, "cannot be told", dash)


def test_facts_name_machine_versions_seed_and_mode() -> None:
    """Everything needed to repeat the run is among its facts."""
    facts = dict(tables.facts(find(evidence(straight()))))
    assert set(facts) >= {
        "run",
        "command",
        "plan",
        "seed",
        "upstream",
        "limit",
        "machine",
        "kernel",
        "packages",
        "revision",
    }
    assert facts["limit"] == "512 MiB, of which 51.2 MiB reserve"


def test_captions_say_the_upstream_mode() -> None:
    """No picture is without the mode in which it was measured; captions speak only of what is drawn."""
    whole = captions(find(evidence([*straight(), queueing(4, 67), queueing(4, 67.1)])))
    assert all("unlimited" in caption.text for caption in whole.values())
    assert "short bar" in whole["capacity"].text
    assert "short bar" not in captions(find(evidence(straight())))["capacity"].text
    assert "tolerance bound" not in captions(find(evidence([seen(3)])))["capacity"].text
    grid = [seen(3, 66, series=("grid",), setting=PROFILES[name]) for name in ("before", "recommended")]
    assert "differ by" not in captions(find(evidence(grid)))["grid"].text
    batches = [RECOMMENDED | {"IMPORT_BATCH_SIZE": batch} for batch in ("30", "50", "100", "30")]
    repeated = [seen(3, 66 + n / 10, series=("grid",), setting=setting) for n, setting in enumerate(batches)]
    assert "differ by" in captions(find(evidence(repeated)))["grid"].text
