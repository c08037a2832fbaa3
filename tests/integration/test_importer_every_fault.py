"""Every fault that the fake can make, one at a time and several at once: an import is never silently short."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_lichess.faults import ANSWERS, CONNECTION, Fault, FaultKind
from importer.store import Status
from tests.faulty import WAYS, Fake, FaultObject, Outcome, Way, assert_the_truth, prepare, run, stored
from tests.importing import Knobs
from tests.servers import running

GAMES = 24
FOR_EVER_S = 600.0
# How each fault is told to strike, once for a fault of the connection and in several games for one of the games. Every
# fault that the fake has must stand here.
STRIKES: Mapping[FaultKind, FaultObject] = {
    FaultKind.TOO_MANY_REQUESTS: {"times": 2},
    FaultKind.STATUS_500: {"times": 2},
    FaultKind.STATUS_502: {"times": 2},
    FaultKind.STATUS_503: {"times": 2},
    FaultKind.STATUS_504: {"times": 2},
    FaultKind.HTML_200: {"times": 2},
    FaultKind.CUT_AFTER_GAME: {"game": 4, "times": 3},
    FaultKind.CUT_INSIDE_GAME: {"game": 3, "times": 3},
    FaultKind.CUT_INSIDE_CHARACTER: {"game": 3, "times": 3},
    FaultKind.STALL: {"game": 5, "seconds": FOR_EVER_S},
    FaultKind.DRIP: {"game": 1, "seconds": 0.001, "size_bytes": 900},
    FaultKind.TRUNCATED_TAG: {"game": 1, "every": 5},
    FaultKind.ILLEGAL_MOVE: {"game": 1, "every": 5},
    FaultKind.UNKNOWN_VARIANT: {"game": 1, "every": 5},
    FaultKind.NUL_BYTE: {"game": 1, "every": 5},
    FaultKind.INVALID_UTF8: {"game": 1, "every": 5},
    FaultKind.CRLF: {"game": 1, "every": 3},
    FaultKind.GIANT_GAME: {"game": 1, "every": 23},
    FaultKind.DUPLICATE: {"game": 1, "every": 5},
    FaultKind.NO_NEWLINE: {"game": 1, "every": 2},
    FaultKind.MISSING_ELO: {"game": 1, "every": 3},
    FaultKind.SAME_MILLISECOND: {"game": 3, "games": 15},
    FaultKind.APPEARING: {"game": 3, "games": 5},
}
ENDINGS = {
    FaultKind.TOO_MANY_REQUESTS: "the upstream answered 429",
    FaultKind.STATUS_500: "the upstream answered 500",
    FaultKind.STATUS_502: "the upstream answered 502",
    FaultKind.STATUS_503: "the upstream answered 503",
    FaultKind.STATUS_504: "the upstream answered 504",
    FaultKind.HTML_200: "the upstream answered 200 with text/html",
    FaultKind.CUT_AFTER_GAME: "the stream was cut",
    FaultKind.CUT_INSIDE_GAME: "the stream was cut",
    FaultKind.CUT_INSIDE_CHARACTER: "the stream was cut",
    FaultKind.STALL: "the stream fell silent",
}
NAMES = (f"player-{number}" for number in count())


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    """Run an unpaced fake; every test and every example has users of its own."""
    arguments = ["fake_lichess", "--profile", "unlimited", "--games", str(GAMES), "--seed", "11"]
    headers = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}
    with running(arguments) as url, httpx.Client(base_url=url, headers=headers) as client:
        yield Fake(client)


def import_under(fake: Fake, path: Path, faults: Sequence[FaultObject], way: Way) -> list[Outcome]:
    """Import under these faults, and check that every game which was sent whole was counted, and no other."""
    before = [prepare(fake, path, next(NAMES), faults, way) for _ in range(way.users)]
    sent_before, interrupted_before = fake.sent()
    outcomes = asyncio.run(run(fake, path, before, way.knobs))
    sent, interrupted = (now - then for now, then in zip(fake.sent(), (sent_before, interrupted_before), strict=True))
    fetched = sum(outcome.total("fetched") for outcome in outcomes)
    # The last game before an interruption cannot be known to be whole.
    assert sent - interrupted <= fetched <= sent
    return outcomes


def test_every_fault_of_the_fake_is_tried() -> None:
    """A fault that the fake learns makes this fail until it is told here how to strike."""
    assert set(STRIKES) == set(FaultKind)
    assert set(ENDINGS) == (ANSWERS | CONNECTION) - {FaultKind.DRIP}


@pytest.mark.parametrize("way", ["first", "shared-more"])
@pytest.mark.parametrize("kind", FaultKind)
def test_no_fault_keeps_an_import_from_the_truth(fake: Fake, tmp_path: Path, kind: FaultKind, way: str) -> None:
    """Under each fault every sound game is stored as it is, every other refused, and all of them are counted."""
    faults = [{"kind": kind.value, **STRIKES[kind]}]
    for outcome in import_under(fake, tmp_path, faults, WAYS[way]):
        assert_the_truth(fake, tmp_path, outcome)


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_fault_that_lasts_ends_the_import_with_its_reason(fake: Fake, tmp_path: Path, kind: FaultKind) -> None:
    """Struck in every export the import fails and says why; what it has stored is sound, and counted."""
    told = {"game": 1} if kind in CONNECTION else {}
    way = Way(Knobs(silent_most_s=0.3))
    (outcome,) = import_under(fake, tmp_path, [{**STRIKES[kind], **told, "kind": kind.value, "times": 0}], way)
    for row in outcome.rows:
        assert row.status is Status.FAILED
        assert str(row.error).startswith(ENDINGS[kind])
        assert row.fetched == row.stored + row.duplicates + row.rejected
    sound = fake.truth(outcome.user).sound
    kept = stored(tmp_path, outcome.user)
    assert len(kept) == outcome.total("stored") < len(sound)
    assert kept.items() <= sound.items()


@st.composite
def strikes(draw: st.DrawFn) -> FaultObject:
    """Any fault that passes, anywhere in the account."""
    kind = draw(st.sampled_from(FaultKind))
    told = {**STRIKES[kind], "kind": kind.value}
    if "game" in told:
        told["game"] = draw(st.integers(0 if kind in CONNECTION else 1, GAMES))
    if "every" in told and draw(st.booleans()):
        told["every"] = draw(st.integers(1 if kind is not FaultKind.GIANT_GAME else GAMES // 2, GAMES))
    if "times" in told:
        told["times"] = draw(st.integers(1, 3))
    Fault.model_validate(told)
    return told


def unlike(fault: FaultObject) -> tuple[object, ...]:
    """Return what no two faults of a combination have in common: one game is not damaged twice in the same way."""
    return (fault["kind"], fault.get("game") if fault["kind"] in CONNECTION else None)


@settings(max_examples=20, derandomize=True, deadline=None)
@given(
    faults=st.lists(strikes(), min_size=2, max_size=4, unique_by=unlike),
    way=st.sampled_from(sorted(WAYS)),
)
def test_no_combination_of_faults_keeps_an_import_from_the_truth(
    fake: Fake, faults: list[FaultObject], way: str
) -> None:
    """Two to four faults at once change nothing of that."""
    with TemporaryDirectory() as folder:
        for outcome in import_under(fake, Path(folder), faults, WAYS[way]):
            assert_the_truth(fake, Path(folder), outcome)
