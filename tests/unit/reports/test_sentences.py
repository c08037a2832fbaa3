"""The words of the verdict and of what it rests on."""

from itertools import product
from typing import Any

import pytest

from loadtests.record import Ending
from reports import sentences
from reports.findings import Findings, find
from reports.observation import Observation
from tests.synthetic_evidence import evidence, flat, paced, queueing, seen, straight
from tests.synthetic_plan import MIB, RECOMMENDED

NO_BOUND = (
    "highest unreclaimable peak 66.0 MiB in 1 trial, 0 of 1 trial failed, but too few comparable trials for a bound."
)


def found(trials: list[Observation], **run: Any) -> Findings:
    return find(evidence(trials, **run))


def test_safe_is_said_with_its_evidence() -> None:
    """The sentence carries peak, trials, bound, what is left, the reserve wanted and the failures counted."""
    assert sentences.verdict(found(straight(repeats=6))) == (
        "Three concurrent imports of 500 games are SAFE at 512 MiB: highest unreclaimable peak 66.1 MiB in 6 trials, "
        "upper 95/95 bound 66.2 MiB, which leaves 446 MiB (reserve wanted 51.2 MiB); 0 of 6 trials failed."
    )


def test_a_failure_is_said_with_how_and_which() -> None:
    """The sentence names the endings, the trials and how far memory had been read."""
    killed, late = seen(3, 511, Ending.OOM_KILLED), seen(3, 80, Ending.TIMED_OUT)
    assert sentences.verdict(found([*straight(), killed, late, seen(3, ending=Ending.INVALID)])) == (
        "Three concurrent imports of 500 games are NOT SAFE at 512 MiB: 2 of 4 trials failed (1 oom_killed and 1 "
        f"timed_out: {killed.trial_id} and {late.trial_id}); the last reading before an end was at most 511 MiB."
    )
    unread = seen(3, ending=Ending.OOM_KILLED, samples=flat(0, 0))
    assert sentences.verdict(found([unread])).endswith(f"1 of 1 trial failed (1 oom_killed: {unread.trial_id}).")


def test_failures_of_fewer_are_said_to_be_theirs() -> None:
    """Where fewer imports ran out of memory, the sentence says so and names those trials."""
    killed = seen(2, 64, Ending.OOM_KILLED)
    text = sentences.verdict(found([*straight(), killed]))
    assert "NOT SAFE" in text
    assert f"fewer at once already ran out of memory (1 of 3 trials failed (1 oom_killed: {killed.trial_id}))" in text


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        (straight(levels=(1, 2)), "no trial ran three at once."),
        (
            [*straight(levels=(1, 2)), seen(3, ending=Ending.INVALID, trial_id="tx")],
            "none of 1 trial could be trusted (tx).",
        ),
        (
            [seen(3)],
            NO_BOUND,
        ),
    ],
    ids=["untried", "void", "too few"],
)
def test_what_cannot_be_told_is_said_with_its_reason(trials: list[Observation], reason: str) -> None:
    """No verdict is made up; the sentence says what is missing."""
    start = "Whether three concurrent imports of 500 games are safe at 512 MiB CANNOT BE TOLD: "
    assert sentences.verdict(found(trials)) == start + reason


def test_too_little_room_is_said_with_what_is_left() -> None:
    """A bound inside the reserve, and one beyond the limit, are told with the difference."""
    tight = sentences.verdict(found(straight(), limit_bytes=70 * MIB, reserve_bytes=7 * MIB))
    assert "NOT SAFE" in tight
    assert "which leaves 3.66 MiB (reserve wanted 7 MiB)" in tight
    over = sentences.verdict(found(straight(), limit_bytes=64 * MIB, reserve_bytes=6 * MIB))
    assert "which passes the limit by 2.34 MiB" in over
    measured = sentences.verdict(found([seen(3, 500)]))
    assert "too few comparable trials for a bound" in measured


def test_trials_above_the_bound_are_named() -> None:
    """A peak above its bound is no misprint: the sentence names the trial, and counts what is left from it."""
    one, two, three = paced(70), paced(71), paced(72)
    assert f"({one.trial_id} lies above it), which leaves 442 MiB" in sentences.verdict(found([*straight(), one]))
    several = sentences.verdict(found([*straight(), one, two, three]))
    assert f"({one.trial_id}, {two.trial_id} and 1 more lie above it)" in several


def test_bare_requests_are_not_called_imports_of_nothing() -> None:
    """A target that imports nothing is spoken of in requests."""
    trials = [seen(users, 60 + 2 * users, games_per_user=0) for users in (1, 2, 3, 3)]
    assert sentences.verdict(found(trials)).startswith("Three concurrent requests are SAFE")
    assert "games" not in sentences.conditions(found(trials)).split(";", 1)[1]


def test_counting_is_said_beside_the_bound() -> None:
    """Failures, trials and the probability they allow are told, or that there is nothing to count."""
    assert sentences.counting(found(straight(repeats=12)).capacity.headline) == (
        "Counting alone: 0 failures in 12 trials bound the failure probability at 22 % (95 % confidence)."
    )
    one = sentences.counting(found([seen(3, ending=Ending.CRASHED)]).capacity.headline)
    assert "1 failure in 1 trial bounds the failure probability at 100 %" in one
    assert "no valid trial" in sentences.counting(found(straight(levels=(1,))).capacity.headline)


