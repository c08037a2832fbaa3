"""A PGN file served as every account."""

import pytest

from loadtests.record import Ending
from loadtests.upstream import RunningUpstream
from tests.runs import harness, run_folder, trials
from tests.servers import running

pytestmark = pytest.mark.kernel


def test_a_replayed_file_is_imported_to_the_last_game() -> None:
    """Games saved from one upstream and replayed by another end up stored exactly once each."""
    with run_folder() as folder, running(["fake_lichess", "--profile", "unlimited", "--games", "120"]) as url:
        file = folder.parent / "mine.pgn"
        original = RunningUpstream(url, None)
        newest_ms = original.truth("player1")[0].created_at_ms
        original.save_games("player1", 0, newest_ms + 1, file)
        original.close()
        arguments = ["run", "--users", "1", "--games", "50", "--stored", "60", "--replay", str(file)]
        done = harness(*arguments, "--out", str(folder))
        assert done.returncode == 0, done.stderr
        trial = trials(folder)[-1]
        assert trial.ending is Ending.COMPLETED, trial.reason
        assert trial.upstream.profile == "replay:mine.pgn"
        assert trial.truth is not None
        assert (trial.truth.expected, trial.truth.stored) == (110, 110)
