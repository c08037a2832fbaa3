"""Promises about what the kernel charges and how truly it is read and sampled."""

import http.client
import time

import pytest

from loadtests.cgroup import Reading
from loadtests.process import vm_hwm_bytes
from loadtests.sampler import Sampler
from tests.kernel.conftest import LONG_S, Weigh

pytestmark = pytest.mark.kernel
MIB = 2**20
LIMIT_BYTES = 256 * MIB


def grown(before: Reading, after: Reading) -> tuple[int, int, int]:
    """Say by how much anonymous memory, shared memory and page cache grew."""
    return (
        after.anon_bytes - before.anon_bytes,
        after.shmem_bytes - before.shmem_bytes,
        after.cache_bytes - before.cache_bytes,
    )


def test_everything_a_process_touches_is_charged(weigh: Weigh) -> None:
    """A process enters before it becomes the command: what it has itself is all in the account, from the first page."""
    with weigh(LIMIT_BYTES) as weight:
        own_bytes = int(weight.ask("/own"))
        assert own_bytes > 4 * MIB
        assert weight.cgroup.read().anon_bytes == pytest.approx(own_bytes, rel=0.05)


def test_known_weight_is_found(weigh: Weigh) -> None:
    """60 MiB show as 60 MiB of anonymous memory, within 2 %, and under the highest resident set."""
    with weigh(LIMIT_BYTES) as weight:
        before = weight.cgroup.read()
        weight.ask(f"/anonymous/{60 * MIB}")
        after = weight.cgroup.read()
        anon, shmem, cache = grown(before, after)
        assert anon == pytest.approx(60 * MIB, rel=0.02)
        assert max(abs(shmem), abs(cache)) < MIB
        assert after.unreclaimable_bytes() - before.unreclaimable_bytes() == pytest.approx(60 * MIB, rel=0.02)
        highest_bytes = vm_hwm_bytes(weight.child.pid)
        assert highest_bytes is not None
        assert highest_bytes > after.anon_bytes * 0.98


def test_shared_memory_is_unreclaimable(weigh: Weigh) -> None:
    """100 MiB of shared mapping count as memory that cannot be freed, and not as page cache."""
    with weigh(LIMIT_BYTES) as weight:
        before = weight.cgroup.read()
        weight.ask(f"/shared/{100 * MIB}")
        after = weight.cgroup.read()
        anon, shmem, cache = grown(before, after)
        assert shmem == pytest.approx(100 * MIB, rel=0.02)
        assert max(abs(anon), abs(cache)) < 2 * MIB
        assert after.unreclaimable_bytes() - before.unreclaimable_bytes() == pytest.approx(100 * MIB, rel=0.03)


def test_page_cache_does_not_count(weigh: Weigh) -> None:
    """A written file shows as used memory and page cache, and not as memory that cannot be freed."""
    with weigh(LIMIT_BYTES) as weight:
        before = weight.cgroup.read()
        weight.ask(f"/cache/{50 * MIB}")
        after = weight.cgroup.read()
        _, _, cache = grown(before, after)
        assert cache == pytest.approx(50 * MIB, rel=0.05)
        assert after.used_bytes - before.used_bytes > 45 * MIB
        assert abs(after.unreclaimable_bytes() - before.unreclaimable_bytes()) < 3 * MIB


def test_kill_is_noticed_at_once(weigh: Weigh) -> None:
    """The sampler raises its event when the kernel kills, and every reading until then is kept."""
    with weigh(48 * MIB) as weight:
        sampler = Sampler(weight.cgroup, cpu=weight.child.cpu_s)
        sampler.start(time.monotonic())
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            weight.ask(f"/anonymous/{96 * MIB}")
        assert sampler.oom_event.wait(LONG_S)
        samples = sampler.stop()
        assert len(samples.at_s) == len(samples.anon_bytes) >= 2
        assert max(samples.used_bytes) <= 48 * MIB
