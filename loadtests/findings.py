"""Compares what calibration measured with what is known, and says how far off is still right. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadtests.known import Known
from loadtests.record import Ending, Trial
from loadtests.safety import RESERVE_RATIO, Level, judge
from loadtests.series import base_bytes, peak_bytes, rise_bytes_per_s, slope
from loadtests.standards.weights import MIB

# What the harness promises: 1 % of the need of a request, or 0.1 MiB where that is more, and 2 % of the base.
SLOPE_ERROR_RATIO = 0.01
SLOPE_ERROR_BYTES = MIB / 10
BASE_ERROR_RATIO = 0.02
# Promised too: the smallest limit that is survived lies within 2 % of the need.
SQUEEZE_ERROR_RATIO = 0.02
# The rest are choices, each somewhat more than what the standard's own account leaves open.
PEAK_ERROR_RATIO = 0.01
CACHE_INDEX_RATIO = 0.03
KERNEL_PEAK_ERROR_BYTES = MIB
FORK_BYTES = 2 * MIB
RATE_ERROR_RATIO = 0.05
START_ERROR_S = 1.0

Pair = tuple[Known, Trial]


@dataclass(frozen=True, slots=True)
class Finding:
    """One known figure beside the measured one."""

    answer: str
    quantity: str  # ends with its unit, where it has one
    known: float | str
    measured: float | str | None  # None: not measured
    allowed: float | None  # how far off is still right; None for words and for one-sided figures
    right: bool


def findings(pairs: Sequence[Pair]) -> tuple[Finding, ...]:
    """Compare answer by answer, in the order of their first trials."""
    by_answer: dict[str, list[Pair]] = {}
    for known, trial in pairs:
        by_answer.setdefault(known.answer, []).append((known, trial))
    return tuple(found for group in by_answer.values() for found in _of_answer(group))


def squeezed(known: Known, limit_bytes: int | None) -> Finding:
    """Compare the smallest limit that was survived with the true need; None where none was found."""
    truth = known.peak_bytes()
    measured = None if limit_bytes is None else float(limit_bytes)
    return _two_sided(known, "squeezed_bytes", (truth, measured), SQUEEZE_ERROR_RATIO * truth)


def right_endings(pairs: Sequence[Pair]) -> int:
    """Count the trials that ended as they must."""
    return sum(trial.ending in known.endings for known, trial in pairs)


def _of_answer(group: Sequence[Pair]) -> Iterator[Finding]:
    known, _ = group[0]
    yield _ending(group)
    if known.safety is not None:
        yield _safety(group)
    completed = [pair for pair in group if pair[1].ending is Ending.COMPLETED]
    if known.endings == {Ending.COMPLETED} and completed:
        for further in _FURTHER[known.standard]:
            yield from further(completed)


def _ending(group: Sequence[Pair]) -> Finding:
    known, _ = group[0]
    counts = Counter(trial.ending.value for _, trial in group)
    return Finding(
        answer=known.answer,
        quantity="ending",
        known=" or ".join(sorted(known.endings)),
        measured=", ".join(f"{count} {ending}" for ending, count in sorted(counts.items())),
        allowed=None,
        right=right_endings(group) == len(group),
    )


def _safety(group: Sequence[Pair]) -> Finding:
    known, _ = group[0]
    level = Level(
        endings=[trial.ending for _, trial in group],
        peaks_bytes=[peak_bytes(trial) or 0 for _, trial in group],
        limit_bytes=known.limit_bytes,
        reserve_bytes=round(known.limit_bytes * RESERVE_RATIO),
    )
    judged = judge(level)
    return Finding(known.answer, "verdict", str(known.safety), judged.value, None, right=judged is known.safety)


def _slope(group: Sequence[Pair]) -> Iterator[Finding]:
    """Need of one request: the slope of the peaks, from the idle base where there is one number of users only."""
    known, _ = group[0]
    points = [(float(each.users), float(peak_bytes(trial) or 0)) for each, trial in group]
    if len({users for users, _ in points}) == 1:
        points += [(0.0, base) for _, trial in group if (base := base_bytes(trial)) is not None]
    allowed = max(SLOPE_ERROR_RATIO * known.need_bytes(), SLOPE_ERROR_BYTES)
    yield _two_sided(known, "need_bytes", (known.need_bytes(), slope(points)), allowed)


def _base(group: Sequence[Pair]) -> Iterator[Finding]:
    """The base that is farthest from the truth."""
    known, _ = group[0]
    truth = known.base_bytes()
    bases = [base for _, trial in group if (base := base_bytes(trial)) is not None]
    farthest = max(bases, key=lambda base: abs(base - truth), default=None)
    yield _two_sided(known, "base_bytes", (truth, farthest), BASE_ERROR_RATIO * truth)


def _peak(allowed: Callable[[Known], float]) -> Callable[[Sequence[Pair]], Iterator[Finding]]:
    def compare(group: Sequence[Pair]) -> Iterator[Finding]:
        known, _ = group[0]
        truth = known.peak_bytes()
        peaks = [float(peak) for _, trial in group if (peak := peak_bytes(trial)) is not None]
        farthest = max(peaks, key=lambda peak: abs(peak - truth), default=None)
        yield _two_sided(known, "peak_bytes", (truth, farthest), allowed(known))

    return compare


def _cache(group: Sequence[Pair]) -> Iterator[Finding]:
    """The base is all it needs, although the kernel's own peak stands at the limit."""
    known, _ = group[0]
    truth = known.base_bytes()
    peak = max((peak for _, trial in group if (peak := peak_bytes(trial)) is not None), default=None)
    yield _two_sided(known, "peak_bytes", (truth, peak), CACHE_INDEX_RATIO * known.limit_bytes)
    kernel = [trial.kernel.peak_bytes for _, trial in group if trial.kernel and trial.kernel.peak_bytes is not None]
    if kernel:
        yield _two_sided(
            known, "kernel_peak_bytes", (float(known.limit_bytes), min(kernel)), float(KERNEL_PEAK_ERROR_BYTES)
        )


