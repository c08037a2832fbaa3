"""Promises about the facts that must match before trials may be pooled."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.environment import (
    cpu_model,
    filesystem_type,
    host_facts,
    machine_oom_kills,
    packages_digest,
    revision,
)
from loadtests.errors import TargetUnusable


def git(folder: Path, *arguments: str) -> None:
    """Run git in a clone that is the test's own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_revision_says_when_the_tree_differs(tmp_path: Path) -> None:
    """A clean tree is named by its commit; a changed or a new file marks it as dirty."""
    git(tmp_path, "init")
    (tmp_path / "module.py").write_text("1\n")
    git(tmp_path, "add", "module.py")
    git(tmp_path, "commit", "-m", "Start")
    clean = revision(tmp_path)
    assert len(clean) == 40
    (tmp_path / "new.py").write_text("2\n")
    assert revision(tmp_path) == f"{clean}+dirty"


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_revision_outside_git(folder: str, tmp_path: Path) -> None:
    """Code that came without its history is of unknown revision, which is no error."""
    assert revision(tmp_path / folder) == "unknown"


def test_digest_depends_on_versions_alone() -> None:
    """The same packages give the same digest in any order; another version gives another."""
    assert packages_digest(["b==2", "a==1"]) == packages_digest(["a==1", "b==2"])
    assert packages_digest(["a==1", "b==2"]) != packages_digest(["a==1", "b==3"])


def test_processor_without_a_name() -> None:
    """The processor is named as the kernel does, or by its architecture where it has no name there."""
    assert cpu_model("processor\t: 0\nmodel name\t: Example 9000 @ 3:2\n") == "Example 9000 @ 3:2"
    assert cpu_model("processor\t: 0\nBogoMIPS\t: 50\n") != ""


def test_facts_are_the_targets_own(tmp_path: Path) -> None:
    """Version and packages are those of the interpreter the target runs in, asked for by running it."""
    fake = tmp_path / "python"
    fake.write_text("""#!/bin/sh\necho '{"python": "3.99.1", "packages": ["b==2", "a==1"]}'\n""")
    fake.chmod(0o755)
    facts = host_facts(fake, "v2", tmp_path)
    assert (facts.python, facts.packages_digest) == ("3.99.1", packages_digest(["a==1", "b==2"]))
    assert (facts.cgroup_version, facts.revision) == ("v2", "unknown")


def test_own_interpreter_can_be_asked(tmp_path: Path) -> None:
    """Asked twice, the same interpreter gives the same facts; by default it is the harness's own."""
    facts = host_facts(None, "v1", tmp_path)
    assert facts == host_facts(Path(sys.executable), "v1", tmp_path)
    assert facts.memory_bytes > 0
    assert facts.cpu_count >= 1


@pytest.mark.parametrize("interpreter", ["/no/such/python", "/bin/true", "/bin/false"])
def test_no_interpreter(interpreter: str, tmp_path: Path) -> None:
    """A program that cannot list packages is refused by name."""
    with pytest.raises(TargetUnusable, match=f"{interpreter} cannot list its packages"):
        host_facts(Path(interpreter), "v1", tmp_path)


def test_machine_counter(tmp_path: Path) -> None:
    """The machine's own kill counter is read, and a kernel without one is not read as zero."""
    (tmp_path / "vmstat").write_text("oom_killer 9\noom_kill 4\nswap_ra 0\n")
    assert machine_oom_kills(tmp_path) == 4
    (tmp_path / "vmstat").write_text("swap_ra 0\n")
    with pytest.raises(OSError, match=r"no oom_kill line"):
        machine_oom_kills(tmp_path)


def test_file_system_under_a_folder(tmp_path: Path) -> None:
    """The nearest mount counts, and the later of two on the same place."""
    (tmp_path / "self").mkdir()
    mounts = ["1 0 8:1 / / rw - ext4 /dev/vda rw", f"2 1 0:9 / {tmp_path} rw - xfs /dev/vdb rw"]
    mounts.append(f"3 2 0:9 / {tmp_path} rw shared:3 - tmpfs none rw")
    (tmp_path / "self" / "mountinfo").write_text("\n".join(mounts) + "\n")
    assert filesystem_type(tmp_path / "a" / "b", tmp_path) == "tmpfs"
    assert filesystem_type(Path("/elsewhere"), tmp_path) == "ext4"
