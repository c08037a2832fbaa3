"""Known answers: which trials calibration runs, and what is true of each by construction. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from loadtests.record import Ending
from loadtests.safety import Safety
from loadtests.standards.weights import MIB, mapped_bytes

# The published case: "before" three imports of 140 MiB on a base of 150 MiB died at 512 MiB, "after" they took 90 MiB.
# Four of these take 510 MiB: they live or die by 2 MiB, and nobody should call that safe.
PUBLISHED_LIMIT_BYTES = 512 * MIB
PUBLISHED_BASE_MIB = 150.0
EITHER = frozenset({Ending.COMPLETED, Ending.OOM_KILLED})
PUBLISHED = (
    (3, 140.0, frozenset({Ending.OOM_KILLED}), Safety.NOT_SAFE),
    (3, 90.0, frozenset({Ending.COMPLETED}), Safety.SAFE),
    (4, 90.0, EITHER, Safety.NOT_SAFE),
)
# A spread, and so a bound, needs two.
PUBLISHED_REPEATS = 2
HOLD_S = "0.3"  # a choice: six readings of memory that stands still
OTHERS_BASE_MIB = 16.0  # a choice: small beside any need, and well above what the interpreter takes
# Choices: room for what is to complete, and half of what is not to fit.
ROOMY_BYTES, NARROW_BYTES = 256 * MIB, 64 * MIB


@dataclass(frozen=True, slots=True)
class Weights:
    """What the exact standard is loaded with; anyone may bring weights of their own."""

    base_mib: float
    per_request_mib: tuple[float, ...]
    users: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """One trial whose outcome is known."""

    answer: str  # trials of one answer are judged together
    standard: str
    setting: tuple[tuple[str, str], ...]
    users: int
    limit_bytes: int
    endings: frozenset[Ending]
    safety: Safety | None = None  # None where safety is not asked

    def value(self, name: str) -> float:
        """Return one value of the setting."""
        return float(dict(self.setting)[name])

    def base_bytes(self) -> float:
        """What the idle server needs."""
        return self.value("BASE_MIB") * MIB

    def need_bytes(self) -> float:
        """What one request adds."""
        return float(mapped_bytes(round(self.value("PER_REQUEST_MIB") * MIB)))

    def peak_bytes(self) -> float:
        """What the server needs while all requests are in flight."""
        return self.base_bytes() + self.users * self.need_bytes()


def known_trials(weights: Weights, repeats: int) -> tuple[Known, ...]:
    """Return every trial of the calibration, *repeats* times."""
    return (*_exact(weights), *_published(), *_others()) * repeats


def to_squeeze(weights: Weights) -> Known:
    """Choose the trial whose smallest limit is searched: of middling requests, and as many as there may be."""
    sizes = sorted(weights.per_request_mib)
    middling = Weights(weights.base_mib, (sizes[(len(sizes) - 1) // 2],), (max(weights.users),))
    [known] = _exact(middling)
    return known


def _exact(weights: Weights) -> Iterator[Known]:
    for size_mib, users in product(weights.per_request_mib, weights.users):
        need_mib = weights.base_mib + max(weights.users) * size_mib
        yield Known(
            answer=f"exact, {size_mib:g} MiB a request",
            standard="exact",
            setting=_setting("exact", weights.base_mib, size_mib),
            users=users,
            limit_bytes=round(1.25 * need_mib + 64) * MIB,  # a choice: so much room that no limit plays a part
            endings=frozenset({Ending.COMPLETED}),
        )


def _published() -> Iterator[Known]:
    for (users, size_mib, endings, safety), _ in product(PUBLISHED, range(PUBLISHED_REPEATS)):
        yield Known(
            answer=f"published, {users} x {size_mib:g} MiB",
            standard="exact",
            setting=_setting("exact", PUBLISHED_BASE_MIB, size_mib),
            users=users,
            limit_bytes=PUBLISHED_LIMIT_BYTES,
            endings=endings,
            safety=safety,
        )


def _others() -> Iterator[Known]:
    def one(answer: str, users: int, size_mib: float, limit_bytes: int, ending: Ending, **more: str) -> Known:
        standard = answer.partition(",")[0]
        setting = _setting(standard, OTHERS_BASE_MIB, size_mib, **more)
        return Known(answer, standard, setting, users, limit_bytes, frozenset({ending}))

    yield one("shared", 2, 60, ROOMY_BYTES, Ending.COMPLETED)
    yield one("spiky", 1, 10, ROOMY_BYTES, Ending.COMPLETED)
    yield one("leaker", 1, 10, ROOMY_BYTES, Ending.COMPLETED, HOLD_S="1")
    yield one("cache_writer", 1, 128, NARROW_BYTES, Ending.COMPLETED)
    yield one("thrasher, room for its file", 1, 128, ROOMY_BYTES, Ending.COMPLETED)
    yield one("thrasher, no room for its file", 1, 128, NARROW_BYTES, Ending.THRASHED)
    yield one("child_hog, room for its children", 2, 40, ROOMY_BYTES, Ending.COMPLETED)
    yield one("child_hog, no room for its child", 1, 128, NARROW_BYTES, Ending.OOM_KILLED)
    yield one("crasher", 1, 1, ROOMY_BYTES, Ending.CRASHED)
    yield one("slow_start, in time", 1, 1, ROOMY_BYTES, Ending.COMPLETED, READY_AFTER_S="1")
    yield one("slow_start, too late", 1, 1, ROOMY_BYTES, Ending.TIMED_OUT, READY_AFTER_S="60")


def _setting(standard: str, base_mib: float, size_mib: float, **more: str) -> tuple[tuple[str, str], ...]:
    values = {"STANDARD": standard, "BASE_MIB": f"{base_mib:g}", "PER_REQUEST_MIB": f"{size_mib:g}"}
    return tuple(sorted({**values, "HOLD_S": HOLD_S, **more}.items()))
