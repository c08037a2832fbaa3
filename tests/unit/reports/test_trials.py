"""Loading records: what is read, what is refused, and what the refusal says."""

import json

import pytest

from loadtests.record import Run, Trial, to_line
from reports.errors import NothingMeasured, RecordsUnusable, UnlikeTrials
from reports.trials import load
from tests.synthetic_plan import HOST, MIB, RECOMMENDED, TRUE_PACE, Planned, Scenario
from tests.synthetic_records import run_line, trial

SCENARIO = Scenario()
RUN = run_line(SCENARIO, 3)
FIRST, SECOND, THIRD = (
    trial(SCENARIO, Planned("users", 3, RECOMMENDED), position).model_copy(
        update={"samples": trial(SCENARIO, Planned("users", 3, RECOMMENDED)).samples}
    )
    for position in range(3)
)


def written(*records: Run | Trial) -> list[str]:
    return [to_line(record) for record in records]


def test_priming_trials_stand_apart_and_order_is_that_of_the_run() -> None:
    """Priming trials are kept but never among the trials, which come in the order in which they ran."""
    evidence = load(written(RUN, THIRD, FIRST, SECOND))
    assert [seen.trial_id for seen in evidence.trials] == ["t01", "t02"]
    assert [seen.trial_id for seen in evidence.priming] == ["t00"]
    assert evidence.recorded == 3
    assert not evidence.cut_short


def test_a_run_that_was_stopped_while_writing_is_still_read() -> None:
    """A last line that was cut off is left out and told; a whole one without its newline is kept."""
    lines = written(RUN, FIRST, SECOND, THIRD)
    cut = load([*lines[:3], lines[3][:100]])
    assert cut.cut_short
    assert len(cut.trials) == 1
    whole = load([*lines[:3], lines[3].rstrip("\n")])
    assert not whole.cut_short
    assert len(whole.trials) == 2


@pytest.mark.parametrize("lines", [[], ["\n"], ["no json"]], ids=["empty", "blank", "cut"])
def test_an_empty_file_measured_nothing(lines: list[str]) -> None:
    """A file without a complete line is no report of zeros."""
    with pytest.raises(NothingMeasured, match="no complete line"):
        load(lines)


def test_a_run_that_never_began_measured_nothing() -> None:
    """A run line alone, or with priming trials only, is said to be just that."""
    with pytest.raises(NothingMeasured, match="no trial"):
        load(written(RUN))
    with pytest.raises(NothingMeasured, match="all of them priming"):
        load(written(RUN, FIRST))


def test_what_is_no_record_is_refused_with_its_line() -> None:
    """Another schema version and another kind of file are refused, naming the line."""
    with pytest.raises(RecordsUnusable, match="line 1"):
        load(["{}\n"])
    old = json.loads(to_line(FIRST)) | {"schema_version": 99}
    with pytest.raises(RecordsUnusable, match="line 2"):
        load([to_line(RUN), json.dumps(old) + "\n"])


def test_trials_without_their_run_are_refused() -> None:
    """Without a run line the plan, the limit and the reserve are unknown."""
    with pytest.raises(RecordsUnusable, match="no run line"):
        load(written(FIRST, SECOND))


def test_two_runs_are_not_mixed() -> None:
    """Trials of another run are refused, naming both runs."""
    stranger = SECOND.model_copy(update={"run_id": "other"})
    with pytest.raises(RecordsUnusable, match="other, synthetic"):
        load(written(RUN, FIRST, stranger))


def test_a_trial_is_not_counted_twice() -> None:
    """Two lines of one trial are refused, naming the trial."""
    with pytest.raises(RecordsUnusable, match="t01 is recorded twice"):
        load(written(RUN, SECOND, SECOND))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"setting": RECOMMENDED | {"HTTP_POOL_LIMIT": "many"}}, "invalid literal"),
        ({"samples": SECOND.samples.model_copy(update={"anon_bytes": (1,)})}, "shorter|longer"),
    ],
    ids=["a setting that is no number", "columns of unequal length"],
)
def test_a_trial_that_contradicts_itself_is_refused(changes: dict[str, object], reason: str) -> None:
    """What the record's types cannot promise is checked, and the trial named."""
    with pytest.raises(RecordsUnusable, match=f"trial t02 contradicts itself.*({reason})"):
        load(written(RUN, SECOND, THIRD.model_copy(update=changes)))


@pytest.mark.parametrize(
    ("fact", "changes"),
    [
        ("host kernel", {"host": HOST.model_copy(update={"kernel": "6.2.0"})}),
        ("host packages_digest", {"host": HOST.model_copy(update={"packages_digest": "1"})}),
        ("limit_bytes", {"limit_bytes": 256 * MIB}),
        ("target", {"target": "other"}),
        ("upstream profile", {"upstream": TRUE_PACE}),
        ("start", {"start": "staggered"}),
        ("games_per_user", {"games_per_user": 1}),
    ],
)
def test_unlike_trials_are_not_pooled(fact: str, changes: dict[str, object]) -> None:
    """A fact that differs is named with both trials, and nothing is reported."""
    with pytest.raises(UnlikeTrials, match=f"t01 and t02: {fact} is"):
        load(written(RUN, SECOND, THIRD.model_copy(update=changes)))


def test_a_plan_may_change_the_upstream_between_series() -> None:
    """A series of its own may run at another pace, and other games of the same kind are no difference at all."""
    paced = THIRD.model_copy(update={"upstream": TRUE_PACE, "series": ("pace",)})
    other_games = paced.model_copy(
        update={"upstream": TRUE_PACE.model_copy(update={"seed": 2}), "trial_id": "t03", "position": 3}
    )
    assert len(load(written(RUN, SECOND, paced, other_games)).trials) == 3
