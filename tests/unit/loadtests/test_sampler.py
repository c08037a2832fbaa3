"""Promises about when readings are taken and what is kept of them, on a cgroup made of plain files."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.cgroup import MemoryCgroup
from loadtests.cgroup.v1 import V1Cgroup
from loadtests.sampler import Sampler, next_index
from tests.plain_cgroups import V1_FILES, lay_out

LONG_S = 30.0  # a choice: only a test that fails waits so long


@pytest.fixture
def cgroup(tmp_path: Path) -> Iterator[MemoryCgroup]:
    """Open a cgroup of plain files, and close it in the end."""
    opened = V1Cgroup(lay_out(tmp_path / "trial", V1_FILES))
    yield opened
    opened.close()


class Clock:
    """A processor clock of the target that lets a test follow the sampler reading by reading."""

    def __init__(self, readings: int, hold_s: float = 0.0) -> None:
        self.enough = threading.Event()
        self._readings = readings
        self._hold_s = hold_s
        self._taken = 0

    def __call__(self) -> float:
        """Count a reading; the second one is held up."""
        self._taken += 1
        started_s = time.monotonic()
        while self._taken == 2 and time.monotonic() < started_s + self._hold_s:
            pass
        if self._taken == self._readings:
            self.enough.set()
        return float(self._taken)


def test_rows_are_whole_and_in_order(cgroup: MemoryCgroup) -> None:
    """Each reading is one row with its time since the origin, its lateness and the target's processor time."""
    clock = Clock(readings=5)
    sampler = Sampler(cgroup, 0.01, cpu=clock)
    origin_s = time.monotonic() - 100
    sampler.start(origin_s)
    assert clock.enough.wait(LONG_S)
    samples = sampler.stop()
    assert samples.cpu_s[:5] == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert list(samples.at_s) == sorted(samples.at_s)
    assert samples.at_s[0] >= 100
    assert set(samples.anon_bytes) == {62914560}
    columns = samples.model_dump()
    untold = {name for name, column in columns.items() if not column}
    assert untold <= {"refaults", "stalled_some_s", "stalled_full_s", "read_bytes", "written_bytes"}
    assert len({len(column) for name, column in columns.items() if name not in untold}) == 1


def test_deadlines_do_not_drift(cgroup: MemoryCgroup) -> None:
    """Taking lateness off, readings lie on a grid that begins with the first: delays never add up."""
    clock = Clock(readings=10)
    sampler = Sampler(cgroup, 0.01, cpu=clock)
    sampler.start(time.monotonic())
    assert clock.enough.wait(LONG_S)
    samples = sampler.stop()
    due_s = [at_s - late_s for at_s, late_s in zip(samples.at_s, samples.late_s, strict=True)]
    for at_s in due_s:
        steps = (at_s - due_s[0]) / 0.01
        assert steps == pytest.approx(round(steps), abs=1e-6)


def test_being_held_up_is_recorded(cgroup: MemoryCgroup) -> None:
    """A sampler that could not run says so: the gap is never longer than one interval and the recorded lateness."""
    clock = Clock(readings=4, hold_s=0.1)
    sampler = Sampler(cgroup, 0.01, cpu=clock)
    sampler.start(time.monotonic())
    assert clock.enough.wait(LONG_S)
    samples = sampler.stop()
    assert max(samples.late_s) >= 0.085
    for before_s, at_s, late_s in zip(samples.at_s, samples.at_s[1:], samples.late_s[1:], strict=False):
        assert at_s - before_s <= 0.01 + late_s + 1e-6


def test_kill_is_noticed(cgroup: MemoryCgroup) -> None:
    """The event is set once the kill counter rises, and not for kills that were counted before."""
    clock = Clock(readings=3)
    sampler = Sampler(cgroup, 0.01, cpu=clock)
    sampler.start(time.monotonic())
    assert clock.enough.wait(LONG_S)
    assert not sampler.oom_event.is_set()
    control = cgroup.path / "memory.oom_control"
    control.write_text(control.read_text().replace("oom_kill 3", "oom_kill 4"))
    assert sampler.oom_event.wait(LONG_S)
    sampler.stop()


def test_cost_is_known(cgroup: MemoryCgroup) -> None:
    """The sampler says what it cost; before it ran it has measured nothing."""
    clock = Clock(readings=2)
    sampler = Sampler(cgroup, 0.01, cpu=clock)
    before_s = sampler.cpu_s
    sampler.start(time.monotonic())
    assert clock.enough.wait(LONG_S)
    sampler.stop()
    assert before_s is None
    assert (sampler.cpu_s or 0) > 0


def test_unreadable_cgroup_is_an_error(cgroup: MemoryCgroup) -> None:
    """Readings that fail are reported when sampling ends: a trial without samples never passes for a quiet one."""
    cgroup.close()
    failing = V1Cgroup(lay_out(cgroup.path.parent / "gone", V1_FILES))
    (failing.path / "memory.stat").write_text("total_cache 1\n")
    sampler = Sampler(failing, 0.01, cpu=lambda: 0.0)
    sampler.start(time.monotonic())
    with pytest.raises(KeyError):
        sampler.stop()
    failing.close()


def test_stop_without_start_and_twice(cgroup: MemoryCgroup) -> None:
    """A sampler that never started has no rows, and stopping again gives the same rows."""
    sampler = Sampler(cgroup, 0.01, cpu=lambda: 0.0)
    assert sampler.stop().at_s == ()
    sampler.start(time.monotonic())
    assert sampler.stop() == sampler.stop()


@given(
    index=st.integers(min_value=0, max_value=10_000),
    late_s=st.floats(min_value=0, max_value=100),
    interval_s=st.sampled_from([0.01, 0.05, 1.0]),
)
def test_next_deadline_is_the_first_one_ahead(index: int, late_s: float, interval_s: float) -> None:
    """The next deadline lies after the reading, by at most one interval, and is never one that was used."""
    taken_s = index * interval_s + late_s
    following = next_index(index, taken_s, interval_s)
    assert following > index
    assert following * interval_s > taken_s - 1e-6
    assert following == index + 1 or (following - 1) * interval_s <= taken_s + 1e-6
