"""What a target file becomes."""

import pytest

from loadtests.errors import UsageError
from loadtests.inputs import read_target
from loadtests.target import filled, filled_environment, parse

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


@pytest.mark.parametrize("name", ["importer", "template", "standard"])
def test_shipped_targets_can_be_read(name: str) -> None:
    """Every target file that is shipped describes a target."""
    assert read_target(name).command


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    """A misspelt target is answered with the names that exist."""
    with pytest.raises(UsageError, match=r"importr.*importer, standard, template"):
        read_target("importr")
