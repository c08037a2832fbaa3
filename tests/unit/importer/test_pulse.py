"""How long the event loop keeps others waiting, as it is felt."""

import asyncio
import time

from importer.pulse import BEAT_S, Pulse


def test_whoever_holds_the_loop_is_felt() -> None:
    """A computation is seen as lateness, up to the beat that it began in, and none of it as someone else's."""
    felt: list[tuple[float, float]] = []
    held_s = 5 * BEAT_S

    async def hold() -> None:
        beaten = asyncio.Event()

        def tell(late_s: float, computed_s: float) -> None:
            felt.append((late_s, computed_s))
            beaten.set()

        async with Pulse(tell):
            turn = asyncio.Event()
            asyncio.get_running_loop().call_soon(turn.set)
            await turn.wait()  # the pulse has made its appointment
            until_s = time.thread_time() + held_s
            while time.thread_time() < until_s:
                pass
            await beaten.wait()

    asyncio.run(hold())
    late_s, computed_s = felt[0]
    assert held_s - 2 * BEAT_S < computed_s <= late_s