def _bracket(group: Sequence[Pair]) -> Iterator[Finding]:
    """Readings may miss the spike and never exceed it; the kernel's own highest resident set never misses it."""
    known, _ = group[0]
    truth = known.peak_bytes()
    low = max((peak for _, trial in group if (peak := peak_bytes(trial)) is not None), default=None)
    high = min((top for _, trial in group if (top := _resident_bytes(trial)) is not None), default=None)
    below = low is not None and low <= truth * (1 + PEAK_ERROR_RATIO)
    yield Finding(known.answer, "highest_reading_bytes, at most", truth, low, None, right=below)
    above = high is not None and high >= truth
    yield Finding(known.answer, "highest_resident_bytes, at least", truth, high, None, right=above)


def _resident_bytes(trial: Trial) -> int | None:
    """Highest resident set, with the kernel memory that is not in it."""
    if trial.kernel is None or trial.kernel.vm_hwm_bytes is None:
        return None
    return trial.kernel.vm_hwm_bytes + max(trial.samples.kernel_bytes, default=0)


def _rate(group: Sequence[Pair]) -> Iterator[Finding]:
    known, _ = group[0]
    truth = known.need_bytes()
    rates = [rate for _, trial in group if (rate := rise_bytes_per_s(trial)) is not None]
    farthest = max(rates, key=lambda rate: abs(rate - truth), default=None)
    yield _two_sided(known, "rise_bytes_per_s", (truth, farthest), RATE_ERROR_RATIO * truth)


def _start(group: Sequence[Pair]) -> Iterator[Finding]:
    """Ready not before its time, and soon after."""
    known, _ = group[0]
    truth = known.value("READY_AFTER_S")
    times = [
        trial.phases.ready_s - trial.phases.process_started_s
        for _, trial in group
        if trial.phases.ready_s is not None and trial.phases.process_started_s is not None
    ]
    right = bool(times) and min(times) >= truth and max(times) <= truth + START_ERROR_S
    yield Finding(known.answer, "ready_s, at least", truth, min(times, default=None), None, right=right)


def _two_sided(known: Known, quantity: str, figures: tuple[float, float | None], allowed: float) -> Finding:
    truth, measured = figures
    right = measured is not None and abs(measured - truth) <= allowed
    return Finding(known.answer, quantity, truth, measured, allowed, right=right)


_FURTHER: Mapping[str, Sequence[Callable[[Sequence[Pair]], Iterator[Finding]]]] = {
    "exact": (_base, _slope),
    "shared": (_peak(lambda known: PEAK_ERROR_RATIO * known.peak_bytes()),),
    "spiky": (_bracket,),
    "leaker": (_rate,),
    "cache_writer": (_cache,),
    "thrasher": (_base,),
    "child_hog": (_peak(lambda known: FORK_BYTES * known.users),),
    "slow_start": (_start,),
}
