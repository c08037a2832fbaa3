"""Turns a plan file into a seeded, shuffled, repeated list of trials.

Pure: the text of the plan and the profiles it names go in, planned trials come out; the same seed gives the same list.
"""

import itertools
import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.errors import UsageError
from loadtests.record import SLOT_SETTINGS

UpstreamProfile = Literal["lichess", "documented", "unlimited"]
Start = Literal["aligned", "staggered", "poisson"]
Profiles = Mapping[str, Mapping[str, str]]


class Series(BaseModel):
    """Trials that answer one question together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    users: tuple[int, ...] = Field(min_length=1)
    profile: str | None = None
    profiles: tuple[str, ...] = ()
    vary: dict[str, tuple[int | str, ...]] = Field(default_factory=dict)
    slots_follow_users: bool = False  # raise every slot setting to the number of users, so that all of them run
    start: Start = "aligned"  # aligned starts are the worst case: safety is judged on them
    arrivals_per_s: float | None = Field(default=None, gt=0, le=10_000)  # of open arrivals, which are as many as users
    upstream_profile: UpstreamProfile = "unlimited"
    repeats: int = Field(1, ge=1, le=1000)


class Plan(BaseModel):
    """A plan file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    games_per_user: int = Field(ge=1, le=100_000)
    stored_games_per_user: int = Field(ge=0, le=1_000_000)
    series: tuple[Series, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One trial before it runs."""

    trial_id: str
    series: str
    profile: str | None  # the named profile whose settings it runs unchanged, else None
    setting: tuple[tuple[str, str], ...]  # environment variables in order of name
    users: int
    start: Start
    upstream_profile: str
    repeat: int
    priming: bool
    rounds: int = 1  # how often each user does what it does, one after the other, where nothing is imported
    arrivals_per_s: float | None = None


def parse(source: str, text: str) -> Plan:
    """Return the plan that the file called *source* describes.

    Raises:
        UsageError: not TOML, an unknown or missing key, or a value outside its range.
    """
    try:
        plan = Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"plan {source} is not TOML: {error}. Compare it with plans/quick.toml.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"plan {source}, key {key!r}: {first['msg']}. Compare it with plans/quick.toml.") from error
    for series in plan.series:
        _check(source, series)
    return plan


def varied(plan: Plan, values: Mapping[str, tuple[int | str, ...]]) -> Plan:
    """Return *plan*, in which every series that names neither a profile nor a variable sweeps *values*."""
    return plan.model_copy(
        update={
            "series": tuple(
                series if series.profile or series.profiles or series.vary else _varying(series, values)
                for series in plan.series
            )
        }
    )


def _varying(series: Series, values: Mapping[str, tuple[int | str, ...]]) -> Series:
    return series.model_copy(update={"vary": dict(values)})


def expand(plan: Plan, profiles: Profiles, seed: int) -> tuple[PlannedTrial, ...]:
    """Return the plan's trials in their random order, a priming trial first.

    Repeats are shuffled within themselves and run one after the other, so that a plan cut short has every setting
    about equally often, and so that drift of the machine does not line up with a setting.

    Raises:
        UsageError: the plan names a profile that does not exist.
    """
    trials = [trial for series in plan.series for trial in trials_of(series, profiles)]
    random.Random(seed).shuffle(trials)
    trials.sort(key=lambda trial: trial.repeat)
    ordered = [replace(trials[0], priming=True), *trials]
    width = len(str(len(ordered) - 1))
    return tuple(replace(trial, trial_id=f"t{number:0{width}d}") for number, trial in enumerate(ordered))


def _check(source: str, series: Series) -> None:
    if series.profile is not None and series.profiles:
        raise UsageError(f"plan {source}, series {series.name!r}: has both profile and profiles. Keep one of them.")
    if (series.start == "poisson") != (series.arrivals_per_s is not None):
        raise UsageError(
            f"plan {source}, series {series.name!r}: start is {series.start}, arrivals_per_s {series.arrivals_per_s}, "
            "but open arrivals need start poisson and a rate. Give both, or neither."
        )
    if min(series.users) < 1:
        raise UsageError(f"plan {source}, series {series.name!r}: users {min(series.users)} is below 1. Raise it.")
    for name, values in series.vary.items():
        if not values:
            raise UsageError(
                f"plan {source}, series {series.name!r}, key 'vary.{name}': has no value, so the series has no trial. "
                "Give it one, or remove it."
            )


def trials_of(series: Series, profiles: Profiles) -> Iterator[PlannedTrial]:
    """Yield every trial of one series in order, without ids; what ``expand`` shuffles.

    Raises:
        UsageError: the series names a profile that does not exist.
    """
    names: tuple[str | None, ...] = series.profiles or (series.profile,)
    varied = [[(key, str(value)) for value in values] for key, values in series.vary.items()]
    combinations = [dict(pairs) for pairs in itertools.product(*varied)]
    for name, users, changed, repeat in itertools.product(names, series.users, combinations, range(series.repeats)):
        setting = {**_profile(name, profiles, series.name), **changed}
        if series.slots_follow_users:
            setting |= {slot: str(max(users, int(setting.get(slot, users)))) for slot in SLOT_SETTINGS[1:]}
            setting[SLOT_SETTINGS[0]] = str(users)
        unchanged = name is not None and setting == dict(profiles[name])
        yield PlannedTrial(
            trial_id="",
            series=series.name,
            profile=name if unchanged else None,
            setting=tuple(sorted(setting.items())),
            users=users,
            start=series.start,
            upstream_profile=series.upstream_profile,
            repeat=repeat,
            priming=False,
            arrivals_per_s=series.arrivals_per_s,
        )


def _profile(name: str | None, profiles: Profiles, series: str) -> Mapping[str, str]:
    if name is None:
        return {}
    if name not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise UsageError(f"series {series!r} names profile {name!r}, which does not exist. Known profiles: {known}.")
    return profiles[name]
