"""Promises about limits, kills and removal that only a kernel can keep."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.cgroup import Backend, detect, diagnose, made_by
from loadtests.environment import machine_oom_kills
from loadtests.errors import LimitUnavailable
from loadtests.process import start_child
from tests.kernel.conftest import LONG_S, REPOSITORY, Weigh

pytestmark = pytest.mark.kernel
MIB = 2**20


def test_limit_is_enforced_from_the_start(backend: Backend) -> None:
    """A fresh cgroup has its limit, read back from the kernel, before anything entered it."""
    with backend.create("test", 64 * MIB + 1) as cgroup:
        assert cgroup.limit_bytes() == 64 * MIB
        assert cgroup.pids() == ()
        assert (cgroup.oom_kills(), cgroup.limit_hits()) == (0, 0)
        assert cgroup.version == backend.version
    assert not cgroup.path.exists()


def test_hungry_process_is_killed_and_counted(weigh: Weigh) -> None:
    """A process that wants more than the limit is killed, and the cgroup's own counter and the machine's rise."""
    machine_kills = machine_oom_kills()
    with weigh(48 * MIB) as weight:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            weight.ask(f"/anonymous/{96 * MIB}")
        assert weight.child.wait(LONG_S)
        assert weight.child.poll() == -signal.SIGKILL
        assert weight.cgroup.oom_kills() == 1
        # On version 1, newer kernels do not count hits of the limit on memory plus swap.
        assert weight.cgroup.limit_hits() > 0 or weight.cgroup.version == "v1"
        peak_bytes = weight.cgroup.kernel_peak_bytes()
        assert peak_bytes is None or 40 * MIB < peak_bytes <= 48 * MIB
        ended = weight.child.stop(grace_s=0)
        assert (ended.code, ended.signal, ended.by_harness) == (None, signal.SIGKILL, False)
    assert machine_oom_kills() > machine_kills


def test_lower_limit_around_counts(backend: Backend) -> None:
    """Inside a limited cgroup the limit in effect is the lower one, whatever was asked for."""
    outer = backend.make("outer", 32 * MIB)
    try:
        backend.set_limit(outer, 32 * MIB)
        if backend.version == "v2":
            (outer / "cgroup.subtree_control").write_text("+memory")
        with type(backend)(outer, backend.mount, backend.proc).create("inner", 64 * MIB) as cgroup:
            assert cgroup.limit_bytes() == 32 * MIB
    finally:
        outer.rmdir()


def test_limit_the_kernel_refuses(backend: Backend) -> None:
    """A limit the kernel does not accept is an error that names it, and the cgroup is gone."""
    with pytest.raises(LimitUnavailable, match="-4096 bytes"):
        backend.create("refused", -4096)
    assert not [name for name in backend.in_use() if name.endswith("-refused")]


def test_removal_under_load(backend: Backend, disk: Path) -> None:
    """A cgroup whose members fork without end is emptied and removed."""
    storm = "while :; do (while :; do /bin/true; done) & /bin/true; done"
    cgroup = backend.create("test", 64 * MIB)
    with start_child(["/bin/sh", "-c", storm], env={}, cwd=disk, entry_file=cgroup.entry_file, log=disk / "log"):
        cgroup.remove()
    assert not cgroup.path.exists()


def test_removal_ends_what_left_its_session(backend: Backend, disk: Path) -> None:
    """A daemon that put itself out of the harness's sight is ended with its cgroup."""
    with backend.create("test", 64 * MIB) as cgroup:
        daemon = f"{sys.executable} -I -S -c 'import os, signal; os.setsid(); signal.pause()' & echo $!"
        command = ["/bin/sh", "-c", daemon]
        with start_child(command, env={}, cwd=disk, entry_file=cgroup.entry_file, log=disk / "log") as child:
            assert child.wait(LONG_S)
            assert int(child.log_tail(1)) in cgroup.pids()
    assert not cgroup.path.exists()


