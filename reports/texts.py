"""Turns base units into what people read: the only place that knows MiB and ms. Pure.

Rounds and never decides: a threshold is compared before its figure comes here.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from loadtests.record import Upstream

MIB_BYTES: Final = 1024 * 1024
MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
NOT_MEASURED: Final = "not measured"
ABSENT: Final = "\N{EN DASH}"  # an empty cell of a table, which says that there is nothing rather than zero

# A choice: prose spells numbers up to ten, as most style books ask.
_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SHORT_NAMES: Final = {
    "IMPORT_BATCH_SIZE": "batch",
    "EXISTING_GAMES_STRATEGY": "known ids by",
    "EXISTING_GAMES_PAGE_SIZE": "page",
    "GC_EVERY_GAMES": "gc",
    "MAX_CONCURRENT_IMPORTS": "slots",
    "HTTP_POOL_LIMIT": "pool",
    "HTTP_POOL_LIMIT_PER_HOST": "per host",
}


def to_mib(size_bytes: float) -> float:
    """Bytes as a number of MiB, unrounded, for an axis that carries the unit."""
    return size_bytes / MIB_BYTES


def figure(value: float) -> str:
    """Three significant digits, without an exponent, with a true minus sign; whole from 100 on."""
    size = abs(value)
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0  # noqa: PLR2004 - where rounding adds a digit
    text = f"{size:.{digits}f}"
    return MINUS + text if value < 0 and float(text) != 0 else text


def trimmed(value: float) -> str:
    """A chosen value, such as a pace: no more digits than it has, up to three."""
    text = figure(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def mib(size_bytes: float) -> str:
    """Bytes as MiB with the unit."""
    return f"{figure(to_mib(size_bytes))} MiB"


def mib_chosen(size_bytes: float) -> str:
    """A size that somebody chose, such as a limit, as MiB without idle zeros."""
    return f"{trimmed(to_mib(size_bytes))} MiB"


def mib_cell(size_bytes: float | None) -> str:
    """Bytes as a number of MiB for a column whose heading names the unit."""
    return ABSENT if size_bytes is None else f"{to_mib(size_bytes):.1f}".replace("-", MINUS)


def mib_interval(low_bytes: float, high_bytes: float) -> str:
    """An interval of bytes as MiB."""
    return f"{figure(to_mib(low_bytes))} to {mib(high_bytes)}"


def seconds(duration_s: float) -> str:
    """A duration in ms below one second, in min from ten minutes on, else in s."""
    if duration_s >= 600:  # noqa: PLR2004 - where people stop counting in seconds
        return f"{figure(duration_s / 60)} min"
    return f"{duration_s * 1000:.0f} ms" if abs(duration_s) < 0.9995 else f"{figure(duration_s)} s"  # noqa: PLR2004


def seconds_cell(duration_s: float | None) -> str:
    """A duration as a number of seconds for a column whose heading names the unit."""
    return ABSENT if duration_s is None else f"{duration_s:.2f}"


def ms_cell(duration_s: float | None) -> str:
    """A duration as a number of ms for a column whose heading names the unit."""
    return ABSENT if duration_s is None else f"{duration_s * 1000:.1f}"


def rate_cell(games_per_s: float | None) -> str:
    """Games per second as a number for a column whose heading names the unit."""
    return ABSENT if games_per_s is None else f"{games_per_s:.0f}"


def percent(ratio: float) -> str:
    """A ratio from 0 to 1 as a percentage; below 1 % with the digits that still say something."""
    value = ratio * 100
    return f"{value:.0f} %" if value >= 1 or value == 0 else f"{value:.2g} %"


def count(number: int, noun: str) -> str:
    """A number in digits and its noun: "1 trial", "12 trials"."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def spelled(number: int) -> str:
    """A number in words up to ten."""
    return _WORDS[number] if number < len(_WORDS) else str(number)


def listed(items: Sequence[str]) -> str:
    """Items as in a sentence: "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def some_ids(trial_ids: Sequence[str], most: int = 6) -> str:
    """Ids of trials as in a sentence, no more than *most* of them."""
    rest = len(trial_ids) - most
    return listed(trial_ids) if rest <= 0 else ", ".join(trial_ids[:most]) + f" and {rest} more"


def short_name(knob: str) -> str:
    """A knob in the words of the report."""
    return _SHORT_NAMES.get(knob, knob)


def setting(values: Mapping[str, str]) -> str:
    """A setting in one line, in the words of the report: "batch 50, page 2000, gc 200"."""
    known = [f"{short} {values[name]}" for name, short in _SHORT_NAMES.items() if name in values]
    other = [f"{name}={values[name]}" for name in sorted(values) if name not in _SHORT_NAMES]
    return ", ".join(known + other) or "the target's own defaults"


def upstream_mode(mode: Upstream) -> str:
    """The upstream mode in which a figure was measured, in one phrase."""
    if mode.games_per_s is None:
        return f"{mode.profile} (as fast as the target takes games)"
    pace = "true pace" if mode.speed_ratio == 1 else f"{trimmed(mode.speed_ratio)}{TIMES} true pace"
    return f"{mode.profile}, {trimmed(mode.games_per_s)} games/s a stream ({pace})"


def tested_range(lowest: int, highest: int) -> str:
    """The levels that were run: "1 to 5 users", "3 users"."""
    return count(highest, "user") if lowest == highest else f"{lowest} to {highest} users"
