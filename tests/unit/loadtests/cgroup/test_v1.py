"""Promises about version 1's own files."""

from pathlib import Path

import pytest

from loadtests.cgroup.v1 import V1Backend, V1Cgroup, reading
from loadtests.errors import LimitUnavailable
from tests.plain_cgroups import V1_FILES, V1_STAT, lay_out, lay_out_proc


def test_descendants_count() -> None:
    """The figures of the whole subtree are taken, not those of the cgroup alone."""
    found = reading(V1_STAT.encode(), used_bytes=9, kernel_bytes=8, socket_bytes=7)
    assert (found.anon_bytes, found.shmem_bytes, found.major_faults) == (62914560, 104857600, 17)
    assert (found.used_bytes, found.kernel_bytes, found.socket_bytes) == (9, 8, 7)


def test_kernel_without_shmem_line_is_refused() -> None:
    """A kernel that does not tell shared memory from page cache is not guessed at."""
    with pytest.raises(KeyError):
        reading(V1_STAT.replace("total_shmem", "total_other").encode(), 1, 1, 1)


def test_enclosing_limit_is_the_one_in_effect(tmp_path: Path) -> None:
    """A lower limit around the cgroup is the limit read back."""
    stat = V1_STAT.replace("hierarchical_memory_limit 536870912", "hierarchical_memory_limit 268435456")
    cgroup = V1Cgroup(lay_out(tmp_path / "trial", {**V1_FILES, "memory.stat": stat}))
    assert cgroup.limit_bytes() == 268435456


def test_limit_then_swap_off(tmp_path: Path) -> None:
    """Memory and swap together are limited to what memory alone may use, so nothing can be swapped out."""
    folder = lay_out(tmp_path / "trial", V1_FILES)
    backend = V1Backend(tmp_path, tmp_path, tmp_path)
    backend.set_limit(folder, 64 * 2**20)
    backend.forbid_swap(folder, 64 * 2**20)
    assert (folder / "memory.limit_in_bytes").read_text() == "67108864"
    assert (folder / "memory.memsw.limit_in_bytes").read_text() == "67108864"


def test_limit_that_does_not_read_back_is_refused(tmp_path: Path) -> None:
    """A limit the kernel changed is an error that says what it became."""
    folder = lay_out(tmp_path / "trial", V1_FILES)
    # A plain file keeps what is written; a kernel would have rounded it, so it reads back wrong here.
    with pytest.raises(LimitUnavailable, match="reads back 67108865"):
        V1Backend(tmp_path, tmp_path, tmp_path).set_limit(folder, 64 * 2**20 + 1)


@pytest.mark.parametrize(("swap", "refused"), [("0", False), ("1024", True)])
def test_uncounted_swap(swap: str, refused: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a table of cases
    """A kernel that does not count swap is good enough on a machine without swap, and only there."""
    folder = lay_out(tmp_path / "trial", {})
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    (proc / "meminfo").write_text(f"SwapTotal: {swap} kB\n")
    backend = V1Backend(tmp_path, tmp_path, proc)
    if refused:
        with pytest.raises(LimitUnavailable, match="swapaccount=1"):
            backend.forbid_swap(folder, 64 * 2**20)
    else:
        backend.forbid_swap(folder, 64 * 2**20)
        assert list(folder.iterdir()) == []
