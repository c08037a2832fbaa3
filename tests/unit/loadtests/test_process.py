"""Promises about starting, watching and ending one process, without a memory limit."""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.errors import LimitUnavailable, TargetUnusable
from loadtests.process import Child, Cores, Ready, choose_cores, cpu_s, free_port, start_child, vm_hwm_bytes

Start = Callable[..., Child]
LONG_S = 30.0  # a choice: only a test that fails waits so long
# Waits, doing nothing, until it is ended.
FOREVER = (sys.executable, "-I", "-S", "-c", "import signal; signal.pause()")
# Answers 503 once and 200 from then on.
SLOW_SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        self.send_response(503 if Handler.asked == 1 else 200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a command that writes to ``log`` in a folder of the test's own."""

    def started(*command: str, entry_file: Path | None = None, cores: Cores | None = None) -> Child:
        log = tmp_path / "log"
        return start_child(command, env={}, cwd=tmp_path, entry_file=entry_file, log=log, cores=cores)

    return started


def python(source: str) -> tuple[str, ...]:
    """Run *source* in a bare interpreter."""
    return (sys.executable, "-I", "-S", "-c", source)


def test_enters_by_writing_its_own_number(start: Start, tmp_path: Path) -> None:
    """What enters the cgroup is the very process that becomes the command, before it does."""
    entry = tmp_path / "cgroup.procs"
    with start(*python("import os; print(os.getpid())"), entry_file=entry) as child:
        assert child.wait(LONG_S)
        assert entry.read_text() == child.log_tail(1) == f"{child.pid}\n"


def test_refused_entry_is_an_error(start: Start, tmp_path: Path) -> None:
    """A process that cannot enter never becomes the command, and the error says which file refused it."""
    with pytest.raises(LimitUnavailable, match=r"missing/cgroup\.procs"):
        start(*python("open('ran', 'w')"), entry_file=tmp_path / "missing" / "cgroup.procs")
    assert not (tmp_path / "ran").exists()


def test_missing_command_is_an_early_end(start: Start, tmp_path: Path) -> None:
    """A command that is not there shows as an early end with the shell's words, not as a refused entry."""
    with start("/no/such/server", entry_file=tmp_path / "cgroup.procs") as child:
        assert child.wait_ready("http://127.0.0.1:9/", LONG_S) is Ready.DIED
        assert child.poll() == 127
        assert "/no/such/server" in child.log_tail(1)


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    """A working folder that is not there is reported with the command."""
    with pytest.raises(TargetUnusable, match=r"cannot start true: .*nowhere"):
        start_child(["true"], env={}, cwd=tmp_path / "nowhere", entry_file=None, log=tmp_path / "log")


def test_environment_is_exactly_what_was_given(tmp_path: Path) -> None:
    """Nothing of the harness's own environment reaches the target."""
    source = "import os; print(sorted(set(os.environ) - {'PWD', 'LC_CTYPE'}))"
    with start_child(python(source), env={"BATCH": "5"}, cwd=tmp_path, entry_file=None, log=tmp_path / "log") as child:
        assert child.wait(LONG_S)
        assert child.log_tail(1) == "['BATCH']\n"


def test_output_and_errors_share_the_log(start: Start) -> None:
    """Both streams go to the log, and its last lines can be asked for."""
    with start("/bin/sh", "-c", "echo one; echo two >&2; echo three") as child:
        assert child.wait(LONG_S)
        assert child.log_tail(2) == "two\nthree\n"


def test_readiness_waits_for_success(start: Start) -> None:
    """A server that answers with an error status is not ready; one that answers with success is."""
    port = free_port()
    with start(*python(SLOW_SERVER), str(port)) as child:
        assert child.wait_ready(f"http://127.0.0.1:{port}/ready?full=1", LONG_S) is Ready.READY
        assert child.log_tail(9).count('"GET /ready?full=1 HTTP/1.1"') == 2


def test_silent_server_times_out(start: Start) -> None:
    """A server that accepts and says nothing is given up after the time given, not after the time of one answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener, start(*FOREVER) as child:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert child.wait_ready(url, 0.05) is Ready.TIMED_OUT
        assert child.poll() is None


@pytest.mark.parametrize(("source", "code", "number"), [("raise SystemExit(7)", 7, None), (None, None, 9)])
def test_own_end_is_told_apart(start: Start, source: str | None, code: int | None, number: int | None) -> None:
    """How a process ended by itself is known, with its code or its signal, and the harness had no part in it."""
    with start(*python(source or "import os; os.kill(os.getpid(), 9)")) as child:
        assert child.wait(LONG_S)
        assert child.poll() == (code if number is None else -number)
        ended = child.stop(grace_s=LONG_S)
        assert (ended.code, ended.signal, ended.by_harness) == (code, number, False)


def test_stop_asks_first(start: Start, tmp_path: Path) -> None:
    """A server that ends on SIGTERM is not killed; that it ran until then is what is recorded."""
    source = "import signal, sys; signal.signal(15, lambda *_: sys.exit(5)); open('ready', 'w').close(); signal.pause()"
    os.mkfifo(tmp_path / "ready")
    with start(*python(source)) as child:
        (tmp_path / "ready").read_bytes()
        ended = child.stop(grace_s=LONG_S)
        assert (ended.code, ended.signal, ended.by_harness) == (None, None, True)
        assert child.poll() == 5
        assert child.stop(grace_s=LONG_S) == ended


def test_deaf_server_is_killed_after_its_grace(start: Start, tmp_path: Path) -> None:
    """A server that ignores SIGTERM is killed."""
    source = "import signal; signal.signal(15, signal.SIG_IGN); open('ready', 'w').close(); signal.pause()"
    os.mkfifo(tmp_path / "ready")
    with start(*python(source)) as child:
        (tmp_path / "ready").read_bytes()
        assert child.stop(grace_s=0.05).by_harness
        assert child.poll() == -signal.SIGKILL


def test_nothing_it_started_outlives_it(start: Start, tmp_path: Path) -> None:
    """What the process started ends with it, even what ignores SIGTERM and was left without its parent."""
    os.mkfifo(tmp_path / "held")
    with start("/bin/sh", "-c", "trap '' TERM; (exec cat /dev/zero > held) & wait") as child:
        held = os.open(tmp_path / "held", os.O_RDONLY)
    assert child.poll() == -signal.SIGKILL
    ends = select.poll()
    ends.register(held, 0)  # reports nothing but that the last writer is gone
    assert ends.poll(LONG_S * 1000) == [(held, select.POLLHUP)]
    os.close(held)


def test_own_session(start: Start) -> None:
    """Ctrl-C in a terminal reaches the harness alone, which then ends the target in order."""
    with start(*FOREVER) as child:
        assert os.getsid(child.pid) == child.pid


def test_cores_are_inherited_and_the_harness_keeps_its_own(start: Start) -> None:
    """The target runs where it was told from its first instruction; the harness stays where it was."""
    before = os.sched_getaffinity(0)
    wanted = frozenset({max(before)})
    with start(*python("import os; print(os.sched_getaffinity(0))"), cores=wanted) as child:
        assert child.wait(LONG_S)
        assert child.log_tail(1) == f"{set(wanted)}\n"
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    ("count", "allowed", "target", "harness"),
    [
        (1, {0, 1}, {1}, {0}),
        (1, {2, 4, 6}, {6}, {2, 4}),
        (3, {0, 1}, {1}, {0}),
        (1, {0}, None, None),
    ],
)
def test_cores_are_kept_apart(count: int, allowed: set[int], target: set[int] | None, harness: set[int] | None) -> None:
    """The target gets the last cores and the harness keeps at least one; a single core cannot be shared out."""
    assert choose_cores(count, frozenset(allowed)) == (target, harness)


def test_processor_time_counts_and_never_falls(start: Start) -> None:
    """Work shows as processor time of the process, and the figure stays once the process is gone."""
    with start(*python("import time\nwhile time.process_time() < 0.1: pass")) as child:
        assert child.wait(LONG_S)
        used_s = child.cpu_s()
        assert 0.09 <= used_s < 1.0
    assert child.cpu_s() == used_s


def test_processor_time_of_reaped_children_counts(tmp_path: Path) -> None:
    """Time is user and system time, of the process and of the children it reaped; a process that is gone adds none."""
    (tmp_path / "41").mkdir()
    (tmp_path / "41" / "stat").write_text("41 (a b) S) S " + "0 " * 10 + "100 20 3000 400 " + "9 " * 30)
    assert cpu_s([41, 42], tmp_path) == 3520 / os.sysconf("SC_CLK_TCK")


def test_highest_resident_set(tmp_path: Path) -> None:
    """The kernel's own highest resident set is read in bytes; a process that is gone or ended has none."""
    for pid, status in ((41, "VmPeak:\t 9 kB\nVmHWM:\t    2048 kB\n"), (42, "State:\tZ (zombie)\n")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_text(status)
    assert [vm_hwm_bytes(pid, tmp_path) for pid in (41, 42, 43)] == [2097152, None, None]


def test_free_ports_can_be_used() -> None:
    """A free port can be listened on at once."""
    with socket.create_server(("127.0.0.1", free_port())):
        pass
