"""The summary for machines."""

import json

from loadtests.record import Ending
from reports.findings import find
from reports.machine import summary
from reports.trials import load
from tests.synthetic_evidence import evidence, seen, straight
from tests.synthetic_plan import Scenario
from tests.synthetic_records import lines


def test_a_whole_run_is_plain_data() -> None:
    """The summary survives JSON unchanged and carries the verdict, the levels and the line."""
    told = summary(find(load(lines(Scenario()))))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["verdict"]["state"] == "safe"
    assert told["shown_safe_users"] == 5
    assert told["line"]["need_bytes"]["low"] < 1.6 * 2**20 < told["line"]["need_bytes"]["high"]
    assert len(told["savings"]) == 2
    assert told["trials"]["planned"] == told["trials"]["recorded"]


def test_what_was_not_measured_is_null() -> None:
    """A figure that does not exist is null, never zero."""
    told = summary(find(evidence([seen(3, ending=Ending.OOM_KILLED)])))
    assert told["line"] is None
    assert told["savings"] == []
    assert told["levels"][0]["highest_peak_bytes"] is None
    assert told["trials"]["failed"] == 1


def test_figures_are_not_rounded() -> None:
    """Base units and full digits: rounding is for people."""
    told = summary(find(evidence(straight())))
    assert told["limit_bytes"] == 512 * 2**20
    assert told["levels"][2]["bound_bytes"] != round(told["levels"][2]["bound_bytes"])
