"""Promises about version 2's own files."""

from contextlib import closing
from pathlib import Path

import pytest

from loadtests.cgroup import BackendMissing
from loadtests.cgroup.v2 import V2Backend, V2Cgroup, parent_for_trials, reading
from loadtests.errors import LimitUnavailable
from tests.plain_cgroups import V2_FILES, V2_STAT, lay_out, lay_out_proc

READY = {"cgroup.subtree_control": "cpu memory pids\n", "memory.max": "max\n"}


def test_reclaimable_kernel_memory_does_not_count() -> None:
    """Kernel memory is all of it except what can be reclaimed."""
    assert reading(V2_STAT.encode(), used_bytes=9).kernel_bytes == 3145728 - 1048576


def test_older_kernel_without_the_sum() -> None:
    """Where the kernel has no sum of its memory, the parts that cannot be reclaimed are added up."""
    old = "".join(line for line in V2_STAT.splitlines(keepends=True) if not line.startswith(("kernel ", "sec_")))
    assert reading(old.encode(), used_bytes=9).kernel_bytes == 65536 + 524288 + 4096 + 262144


def test_lowest_limit_up_the_tree_is_in_effect(tmp_path: Path) -> None:
    """A lower limit around the cgroup is the limit read back; one without limit is passed over."""
    lay_out(tmp_path / "container", {"memory.max": "268435456\n"})
    lay_out(tmp_path / "container" / "job", {"memory.max": "max\n"})
    cgroup = V2Cgroup(lay_out(tmp_path / "container" / "job" / "trial", V2_FILES))
    assert cgroup.limit_bytes() == 268435456


def test_kernel_without_peak(tmp_path: Path) -> None:
    """A kernel that keeps no peak is said to have measured none."""
    files = {name: content for name, content in V2_FILES.items() if name != "memory.peak"}
    assert V2Cgroup(lay_out(tmp_path / "trial", files)).kernel_peak_bytes() is None


def test_limit_then_swap_off(tmp_path: Path) -> None:
    """Swap is forbidden, not limited."""
    folder = lay_out(tmp_path / "trial", {**V2_FILES, "memory.swap.max": "max"})
    backend = V2Backend(tmp_path, tmp_path, tmp_path)
    backend.set_limit(folder, 536870912)
    backend.forbid_swap(folder, 536870912)
    assert (folder / "memory.max").read_text() == "536870912"
    assert (folder / "memory.swap.max").read_text() == "0"


def test_limit_that_does_not_read_back_is_refused(tmp_path: Path) -> None:
    """A limit the kernel changed is an error that says what it became."""
    folder = lay_out(tmp_path / "trial", {**V2_FILES, "memory.max": ""})
    with pytest.raises(LimitUnavailable, match="reads back 67108865"):
        V2Backend(tmp_path, tmp_path, tmp_path).set_limit(folder, 64 * 2**20 + 1)


def test_uncounted_swap_is_refused(tmp_path: Path) -> None:
    """A kernel that cannot forbid swap is refused on a machine that swaps."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    (proc / "meminfo").write_text("SwapTotal: 1024 kB\n")
    with pytest.raises(LimitUnavailable, match="turn it off"):
        V2Backend(tmp_path, tmp_path, proc).forbid_swap(lay_out(tmp_path / "trial", {}), 64 * 2**20)


def test_own_cgroup_serves_when_it_may(tmp_path: Path) -> None:
    """The harness's own cgroup is the nearest place, so a limit around the harness holds for the trials."""
    own = lay_out(tmp_path / "job", READY)
    assert parent_for_trials(own, tmp_path) == own


def test_controller_is_switched_on_for_children(tmp_path: Path) -> None:
    """A cgroup that does not yet hand memory to its children is asked to."""
    own = lay_out(tmp_path / "job", {**READY, "cgroup.subtree_control": ""})
    assert parent_for_trials(own, tmp_path) == own
    assert (own / "cgroup.subtree_control").read_text() == "+memory"


def test_next_cgroup_up_serves_instead(tmp_path: Path) -> None:
    """Where the own cgroup cannot have children, one around it can, as long as no limit is left by that."""
    slice_folder = lay_out(tmp_path / "slice", READY)
    own = lay_out(slice_folder / "scope", {"memory.max": "max\n"})
    refuse_children(own)
    assert parent_for_trials(own, tmp_path) == slice_folder


def test_limit_around_the_harness_is_never_left(tmp_path: Path) -> None:
    """A cgroup that limits the harness is not climbed out of: a trial outside it would not be held by that limit."""
    slice_folder = lay_out(tmp_path / "slice", READY)
    own = lay_out(slice_folder / "container", {"memory.max": "268435456\n"})
    refuse_children(own)
    with pytest.raises(BackendMissing, match="container"):
        parent_for_trials(own, tmp_path)


def test_every_refusal_is_named(tmp_path: Path) -> None:
    """Where nothing serves up to the top of what is mounted, each place says why not."""
    own = lay_out(tmp_path / "top" / "scope", {"memory.max": "max\n"})
    refuse_children(own)
    refuse_children(tmp_path / "top")
    with pytest.raises(BackendMissing, match=r"scope/cgroup.subtree_control .*; .*top/cgroup.subtree_control "):
        parent_for_trials(own, tmp_path / "top")


def refuse_children(folder: Path) -> None:
    """Let writing to ``cgroup.subtree_control`` fail for everybody, root included."""
    (folder / "cgroup.subtree_control").symlink_to("/proc/version")


def test_waiting_for_memory_is_read_where_the_kernel_keeps_it(tmp_path: Path) -> None:
    """The totals of the pressure file become seconds; a kernel without that file is read as not telling."""
    pressure = (
        "some avg10=0.00 avg60=0.10 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n"
    )
    with closing(V2Cgroup(lay_out(tmp_path / "kept", {**V2_FILES, "memory.pressure": pressure}))) as cgroup:
        assert (cgroup.read().stalled_some_s, cgroup.read().stalled_full_s) == (2.5, 0.5)
    with closing(V2Cgroup(lay_out(tmp_path / "none", V2_FILES))) as cgroup:
        assert (cgroup.read().stalled_some_s, cgroup.read().stalled_full_s) == (None, None)


def test_pages_that_came_back_are_counted_where_both_kinds_are(tmp_path: Path) -> None:
    """Refaults of both kinds are added up; an older kernel that lacks them is read as not telling."""
    counted = V2_STAT + "workingset_refault_anon 3\nworkingset_refault_file 40\n"
    with closing(V2Cgroup(lay_out(tmp_path / "new", {**V2_FILES, "memory.stat": counted}))) as cgroup:
        assert cgroup.read().refaults == 43
    with closing(V2Cgroup(lay_out(tmp_path / "old", V2_FILES))) as cgroup:
        assert cgroup.read().refaults is None
