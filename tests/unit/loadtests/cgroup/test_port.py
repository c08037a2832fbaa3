"""Promises every memory cgroup keeps, whichever version stands behind the port."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.cgroup import Backend, MemoryCgroup
from loadtests.cgroup.v1 import V1Backend, V1Cgroup
from loadtests.cgroup.v2 import V2Backend, V2Cgroup
from loadtests.errors import LeftBehind, LimitUnavailable
from tests.plain_cgroups import V1_FILES, V2_FILES, lay_out, lay_out_proc

type_of_backend = pytest.mark.parametrize("backend_type", [V1Backend, V2Backend])


@pytest.fixture(params=["v1", "v2"])
def cgroup(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryCgroup:
    """Open the same cgroup as each version shows it."""
    if request.param == "v1":
        return V1Cgroup(lay_out(tmp_path / "trial", V1_FILES))
    return V2Cgroup(lay_out(tmp_path / "trial", V2_FILES))


def test_reading_says_what_is_charged(cgroup: MemoryCgroup) -> None:
    """A reading tells anonymous, shared, socket and page cache memory apart."""
    reading = cgroup.read()
    assert (reading.used_bytes, reading.anon_bytes, reading.shmem_bytes) == (192937984, 62914560, 104857600)
    assert (reading.socket_bytes, reading.inactive_file_bytes, reading.major_faults) == (8192, 16777216, 17)


def test_shared_memory_is_unreclaimable_and_no_page_cache(cgroup: MemoryCgroup) -> None:
    """Shared memory, which the kernel counts as cache, counts as what cannot be freed, and not as page cache."""
    reading = cgroup.read()
    assert reading.cache_bytes == 125829120 - 104857600
    assert reading.unreclaimable_bytes() == 62914560 + 104857600 + 2097152 + 8192


def test_every_reading_is_fresh(cgroup: MemoryCgroup) -> None:
    """Files kept open are read anew each time."""
    cgroup.read()
    stat = cgroup.path / "memory.stat"
    stat.write_text(stat.read_text().replace("62914560", "62918656"))
    assert cgroup.read().anon_bytes == 62918656


def test_counters(cgroup: MemoryCgroup) -> None:
    """Kills, limit hits and the kernel's own peak are read from the kernel's counters."""
    assert (cgroup.oom_kills(), cgroup.limit_hits(), cgroup.kernel_peak_bytes()) == (3, 7, 209715200)


def test_limit_and_members(cgroup: MemoryCgroup) -> None:
    """The limit and the members are read back, and processes enter by the file that lists them."""
    assert cgroup.limit_bytes() == 536870912
    assert cgroup.pids() == (41, 42)
    assert cgroup.entry_file.read_text() == "41\n42\n"


def test_vanished_cgroup_is_removed_already(cgroup: MemoryCgroup) -> None:
    """Removing what somebody else removed is no error, however often."""
    for file in cgroup.path.iterdir():
        file.unlink()
    cgroup.path.rmdir()
    cgroup.remove()
    cgroup.remove()


def test_cgroup_that_cannot_be_removed_is_named(cgroup: MemoryCgroup) -> None:
    """A removal that fails for another reason than being busy is an error that names the folder."""
    cgroup.entry_file.write_text("")
    with pytest.raises(LeftBehind, match="trial could not be removed"):
        cgroup.remove()


@pytest.mark.parametrize("missing", ["memory.stat", "memory.oom_control"])
def test_missing_file_is_an_error(missing: str, tmp_path: Path) -> None:
    """A figure the kernel does not give is never replaced by a default."""
    files = {name: content for name, content in V1_FILES.items() if name != missing}
    with pytest.raises(FileNotFoundError):
        V1Cgroup(lay_out(tmp_path / "trial", files))


@type_of_backend
def test_unlimited_cgroup_is_never_handed_out(backend_type: Callable[..., Backend], tmp_path: Path) -> None:
    """Where no limit can be set, the cgroup made for it is gone again and the error names the file."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    lay_out_own_process(proc)
    parent = lay_out(tmp_path / "memory", {})
    with pytest.raises(LimitUnavailable, match=r"67108864 bytes.*memory\.(limit_in_bytes|max)"):
        backend_type(parent, parent, proc).create("t001", 64 * 2**20)
    assert list(parent.iterdir()) == []


@type_of_backend
def test_folder_that_cannot_be_made(backend_type: Callable[..., Backend], tmp_path: Path) -> None:
    """A parent that is not there is reported with the limit that was wanted."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    lay_out_own_process(proc)
    with pytest.raises(LimitUnavailable, match="could not be made"):
        backend_type(tmp_path / "nowhere", tmp_path, proc).create("t001", 64 * 2**20)


@pytest.mark.parametrize("name", ["", "a/b", "..%s", "x" * 65])
def test_name_is_one_plain_folder(name: str, tmp_path: Path) -> None:
    """A name that would not be one plain folder is refused before anything is made."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    lay_out_own_process(proc)
    with pytest.raises(ValueError, match="cgroup name"):
        V1Backend(tmp_path, tmp_path, proc).create(name, 64 * 2**20)


@type_of_backend
def test_leftovers_are_found_at_any_depth(backend_type: Callable[..., Backend], tmp_path: Path) -> None:
    """Only cgroups of ours whose owner is gone are left over; strangers and a living harness's are left alone."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    lay_out(proc / "77", {"stat": stat_line(77, "S", 5000)})
    lay_out(proc / "78", {"stat": stat_line(78, "S", 9999)})
    lay_out(proc / "79", {"stat": stat_line(79, "Z", 5000)})
    names = ["77-5000-runs", "78-5000-number-given-anew", "79-5000-dead-but-not-reaped", "80-5000-gone"]
    for name in names:
        lay_out(tmp_path / "memory" / "job" / f"import-capacity-{name}", {})
    lay_out(tmp_path / "memory" / "import-capacity-someone-else", {})
    backend = backend_type(tmp_path / "memory", tmp_path / "memory", proc)
    assert backend.leftovers() == tuple(f"import-capacity-{name}" for name in names[1:])
    assert backend.in_use() == ("import-capacity-77-5000-runs",)


def stat_line(pid: int, state: str, start_ticks: int) -> str:
    """Write a line of /proc/PID/stat whose process name tries to mislead."""
    return f"{pid} (a) S 1) {state} " + "0 " * 18 + f"{start_ticks} 0 0\n"


def lay_out_own_process(proc: Path) -> None:
    """Show this test's process in a plain /proc."""
    lay_out(proc / str(os.getpid()), {"stat": stat_line(os.getpid(), "R", 5000)})