def test_only_orphans_are_cleaned_up(backend: Backend) -> None:
    """What a dead harness left is removed with its processes and named; what a living one uses is left alone."""
    dies = """if True:
        import os, subprocess
        from loadtests.cgroup import detect
        cgroup = detect().create("orphan", 64 * 2**20)
        inside = subprocess.Popen(["/bin/sh", "-c", "echo $$ > $0 && echo && exec cat /dev/zero > /dev/null",
                                   str(cgroup.entry_file)], stdout=subprocess.PIPE)
        inside.stdout.readline()
        print(cgroup.name, flush=True)
        os._exit(0)
    """
    with backend.create("mine", 64 * MIB) as mine:
        done = subprocess.run(
            [sys.executable, "-c", dies], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True, timeout=LONG_S
        )
        orphan = done.stdout.strip()
        assert orphan in backend.leftovers()
        assert mine.name in backend.in_use()
        others = backend.clean(lambda folder: made_by(folder.name, os.getpid()))
        assert others == (), "nobody else's are removed where one harness's are asked for"
        assert orphan in backend.leftovers()
        removed = backend.clean()
        assert orphan in removed
        assert mine.name not in removed
        assert mine.path.exists()
        assert orphan not in backend.leftovers()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_harness_leaves_nothing(backend: Backend, disk: Path, end: signal.Signals) -> None:
    """A harness that is interrupted in the middle of a trial removes its cgroup and ends its server."""
    interrupted = """if True:
        import signal, sys
        from pathlib import Path
        from loadtests.cgroup import detect
        from loadtests.process import start_child
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        folder = Path(sys.argv[1])
        with detect().create("test", 64 * 2**20) as cgroup:
            command = ["cat", "/dev/zero"]
            entry = cgroup.entry_file
            with start_child(command, env={}, cwd=folder, entry_file=entry, log=Path("/dev/null")) as child:
                print(cgroup.path, child.pid, flush=True)
                signal.pause()
    """
    with subprocess.Popen(
        [sys.executable, "-c", interrupted, disk],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as harness:  # fmt: skip
        assert harness.stdout is not None
        path, pid = harness.stdout.readline().split()
        assert Path(path).is_dir()
        harness.send_signal(end)
        assert harness.wait(LONG_S) != 0
    assert not Path(path).exists()
    assert not Path("/proc", pid).exists()
    assert Path(path).name not in backend.leftovers()


def test_doctor_finds_this_host_able() -> None:
    """Every step of the walk succeeds here, the real kill included, and nothing stays behind."""
    before = detect().in_use()
    steps = diagnose()
    assert [step for step in steps if not step.ok or step.remedy] == []
    assert [step.name for step in steps][-2:] == ["kill at the limit", "remove the cgroup"]
    assert detect().in_use() == before


def test_doctor_notices_a_lower_limit_around(backend: Backend, tmp_path: Path) -> None:
    """Inside a cgroup with less than it needs, the walk ends where the limit reads back wrong, and cleans up."""
    outer = backend.make("outer", 16 * MIB)
    try:
        backend.set_limit(outer, 16 * MIB)
        steps = diagnose(proc=proc_inside(outer, backend, tmp_path))
        assert [step.name for step in steps if not step.ok] == ["read the limit back"]
        assert steps[-1].name == "remove the cgroup"
        assert f"{16 * MIB} bytes" in steps[-2].found
    finally:
        outer.rmdir()


def proc_inside(own: Path, backend: Backend, folder: Path) -> Path:
    """Make a /proc that is the real one, except that it shows this process inside the cgroup *own*."""
    (folder / "self").mkdir()
    for name in ("meminfo", "self/mountinfo", str(os.getpid())):
        (folder / name).symlink_to(Path("/proc", name))
    number, controllers = ("0", "") if backend.version == "v2" else ("4", "memory")
    (folder / "self" / "cgroup").write_text(f"{number}:{controllers}:/{own.relative_to(backend.mount)}\n")
    return folder
