"""What the load generator is told to do: environment variables, so that Locust can also be started by hand.

Written by the harness, read by the Locust file. Only the standard library is imported, as in ``rows``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from loadtests.errors import UsageError

PREFIX = "LOAD_"
# Open arrivals come at times of their own, however many users are there already.
Start = Literal["aligned", "staggered", "poisson"]
# What a user does: imports games and watches that, sends one request and waits for its answer, or what a Locust file of
# a person's own says.
Scenario = Literal["import", "hold", "locustfile"]


@dataclass(frozen=True, slots=True)
class Orders:
    """Who imports or asks how much, when, and where it is written down; every default suits a person at a terminal."""

    # Names to import, in this order; empty: player1, player2 ... for as many users as Locust is asked to run.
    users: tuple[str, ...] = ()
    games: int = 500  # the size of import that the published checks use
    start: Start = "aligned"
    # A choice: long enough that a staggered import meets the others in different phases, short enough to overlap them.
    stagger_s: float = 0.5
    # A choice: ten times what 500 games take at the upstream's own pace. Counted from the release.
    time_limit_s: float = 200.0
    # Five users ask 50 times a second in all, a few percent of one core; an end is seen 0.1 s late at most.
    poll_interval_s: float = 0.1
    rows_file: str | None = None  # None: nothing is written down
    scenario: Scenario = "import"
    hold_path: str = "/hold"  # what the one request of a holding user asks for
    # Requests that a holding user sends, one after the other, or after which a user of a person's own file is done.
    rounds: int = 1
    offsets_s: tuple[float, ...] = ()  # of open arrivals, one a user, from the release
    locust_file: str | None = None  # a person's own
    work_s: float | None = None  # how long its users work, instead of rounds
    failures_allowed: int = 0  # requests of each of its users that may fail
    held: bool = False  # wait for a line on standard input, import once, and leave

    def offset_s(self, place: int) -> float:
        """Return when user number *place* begins, in seconds from the release."""
        if self.start == "staggered":
            return place * self.stagger_s
        return self.offsets_s[place] if self.start == "poisson" else 0.0


def to_environment(orders: Orders) -> dict[str, str]:
    """Return the variables from which ``from_environment`` builds the same orders."""
    values = {field.name: getattr(orders, field.name) for field in fields(orders)}
    return {PREFIX + name.upper(): _to_text(value) for name, value in values.items() if value is not None}


def from_environment(environ: Mapping[str, str]) -> Orders:
    """Build orders from ``LOAD_*`` variables; what is not given keeps its default.

    Raises:
        UsageError: a value cannot be read or lies outside its range.
    """
    given = {name: environ[PREFIX + name.upper()] for name in _READERS if PREFIX + name.upper() in environ}
    return Orders(**{name: _read(name, text) for name, text in given.items()})


def _to_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def _read(name: str, text: str) -> Any:
    reader, allowed = _READERS[name]
    try:
        return reader(text)
    except ValueError as error:
        raise UsageError(f"{PREFIX}{name.upper()}={text!r} cannot be used: give {allowed}, or unset it.") from error


def _users(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if len(set(names)) != len(names):
        raise ValueError(text)
    return names


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _seconds(text: str) -> float:
    if not 0 < float(text) < float("inf"):
        raise ValueError(text)
    return float(text)


def _offsets(text: str) -> tuple[float, ...]:
    offsets = tuple(float(word) for word in text.split(",") if word)
    if any(not 0 <= offset < float("inf") for offset in offsets):
        raise ValueError(text)
    return offsets


def _few(text: str) -> int:
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(text)
    return text


def _yes_or_no(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(text)
    return text == "True"


# What each variable may hold: how it is read, and the words for a person who got it wrong.
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "users": (_users, "different names separated by commas"),
    "games": (_count, "a whole number from 1"),
    "start": (_one_of(*get_args(Start)), " or ".join(get_args(Start))),
    "stagger_s": (_seconds, "seconds above 0"),
    "time_limit_s": (_seconds, "seconds above 0"),
    "poll_interval_s": (_seconds, "seconds above 0"),
    "rows_file": (str, "a path"),
    "scenario": (_one_of(*get_args(Scenario)), " or ".join(get_args(Scenario))),
    "hold_path": (_path, "a path that begins with a slash"),
    "rounds": (_count, "a whole number from 1"),
    "offsets_s": (_offsets, "seconds from 0, separated by commas"),
    "locust_file": (str, "a path"),
    "work_s": (_seconds, "seconds above 0"),
    "failures_allowed": (_few, "a whole number from 0"),
    "held": (_yes_or_no, "True or False"),
}
