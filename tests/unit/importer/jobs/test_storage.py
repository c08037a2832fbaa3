"""Calls to the store off the event loop."""

import asyncio
import threading

from importer.jobs.storage import StorageThread


def test_calls_run_one_after_another_in_one_other_thread() -> None:
    """However many calls are made at once, they run in order and never in the loop's thread."""

    async def run() -> list[tuple[int, int]]:
        storage = StorageThread()
        try:
            calls = [storage.call(lambda n: (n, threading.get_ident()), number) for number in range(20)]
            return await asyncio.gather(*calls)
        finally:
            storage.close()

    done = asyncio.run(run())
    assert [number for number, _ in done] == list(range(20))
    assert {thread for _, thread in done} != {threading.get_ident()}
    assert len({thread for _, thread in done}) == 1


def test_a_call_that_has_begun_is_never_abandoned() -> None:
    """A cancelled caller still learns the outcome of its transaction, and is cancelled at its next wait."""
    began, may_end = threading.Event(), threading.Event()
    learnt: list[str] = []

    def transaction() -> str:
        began.set()
        may_end.wait(10)
        return "committed"

    async def caller(storage: StorageThread) -> None:
        learnt.append(await storage.call(transaction))
        await asyncio.Event().wait()

    async def run() -> bool:
        storage = StorageThread()
        task = asyncio.create_task(caller(storage))
        await asyncio.to_thread(began.wait, 10)
        task.cancel()
        await asyncio.to_thread(may_end.set)
        await asyncio.wait([task])
        storage.close()
        return task.cancelled()

    assert asyncio.run(run())
    assert learnt == ["committed"]
