"""Describes a server under test: how to start it, when it is ready, what its users do, and what must come of it.

Pure: takes the text of a target file. Commands are lists, so no shell ever sees them.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.errors import UsageError

# A choice: a thousand values of one variable are a slip of the pen, and would be a week of trials.
VALUES_MOST = 1000


class Store(BaseModel):
    """The target's own commands for its stored games."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str  # what the add command leaves in the trial's folder; copied for every trial
    add_command: tuple[str, ...] = Field(min_length=1)
    list_command: tuple[str, ...] = Field(min_length=1)


class Done(BaseModel):
    """When a user who imports nothing is done; without either figure, after one request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int | None = Field(default=None, ge=1, le=1_000_000)
    seconds: float | None = Field(default=None, gt=0, le=86_400)
    # A request fails when it gets no answer or a status from 400, or when the Locust file says so.
    failures_allowed: int = Field(default=0, ge=0)


class Truth(BaseModel):
    """The target's own check, after every trial whose users were all served, that what they were told is so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...] = Field(min_length=1)


class Range(BaseModel):
    """Values at equal steps or at equal ratios, both ends included where a step falls on them."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: int = Field(alias="from", ge=0)
    to: int
    step: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=2)

    def values(self) -> tuple[int, ...]:
        """Return the values in order; none when the range is empty or says not how to go on."""
        if (self.step is None) == (self.times is None) or (self.times and not self.first):
            return ()
        found: list[int] = []
        value = self.first
        while value <= self.to and len(found) <= VALUES_MOST:
            found.append(value)
            value = value * self.times if self.times else value + (self.step or 0)
        return tuple(found)


class Target(BaseModel):
    """A server under test, as a target file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    python: str
    command: tuple[str, ...] = Field(min_length=1)
    ready_path: str = Field(pattern="^/")
    config_path: str | None = Field(None, pattern="^/")
    # What its users do: import games and watch that, or hold one request in flight.
    # A Locust file of one's own says it itself, and makes the scenario "locustfile".
    scenario: Literal["import", "hold", "locustfile"] = "import"
    hold_path: str = Field("/hold", pattern="^/")
    locustfile: str | None = None  # relative to the repository, as every command is
    done: Done = Done()
    environment: dict[str, str] = Field(default_factory=dict)
    vary: dict[str, Range | tuple[int | float | str, ...]] = Field(default_factory=dict)
    store: Store | None = None
    truth: Truth | None = None

    def varied(self) -> dict[str, tuple[int | str, ...]]:
        """Return the values of each variable that plans sweep when they name none themselves."""
        return {
            name: given.values()
            if isinstance(given, Range)
            else tuple(value if isinstance(value, int | str) else str(value) for value in given)
            for name, given in self.vary.items()
        }


def parse(source: str, text: str) -> Target:
    """Return the target that the file called *source* describes.

    Raises:
        UsageError: not TOML, an unknown or missing key, or a value of the wrong form.
    """
    try:
        described = tomllib.loads(text)
        target = Target.model_validate(described)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"target {source} is not TOML: {error}. Compare it with targets/template.toml.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise _refusal(source, key, first["msg"]) from error
    for key, complaint in (*_complaints(target, described), *_done_complaints(target), *_empty_or_endless(target)):
        raise _refusal(source, key, complaint)
    return target if target.locustfile is None else target.model_copy(update={"scenario": "locustfile"})


def _refusal(source: str, key: str, complaint: str) -> UsageError:
    return UsageError(f"target {source}, key {key!r}: {complaint}. Compare it with targets/template.toml.")


def _complaints(target: Target, described: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what keys that are right alone get wrong together."""
    if target.locustfile is not None and "scenario" in described:
        yield "scenario", "a Locust file already says what users do. Keep one of scenario and locustfile"
    if target.locustfile is None and target.scenario == "locustfile":
        yield "locustfile", "names no file"
    if target.store is not None and target.truth is not None:
        yield "truth", "stored games are compared already. Keep one of store and truth"


def _done_complaints(target: Target) -> Iterator[tuple[str, str]]:
    done = target.done
    if done.requests is not None and done.seconds is not None:
        yield "done", "users are done after requests or after seconds. Keep one of them"
    if target.locustfile is None and target.scenario == "import" and done != Done():
        yield "done", "an import is done when the server says so. Remove it, or give a scenario or locustfile"
    if target.scenario == "hold" and (done.seconds is not None or done.failures_allowed):
        yield "done", "a hold is done after requests, none of which may fail. Give a locustfile for more"


def _empty_or_endless(target: Target) -> Iterator[tuple[str, str]]:
    for name, values in target.varied().items():
        if not 0 < len(values) <= VALUES_MOST:
            found = f"has {len(values) or 'no'} values, where 1 to {VALUES_MOST} are right"
            yield f"vary.{name}", f"{found}. Give a list, or from, to and one of step and times"


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
