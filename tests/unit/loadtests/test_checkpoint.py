"""What a run that was cut short still holds."""

import json
import os
from pathlib import Path

import pytest

from loadtests import checkpoint
from loadtests.checkpoint import NOTHING
from loadtests.errors import UsageError
from loadtests.known import Weights, known_trials
from loadtests.record import Run, to_line
from tests.known_trials import HOST, true_trial

RUN = Run(
    run_id="r",
    started_at="2026-01-01T00:00:00.000+00:00",
    command="c",
    plan="p",
    seed=1,
    trials_planned=2,
    limit_bytes=1,
    reserve_bytes=0,
    host=HOST,
)
# A server may print what Python takes for the end of a line.
TRIAL = true_trial(known_trials(Weights(16, (1,), (1,)), 1)[0]).model_copy(update={"log_tail": "one\u2028two"})
WHOLE = to_line(RUN) + to_line(TRIAL)


@pytest.mark.parametrize("torn", ["", "{", to_line(TRIAL)[:-1]])
def test_whole_lines_count_and_a_torn_one_does_not(tmp_path: Path, torn: str) -> None:
    """Every line that was written whole is kept, and a last one without its end is dropped, however long it is."""
    (tmp_path / checkpoint.RECORDS).write_text(WHOLE + torn)
    done = checkpoint.finished(tmp_path)
    assert (done.run, done.trials, done.torn) == (RUN, (TRIAL,), bool(torn))
    checkpoint.make_ready(tmp_path, done)
    assert (tmp_path / checkpoint.RECORDS).read_text() == WHOLE


@pytest.mark.parametrize("content", [None, "", '{"kind":"run"'])
def test_a_run_cut_short_in_its_first_line_has_nothing(tmp_path: Path, content: str | None) -> None:
    """Without a whole first line nothing was finished, and the run begins anew."""
    if content is not None:
        (tmp_path / checkpoint.RECORDS).write_text(content)
    done = checkpoint.finished(tmp_path)
    assert (done.run, done.trials, done.whole_bytes) == (NOTHING.run, NOTHING.trials, NOTHING.whole_bytes)
    checkpoint.make_ready(tmp_path, done)


def test_records_of_something_else_are_refused(tmp_path: Path) -> None:
    """A whole line that is no record is not dropped but named."""
    (tmp_path / checkpoint.RECORDS).write_text('{"kind":"poem"}\n')
    with pytest.raises(UsageError, match="line 1"):
        checkpoint.finished(tmp_path)


@pytest.mark.parametrize(("content", "named"), [(None, "No such file"), ("{}", "plan_file")])
def test_a_folder_without_an_order_is_refused(tmp_path: Path, content: str | None, named: str) -> None:
    """Only a folder that holds what its run was told can be gone on with."""
    if content is not None:
        (tmp_path / checkpoint.FILE).write_text(content)
    with pytest.raises(UsageError, match=named):
        checkpoint.read(tmp_path)


def test_a_run_at_work_is_not_disturbed(tmp_path: Path) -> None:
    """While another process is at work in the folder its records are not touched; what a dead one left is removed."""
    parent, dead = tmp_path / f"work-{os.getppid()}", tmp_path / "work-999999999"
    (tmp_path / checkpoint.RECORDS).write_text(WHOLE + json.dumps("torn"))
    done = checkpoint.finished(tmp_path)
    parent.mkdir()
    with pytest.raises(UsageError, match=f"process {os.getppid()} is still at work"):
        checkpoint.make_ready(tmp_path, done)
    assert (tmp_path / checkpoint.RECORDS).read_text() != WHOLE
    parent.rmdir()
    dead.mkdir()
    checkpoint.make_ready(tmp_path, done)
    assert not dead.exists()
