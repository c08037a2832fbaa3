"""What a plan file becomes."""

import pytest

from loadtests.errors import UsageError
from loadtests.plan import expand, parse, varied

PROFILES = {
    "recommended": {"MAX_CONCURRENT_IMPORTS": "3", "HTTP_POOL_LIMIT_PER_HOST": "3", "HTTP_POOL_LIMIT": "15"},
    "before": {"MAX_CONCURRENT_IMPORTS": "2"},
}
HEAD = 'description = "d"\ngames_per_user = 5\nstored_games_per_user = 0\n'


def planned(series: str, seed: int = 1) -> list[tuple[str, int, dict[str, str], str | None]]:
    trials = expand(parse("p", HEAD + series), PROFILES, seed)
    return [(trial.series, trial.users, dict(trial.setting), trial.profile) for trial in trials if not trial.priming]


def test_every_combination_runs_once_per_repeat() -> None:
    """Varied settings, users and repeats multiply."""
    trials = planned(
        '[[series]]\nname = "grid"\nusers = [1, 2]\nrepeats = 3\n[series.vary]\nA = [1, 2]\nB = ["x", "y", "z"]\n'
    )
    assert len(trials) == 2 * 3 * 2 * 3
    assert len({(users, tuple(sorted(setting.items()))) for _, users, setting, _ in trials}) == 12


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    """A plan is reproducible from its seed, and its order really depends on it."""
    series = '[[series]]\nname = "users"\nusers = [1, 2, 3, 4, 5, 6, 7, 8]\n'
    assert planned(series, seed=7) == planned(series, seed=7)
    assert planned(series, seed=7) != planned(series, seed=8)


def test_repeats_come_in_rounds() -> None:
    """A plan cut short has run every setting about equally often."""
    text = HEAD + '[[series]]\nname = "users"\nusers = [1, 2, 3]\nrepeats = 4\n'
    repeats = [trial.repeat for trial in expand(parse("p", text), {}, 3) if not trial.priming]
    assert repeats == sorted(repeats)


def test_the_first_trial_primes() -> None:
    """Exactly one trial is marked as priming, and it comes first."""
    trials = expand(parse("p", HEAD + '[[series]]\nname = "users"\nusers = [1, 2]\n'), {}, 3)
    assert [trial.priming for trial in trials] == [True, False, False]
    assert len({trial.trial_id for trial in trials}) == 3


def test_slots_can_follow_users() -> None:
    """Slots equal users; connections and streams are at least as many, so that every user really runs."""
    [(_, _, setting, profile)] = planned(
        '[[series]]\nname = "users"\nprofile = "recommended"\nusers = [5]\nslots_follow_users = true\n'
    )
    assert setting == {
        "MAX_CONCURRENT_IMPORTS": "5",
        "HTTP_POOL_LIMIT_PER_HOST": "5",
        "HTTP_POOL_LIMIT": "15",
        "UPSTREAM_MAX_STREAMS": "5",
    }
    assert profile is None, "changed settings are no longer the named profile"


def test_an_unchanged_profile_keeps_its_name() -> None:
    """Trials of a named profile say so."""
    trials = planned('[[series]]\nname = "profile"\nprofiles = ["recommended", "before"]\nusers = [4]\n')
    assert sorted(str(profile) for *_, profile in trials) == ["before", "recommended"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("description = ", "not TOML"),
        (HEAD, "series"),
        (HEAD + '[[series]]\nname = "users"\nusers = []\n', "users"),
        (HEAD + '[[series]]\nname = "users"\nusers = [0]\n', "below 1"),
        (HEAD + '[[series]]\nname = "users"\nusers = [1]\nvary = { A = [] }\n', "vary.A"),
        (HEAD + '[[series]]\nname = "users"\nusers = [1]\ntypo = 2\n', "typo"),
        (HEAD + '[[series]]\nname = "u"\nusers = [1]\nprofile = "before"\nprofiles = ["before"]\n', "both profile"),
    ],
)
def test_a_bad_plan_is_refused_by_name(text: str, named: str) -> None:
    """The sentence names the plan and the key at fault."""
    with pytest.raises(UsageError, match=named) as raised:
        parse("mine.toml", text)
    assert "mine.toml" in str(raised.value)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    """A misspelt profile is answered with the names that exist."""
    plan = parse("p", HEAD + '[[series]]\nname = "u"\nusers = [1]\nprofile = "befor"\n')
    with pytest.raises(UsageError, match=r"befor.*before, recommended"):
        expand(plan, PROFILES, 1)


def test_a_series_that_leaves_it_open_sweeps_what_the_target_varies() -> None:
    """The target's values fill a series without profile and variable; every other series stays as it is."""
    series = '[[series]]\nname = "{}"\nusers = [1]\n{}'
    kept = [series.format("b", 'profile = "low"\n'), series.format("c", "vary = { A = [9] }\n")]
    plan = parse("p", HEAD + series.format("a", "") + "".join(kept) + series.format("d", 'profiles = ["low"]\n'))
    swept = varied(plan, {"A": (1, 2)})
    assert swept.series[0].vary == {"A": (1, 2)}
    assert swept.series[1:] == plan.series[1:]


def test_open_arrivals_have_a_rate() -> None:
    """A rate belongs to open arrivals and to nothing else, and every trial of theirs carries it."""
    series = HEAD + '[[series]]\nname = "a"\nusers = [4]\n'
    for half in ('start = "poisson"\n', "arrivals_per_s = 2\n"):
        with pytest.raises(UsageError, match="open arrivals need start poisson and a rate"):
            parse("p", series + half)
    plan = parse("p", series + 'start = "poisson"\narrivals_per_s = 2\n')
    assert {(trial.start, trial.arrivals_per_s) for trial in expand(plan, {}, 1)} == {("poisson", 2.0)}
