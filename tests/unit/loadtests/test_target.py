"""What a target file becomes."""

import pytest

from loadtests.errors import UsageError
from loadtests.inputs import read_target
from loadtests.target import Target, filled, filled_environment, parse

GOOD = 'name = "mine"\npython = "p"\ncommand = ["{python}", "{port}"]\nready_path = "/ready"\n'


def test_a_small_target_is_enough() -> None:
    """Name, interpreter, command and readiness path suffice; a store is optional."""
    target = parse("t", GOOD)
    assert (target.name, target.store, target.config_path) == ("mine", None, None)
    assert target.scenario == "import"


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    """Only known placeholders are replaced, so a command may hold braces of its own."""
    assert filled(["{port}", "x{port}y", "{other}"], {"port": "80"}) == ["80", "x80y", "{other}"]
    assert filled_environment({"A": "{port}"}, {"port": "80"}) == {"A": "80"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name =", "not TOML"),
        (GOOD + "typo = 1\n", "typo"),
        (GOOD.replace("command", "comand"), "command"),
        (GOOD.replace('"/ready"', '"ready"'), "ready_path"),
        (GOOD + 'scenario = "export"\n', "scenario"),
        (GOOD + 'hold_path = "hold"\n', "hold_path"),
        (GOOD + '[store]\nfile = "x"\nadd_command = []\nlist_command = ["l"]\n', "store.add_command"),
    ],
)
def test_a_bad_target_is_refused_by_key(text: str, named: str) -> None:
    """The sentence names the file and the key at fault."""
    with pytest.raises(UsageError, match=named) as raised:
        parse("mine.toml", text)
    assert "mine.toml" in str(raised.value)


OWN = GOOD + 'locustfile = "mine.py"\n'


def test_a_locust_file_is_a_scenario_of_its_own() -> None:
    """With a Locust file nothing else says what users do; they are done after one request unless told otherwise."""
    target = parse("t", OWN)
    assert (target.scenario, target.locustfile, target.done.requests, target.done.seconds) == (
        *("locustfile", "mine.py"),
        *(None, None),
    )
    assert parse("t", OWN + "[done]\nseconds = 2.5\nfailures_allowed = 1\n").done.seconds == 2.5
    assert parse("t", GOOD + 'scenario = "hold"\n[done]\nrequests = 2\n').done.requests == 2


def test_swept_variables_are_lists_or_ranges() -> None:
    """A list is taken as it is; a range goes on by steps or by ratios, up to its end and not beyond."""
    vary = 'A = [1, "x", 0.5]\nB = { from = 1, to = 8, step = 3 }\nC = { from = 8, to = 65, times = 2 }\n'
    target = parse("t", f"{GOOD}[vary]\n{vary}")
    assert target.varied() == {"A": (1, "x", "0.5"), "B": (1, 4, 7), "C": (8, 16, 32, 64)}
    assert parse("t", GOOD).varied() == {}


def test_a_target_survives_a_checkpoint() -> None:
    """What is written down for a run that may have to go on is read again as it was."""
    target = parse("t", OWN + "[vary]\nB = { from = 1, to = 8, step = 3 }\n")
    assert Target.model_validate_json(target.model_dump_json()) == target


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (OWN + 'scenario = "hold"\n', "scenario"),
        (GOOD + 'scenario = "locustfile"\n', "locustfile"),
        (OWN + "[done]\nrequests = 1\nseconds = 1\n", "done"),
        (OWN + "[done]\nrequests = 0\n", "done.requests"),
        (GOOD + "[done]\nrequests = 2\n", "done"),
        (GOOD + 'scenario = "hold"\n[done]\nseconds = 2\n', "done"),
        (GOOD + 'scenario = "hold"\n[done]\nfailures_allowed = 2\n', "done"),
        (
            GOOD + '[truth]\ncommand = ["c"]\n[store]\nfile = "x"\nadd_command = ["a"]\nlist_command = ["l"]\n',
            "truth",
        ),
        (GOOD + "[truth]\ncommand = []\n", "truth.command"),
        (GOOD + "[vary]\nA = []\n", "vary.A"),
        (GOOD + "[vary]\nA = { from = 2, to = 1, step = 1 }\n", "vary.A"),
        (GOOD + "[vary]\nA = { from = 1, to = 2 }\n", "vary.A"),
        (GOOD + "[vary]\nA = { from = 0, to = 2, times = 2 }\n", "vary.A"),
        (GOOD + "[vary]\nA = { from = 1, to = 1000000000, step = 1 }\n", "vary.A"),
    ],
)
def test_keys_that_contradict_one_another_are_refused(text: str, key: str) -> None:
    """What is right alone and wrong together, or leaves a plan without a trial, is refused by key."""
    with pytest.raises(UsageError, match=rf"mine\.toml, key '{key}[.']"):
        parse("mine.toml", text)


@pytest.mark.parametrize("name", ["importer", "template", "standard", "textbook", "pictures", "invoices"])
def test_shipped_targets_can_be_read(name: str) -> None:
    """Every target file that is shipped describes a target."""
    assert read_target(name).command


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    """A misspelt target is answered with the names that exist."""
    with pytest.raises(UsageError, match=r"importr.*importer, invoices, pictures, standard, template"):
        read_target("importr")
