"""Promises about what measuring costs; meaningful on the machine's own kernel only, as an emulated one is slow."""

import threading
import time

import pytest

from loadtests.cgroup import Backend
from loadtests.sampler import INTERVAL_S, Sampler
from tests.kernel.conftest import LONG_S, Weigh, Weight

pytestmark = pytest.mark.kernel
MIB = 2**20
READINGS = 16


def sampling_share(weight: Weight) -> float:
    """Measure which share of a core sampling takes over a short stretch."""
    enough = threading.Event()
    taken: list[None] = []

    def cpu() -> float:
        taken.append(None)
        if len(taken) == READINGS:
            enough.set()
        return weight.child.cpu_s()

    sampler = Sampler(weight.cgroup, cpu=cpu)
    sampler.start(time.monotonic())
    assert enough.wait(LONG_S)
    samples = sampler.stop()
    assert sampler.cpu_s is not None
    return sampler.cpu_s / (len(samples.at_s) * INTERVAL_S)


def test_sampling_is_cheap(weigh: Weigh) -> None:
    """Sampling costs less than 1 % of a core: the best of three short stretches, as other programs run here too."""
    with weigh(128 * MIB) as weight:
        assert min(sampling_share(weight) for _ in range(3)) < 0.01


def test_a_fresh_cgroup_is_cheap(backend: Backend) -> None:
    """Making and removing a cgroup takes less than 50 ms, so a fresh one for each trial costs nothing that matters."""
    best_s = []
    for _ in range(3):
        started_s = time.monotonic()
        with backend.create("test", 64 * MIB):
            pass
        best_s.append(time.monotonic() - started_s)
    assert min(best_s) < 0.05
