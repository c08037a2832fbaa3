"""Describes a server under test: how to start it, when it is ready, how its stored games are written and read.

Pure: takes the text of a target file. Commands are lists, so no shell ever sees them.
"""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.errors import UsageError


class Store(BaseModel):
    """The target's own commands for its stored games."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str  # what the add command leaves in the trial's folder; copied for every trial
    add_command: tuple[str, ...] = Field(min_length=1)
    list_command: tuple[str, ...] = Field(min_length=1)


class Target(BaseModel):
    """A server under test, as a target file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    python: str
    command: tuple[str, ...] = Field(min_length=1)
    ready_path: str = Field(pattern="^/")
    config_path: str | None = Field(None, pattern="^/")
    # What its users do: import games and watch that, or hold one request in flight.
    scenario: Literal["import", "hold"] = "import"
    hold_path: str = Field("/hold", pattern="^/")
    environment: dict[str, str] = Field(default_factory=dict)
    store: Store | None = None


def parse(source: str, text: str) -> Target:
    """Return the target that the file called *source* describes.

    Raises:
        UsageError: not TOML, an unknown or missing key, or a value of the wrong form.
    """
    try:
        return Target.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"target {source} is not TOML: {error}. Compare it with targets/template.toml.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"target {source}, key {key!r}: {first['msg']}. Compare it with targets/template.toml."
        ) from error


def filled(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return *words* with each ``{placeholder}`` replaced; other braces stay as they are."""
    return [_fill(word, values) for word in words]


def filled_environment(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* with each ``{placeholder}`` in its values replaced."""
    return {name: _fill(value, values) for name, value in environment.items()}


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
