"""Promises about finding the memory controller on hosts of every kind."""

from pathlib import Path

import pytest

from loadtests.cgroup import detect, diagnose
from loadtests.errors import LimitUnavailable
from tests.plain_cgroups import lay_out, lay_out_proc

UNIFIED = {"cgroup.controllers": "cpu memory\n", "cgroup.subtree_control": "memory\n"}


def v1_mount(point: Path, root: str = "/") -> str:
    """Write the line of a version 1 memory hierarchy, with an optional field as the kernel may add."""
    return f"35 31 0:32 {root} {point} rw,relatime shared:9 - cgroup cgroup rw,memory\n"


def v2_mount(point: Path) -> str:
    """Write the line of a version 2 hierarchy; a blank in the path is escaped as the kernel does."""
    return f"41 31 0:38 / {str(point).replace(' ', chr(92) + '040')} rw,nosuid - cgroup2 cgroup2 rw\n"


def test_hybrid_host_uses_the_hierarchy_with_the_controller(tmp_path: Path) -> None:
    """With both versions mounted, the one that has the memory controller is chosen, whatever the order."""
    lay_out(tmp_path / "memory" / "job", {})
    lay_out(tmp_path / "unified", {**UNIFIED, "cgroup.controllers": "hugetlb\n"})
    for mounts in (
        [v1_mount(tmp_path / "memory"), v2_mount(tmp_path / "unified")],
        [v2_mount(tmp_path / "unified"), v1_mount(tmp_path / "memory")],
    ):
        proc = tmp_path / f"proc-{mounts[0][:2]}"
        lay_out_proc(proc, mountinfo="".join(mounts), own="4:cpu,memory:/job\n0::/\n")
        backend = detect(tmp_path, proc)
        assert (backend.version, backend.parent) == ("v1", tmp_path / "memory" / "job")


def test_unified_host(tmp_path: Path) -> None:
    """Version 2 is chosen where its hierarchy has the controller, blanks in the path included."""
    unified = lay_out(tmp_path / "a b", UNIFIED)
    proc = lay_out_proc(tmp_path / "proc", mountinfo=v2_mount(unified), own="0::/\n")
    backend = detect(tmp_path, proc)
    assert (backend.version, backend.parent) == ("v2", unified)


def test_container_that_mounts_only_its_own_cgroup(tmp_path: Path) -> None:
    """A path that is meant from the host's root is found under the container's mount."""
    inner = lay_out(tmp_path / "memory" / "inner", {})
    proc = lay_out_proc(
        tmp_path / "proc", mountinfo=v1_mount(tmp_path / "memory", "/docker/abc"), own="4:memory:/docker/abc/inner\n"
    )
    assert detect(tmp_path, proc).parent == inner


def test_cgroup_outside_what_is_mounted(tmp_path: Path) -> None:
    """A process whose cgroup is not below what is mounted works at the top of what is."""
    memory = lay_out(tmp_path / "memory", {})
    proc = lay_out_proc(tmp_path / "proc", mountinfo=v1_mount(memory, "/docker/abc"), own="4:memory:/elsewhere\n")
    assert detect(tmp_path, proc).parent == memory


def test_host_without_controller(tmp_path: Path) -> None:
    """A host that offers no memory controller is refused in one sentence that points to the doctor."""
    unified = lay_out(tmp_path / "unified", {**UNIFIED, "cgroup.controllers": "cpu pids\n"})
    proc = lay_out_proc(tmp_path / "proc", mountinfo=v2_mount(unified), own="0::/\n")
    with pytest.raises(LimitUnavailable, match=r"no cgroup hierarchy with a memory controller.*make doctor"):
        detect(tmp_path, proc)


def test_place_that_does_not_exist(tmp_path: Path) -> None:
    """An own cgroup that cannot be written is refused with what to do."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo=v1_mount(tmp_path), own="4:memory:/hidden\n")
    with pytest.raises(LimitUnavailable, match="hidden may not be written; run as root"):
        detect(tmp_path, proc)


def test_doctor_names_the_first_missing_thing(tmp_path: Path) -> None:
    """The walk ends at the first failing step, with a remedy there and none before."""
    proc = lay_out_proc(tmp_path / "proc", mountinfo="", own="")
    steps = diagnose(tmp_path, proc)
    assert [(step.name, step.ok) for step in steps] == [("cgroup hierarchies", False)]
    assert "--privileged" in steps[0].remedy


def test_doctor_goes_on_until_a_limit_cannot_be_set(tmp_path: Path) -> None:
    """Steps that succeed are listed before the one that fails."""
    unified = lay_out(tmp_path / "unified", {**UNIFIED, "cgroup.controllers": "cpu\n"})
    proc = lay_out_proc(tmp_path / "proc", mountinfo=v2_mount(unified), own="0::/\n")
    steps = diagnose(tmp_path, proc)
    assert [step.ok for step in steps] == [True, False]
    assert steps[0].remedy == ""
    assert "cgroup_enable=memory" in steps[1].remedy
