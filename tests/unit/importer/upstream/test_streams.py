"""The budget of streams, and the wait after a refusal that everyone shares."""

import asyncio

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers

from importer.upstream.streams import BUSY_WAIT_MOST_S, Streams, busy_wait_s


@pytest.mark.parametrize(
    ("refusals", "chance", "wait_s"), [(1, 0.0, 60), (1, 1.0, 75), (2, 0.0, 120), (5, 0.0, 900), (1_000, 0.0, 900)]
)
def test_each_refusal_in_a_row_is_left_alone_for_longer(refusals: int, chance: float, wait_s: float) -> None:
    """A minute and some jitter first, then twice as long each time, up to a quarter of an hour."""
    assert busy_wait_s(60, refusals, chance) == wait_s


@given(first_s=floats(0.01, 3_600), refusals=integers(1, 10_000), chance=floats(0, 1))
def test_the_wait_is_never_shorter_than_asked_for(first_s: float, refusals: int, chance: float) -> None:
    """Whatever the chance, nobody comes back before the time, and the wait does not grow for ever."""
    assert first_s <= busy_wait_s(first_s, refusals, chance) <= max(first_s, BUSY_WAIT_MOST_S) * 1.25


async def some_turns() -> None:
    """Let every task that can go on do so."""
    for _ in range(20):
        await asyncio.to_thread(int)


def test_places_are_given_first_come_first_served() -> None:
    """One stream goes round: whoever comes back for more queues behind the others."""

    async def run() -> list[str]:
        streams, order = Streams(1), list[str]()

        async def slices(name: str) -> None:
            for _ in range(2):
                async with streams.place(lambda _reason: None):
                    order.append(name)
                    assert streams.open == 1
                    await asyncio.to_thread(int)

        await asyncio.gather(*(slices(name) for name in "abc"))
        return order

    assert asyncio.run(run()) == ["a", "b", "c", "a", "b", "c"]


def test_after_a_refusal_one_asks_for_all() -> None:
    """While the upstream has not let one stream begin again, no second one asks; then all of them may."""

    async def run() -> list[list[str]]:
        streams, inside, seen = Streams(3, 0.01, chance=lambda: 0.0), list[str](), list[list[str]]()
        may_answer = asyncio.Event()

        async def first() -> None:
            async with streams.place(lambda _reason: None):
                streams.refused()

        async def other(name: str) -> None:
            async with streams.place(lambda _reason: None):
                inside.append(name)
                await may_answer.wait()
                streams.welcomed()

        await asyncio.create_task(first())
        others = [asyncio.create_task(other(name)) for name in "abc"]
        while not inside:
            await some_turns()
        await some_turns()
        seen.append(list(inside))
        may_answer.set()
        await asyncio.gather(*others)
        return [*seen, inside]

    assert asyncio.run(run()) == [["a"], ["a", "b", "c"]]


def test_one_that_asks_for_all_and_is_cancelled_hands_over() -> None:
    """A cancelled import does not keep the others waiting."""

    async def run() -> list[str]:
        streams, inside = Streams(2, 3_600.0), list[str]()
        quick = Streams(2, 0.01)

        async def importing(streams: Streams, name: str, reasons: list[str | None]) -> None:
            async with streams.place(reasons.append):
                inside.append(name)
                streams.refused()

        reasons: list[str | None] = []
        await asyncio.create_task(importing(streams, "refused", reasons))
        waiting = asyncio.create_task(importing(streams, "waits", reasons))
        await some_turns()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert "every import leaves it alone for" in str(reasons[-2])
        assert reasons[-1] is None

        await asyncio.create_task(importing(quick, "quick", []))
        gone = asyncio.create_task(importing(quick, "gone", []))
        heir = asyncio.create_task(importing(quick, "heir", []))
        await asyncio.to_thread(int)
        gone.cancel()
        await heir
        return inside

    assert asyncio.run(run())[-1] == "heir"


def test_streams_refused_together_count_once() -> None:
    """Three streams asked for at once and refused at once are one refusal, not three."""

    async def run() -> float:
        now_s, waits = 0.0, list[str | None]()
        streams = Streams(4, 100.0, clock_s=lambda: now_s, chance=lambda: 0.0)
        together = asyncio.Barrier(3)

        async def refused() -> None:
            async with streams.place(lambda _reason: None):
                await together.wait()
                streams.refused()

        async def late() -> None:
            async with streams.place(waits.append):
                pass

        await asyncio.gather(*(asyncio.create_task(refused()) for _ in range(3)))
        waiting = asyncio.create_task(late())
        await some_turns()
        waiting.cancel()
        return float(str(waits[0]).rsplit(" ", 2)[1])

    assert asyncio.run(run()) == 100.0