@pytest.mark.parametrize(
    ("trials", "text"),
    [
        (straight(), "Up to five imports at once are shown safe, the most that was tried."),
        (straight(levels=(1,), repeats=3), "One import at once is shown safe, the most that was tried."),
        ([*straight(), seen(3, 70, Ending.CRASHED)], "Up to two imports at once are shown safe; three: not safe."),
        ([*straight(levels=(1, 2)), paced(70)], "Up to two imports at once are shown safe; three: cannot be told."),
        ([seen(3)], "No number of imports at once is shown safe."),
    ],
)
def test_the_number_shown_safe_is_said_with_what_comes_after(trials: list[Observation], text: str) -> None:
    """How many are shown safe is never told without the state of the next level tried."""
    assert sentences.shown_safe(found(trials).capacity) == text


def test_conditions_name_the_upstream_mode_and_the_start() -> None:
    """No figure is without the mode, setting, account and start under which it was measured."""
    text = sentences.conditions(found(straight()))
    for part in ("upstream unlimited", "batch 50", "500 games", "holds 10000 already", "the worst case", "seed 7"):
        assert part in text
    assert "starts are staggered" in sentences.conditions(found([seen(3, start="staggered")]))


def test_the_line_is_described_or_its_absence_explained() -> None:
    """Need, base, trials and spread, or why there is no such thing, and which levels are left out of it."""
    whole = sentences.line(found(straight()).capacity)
    assert whole.startswith("Every import in flight adds 2.00 MiB to the peak (95 % interval 1.9")
    assert "over a base of 60.0 MiB: least squares on 10 trials at 1 to 5 users" in whole
    assert "wait for their turn" not in whole
    assert "wait for their turn the peak is" in sentences.line(
        found([*straight(), queueing(4, 67), queueing(5, 67.2)]).capacity
    )
    assert sentences.line(found([seen(3)]).capacity) == "No line is fitted: too few comparable trials completed."
    single = sentences.line(found(straight(levels=(3,), repeats=2)).capacity)
    assert single.startswith("Only trials with 3 users could be fitted: 2 trials, mean peak 66.0 MiB")
    assert "(1 degree of freedom)" in single
    killed = sentences.line(found([*straight(), seen(4, 99, Ending.OOM_KILLED)]).capacity)
    assert "1 trial that ran out of memory" in killed
    assert "entered as needs above the limit" in killed


def grid_trials(batch_mib: float, wobble: float) -> list[Observation]:
    trials = []
    for number, (batch, page) in enumerate(product((30, 50, 100), (1000, 2000, 10000))):
        setting = RECOMMENDED | {"IMPORT_BATCH_SIZE": str(batch), "EXISTING_GAMES_PAGE_SIZE": str(page)}
        peak = 66 + batch_mib * batch + wobble * (-1) ** number
        trials.append(seen(3, peak, setting=setting, series=("grid",)))
    return trials


def test_savings_are_said_with_their_share_of_the_limit() -> None:
    """A saving, a cost, and a difference that is nothing but chance read differently."""
    saves = sentences.savings(found(grid_trials(0.06, 0.05)))
    assert saves[0].startswith("Batches of 50 instead of 100 save 1.0")
    assert saves[0].endswith(" of the limit with three at once.")
    assert saves[1].startswith("Pages of known ids of 2000 instead of 10000: a saving of")
    assert saves[1].endswith("which cannot be told from none.")
    costs = sentences.savings(found(grid_trials(-0.06, 0.05)))
    assert "that is a cost" in costs[0]


def test_savings_that_were_not_measured_are_not_said() -> None:
    """Without a grid, with too few cells, and after a failure the sentence says why there is no effect."""
    trials = grid_trials(0.06, 0.05)
    killed = seen(3, ending=Ending.OOM_KILLED, setting=trials[0].trial.setting, series=("grid",))
    assert sentences.savings(found(straight())) == ["This run has no batch x page series."]
    assert "Too few trials" in sentences.savings(found(trials[:1]))[0]
    [failed] = sentences.savings(found([*trials, killed]))
    assert f"1 of 10 trials in the batch x page series failed ({killed.trial_id})" in failed


def test_throughput_is_said_from_the_fewest_to_the_most() -> None:
    """What more imports at once bring is told with the upstream mode; one level stands alone."""
    both = sentences.throughput(found(straight()).capacity)
    assert both.startswith("One import alone stores ")
    assert "five at once" in both
    assert "Upstream: unlimited" in both
    single = sentences.throughput(found(straight(levels=(2,), repeats=3)).capacity)
    assert single.startswith("Two imports at once store ")
    assert "together" not in single
    assert "not measured" in sentences.throughput(found([seen(3)]).capacity)


def test_another_pace_is_said_with_where_it_lies() -> None:
    """A trial at the true pace is told with its peak, its time, and where the pooled trials would have it."""
    trials = [paced(66), paced(80), paced(40, imports=()), paced(66, Ending.TIMED_OUT)]
    within, above, below, failed = sentences.other_pace(found([*straight(), *trials]))
    assert within.endswith("as this one does.")
    assert "lichess, 25 games/s a stream (true pace): peak 66.0 MiB in " in within
    assert above.endswith("and this one lies above.")
    assert "errs on the safe side" in below
    assert " in 0" not in below
    assert failed.endswith("ended timed_out.")
    assert sentences.other_pace(found(straight())) == ["This run has no trial in another upstream mode."]
    assert sentences.other_pace(found([seen(3), paced(66)]))[0].endswith("there is nothing to compare it with.")
