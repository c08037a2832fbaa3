"""Which fault strikes where: steps of a troubled stream, and what a fault may be told."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fake_lichess.faults import ANSWERS, CONNECTION, CONTENT, TOLD, Fault, FaultKind, Step, steps

KIND = FaultKind
GAMES = (b"one\n", b"two\n", "drüi\n".encode())


def walked(*faults: Fault, games: Sequence[bytes] = GAMES) -> list[Step]:
    """Walk through a stream of the games."""
    return list(steps(iter(games), faults))


def test_without_faults_every_game_is_a_step() -> None:
    """One game after the other, none waited for."""
    assert walked() == [Step(game, 1) for game in GAMES]


def test_where_nothing_was_found_yet_no_fault_strikes() -> None:
    """An empty text is a step that does nothing, and no game that counts."""
    cut = Fault(kind=KIND.CUT_AFTER_GAME, game=1)
    assert walked(cut, games=(b"", b"one\n", b"", b"two\n")) == [Step(), Step(b"one\n", 1), Step(), Step(cut=True)]


def test_a_cut_inside_a_character_uses_one_that_is_there() -> None:
    """The game's own letter is cut when it has one, otherwise a name stands in for it."""
    assert walked(Fault(kind=KIND.CUT_INSIDE_CHARACTER, game=2))[-1] == Step(b"dr\xc3", cut=True)
    assert walked(Fault(kind=KIND.CUT_INSIDE_CHARACTER, game=0)) == [Step(b'[Event "Caf\xc3', cut=True)]
    line = b'{"id":"abcdefgh"}\n'
    assert walked(Fault(kind=KIND.CUT_INSIDE_CHARACTER, game=0), games=[line]) == [Step(b'{"id":"\xc3', cut=True)]


def test_a_stall_before_a_cut_comes_first_when_it_is_told_first() -> None:
    """Several faults strike at one place in the order they were given."""
    stall, cut = Fault(kind=KIND.STALL, game=1, seconds=9), Fault(kind=KIND.CUT_AFTER_GAME, game=1)
    assert walked(stall, cut) == [Step(b"one\n", 1), Step(wait_s=9.0), Step(cut=True)]
    assert walked(cut, stall) == [Step(b"one\n", 1), Step(cut=True)]


def test_a_fault_beyond_the_end_does_not_strike() -> None:
    """An export that is shorter than the fault's place comes whole; there is nothing inside of the end to cut."""
    assert walked(Fault(kind=KIND.CUT_AFTER_GAME, game=4)) == walked()
    for kind in (KIND.CUT_INSIDE_GAME, KIND.CUT_INSIDE_CHARACTER):
        assert walked(Fault(kind=kind, game=3)) == walked()


def test_a_drip_counts_its_game_with_the_last_piece() -> None:
    """Pieces of the size told, a pause before each."""
    assert walked(Fault(kind=KIND.DRIP, game=0, size_bytes=3, seconds=0.5), games=GAMES[:1]) == [
        Step(b"one", 0, 0.5),
        Step(b"\n", 1, 0.5),
    ]


@given(
    games=st.lists(st.binary(min_size=1, max_size=50), max_size=8),
    kinds=st.lists(st.sampled_from(sorted(CONNECTION)), max_size=3),
    at=st.integers(min_value=0, max_value=9),
)
def test_no_fault_of_the_connection_changes_what_arrives(games: list[bytes], kinds: list[FaultKind], at: int) -> None:
    """Up to a cut the bytes are those of a sound export; only a name that is cut may stand in for another."""
    walk = walked(*(Fault(kind=kind, game=at) for kind in kinds), games=games)
    cut = bool(walk) and walk[-1].cut
    sent = b"".join(step.data for step in (walk[:-1] if cut else walk))
    whole = b"".join(games)
    assert whole.startswith(sent) if cut else sent == whole
    assert sum(step.games for step in walk) == (at if cut else len(games))
    assert not any(step.cut for step in walk[:-1])


def test_every_kind_belongs_to_one_family_and_knows_what_it_can_be_told() -> None:
    """Nothing is left undecided when a kind is added."""
    assert ANSWERS | CONNECTION | CONTENT | {KIND.APPEARING} == set(KIND) == TOLD.keys()
    assert not ANSWERS & CONNECTION


@pytest.mark.parametrize("kind", FaultKind)
def test_a_kind_s_name_alone_is_enough(kind: FaultKind) -> None:
    """Every fault has defaults, and refuses what it has no use for."""
    assert Fault(kind=kind).kind is kind
    if kind in CONTENT:
        with pytest.raises(ValidationError, match="counted from 1"):
            Fault(kind=kind, game=0)
    [idle, *_] = sorted({"times", "copies", "every"} - TOLD[kind])
    with pytest.raises(ValidationError, match=f"{kind} knows no {idle}"):
        Fault.model_validate({"kind": kind, idle: 2})


def test_content_is_struck_by_place_and_then_every_so_often() -> None:
    """Places count from 1; those of one millisecond are a run."""
    every = Fault(kind=KIND.CRLF, game=3, every=4)
    assert [number for number in range(12) if every.strikes(number)] == [2, 6, 10]
    run = Fault(kind=KIND.SAME_MILLISECOND, game=3, games=2)
    assert [number for number in range(12) if run.strikes(number)] == [2, 3]
