"""On a host that cannot enforce a limit: what measures says so with exit code 13, and a dry run still works."""

import subprocess

import pytest

from tests.runs import ROOT, RUN_WITHIN_S, command, run_folder

pytestmark = pytest.mark.kernel
# In a mount namespace of its own the harness meets a host without a single cgroup hierarchy.
WITHOUT = ("unshare", "--mount", "/bin/sh", "-c", 'umount --recursive /sys/fs/cgroup && exec "$@"', "sh")


def told(*arguments: str) -> tuple[int, str]:
    """Run a command where no cgroup is; return its exit code and what it said."""
    done = subprocess.run(
        [*WITHOUT, *command(arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_WITHIN_S,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", ["sweep", "find", "squeeze", "calibrate"])
def test_nothing_is_measured_without_a_limit(name: str) -> None:
    """The sentence says what is missing and names the doctor; no folder stays."""
    with run_folder() as folder:
        code, said = told(name, "--out", str(folder))
        assert (code, "no cgroup hierarchy" in said, "make doctor" in said) == (13, True, True), said
        assert not folder.exists()


def test_the_doctor_names_the_step_and_its_remedy() -> None:
    """The walk ends at its first step, with what to mount."""
    code, said = told("doctor")
    assert (code, "no cgroup hierarchy is mounted" in said, "mount -t cgroup2" in said) == (13, True, True), said


def test_a_dry_run_needs_no_limit() -> None:
    """What a plan would cost can be asked anywhere."""
    code, said = told("sweep", "--plan", "quick", "--dry-run")
    assert (code, "8 trials" in said) == (0, True), said
