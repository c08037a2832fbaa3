"""Runs the suite under cgroup v2 in a kernel of its own: ``make test-cgroup2``; any other end than success is red.

Version 2 is proved this way on hosts whose memory controller is on version 1.
"""

import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from loadtests.record import Ending, Trial
from tests.cgroup2 import guest
from tests.runs import ROOT, trials

KERNEL = "linux.uml"
# A choice: it takes 45 s on two quiet cores; a machine that is six times as slow would be no use for measuring either.
WITHIN_S = 300.0


class Refused(Exception):
    """The suite did not pass, or could not be run."""


def main() -> int:
    """Boot, run, and return the suite's exit status."""
    kernel = shutil.which(KERNEL)
    if kernel is None:
        raise Refused(f"{KERNEL} is not installed. Run `apt-get install user-mode-linux` (Debian).")
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cgroup2-", dir=cache) as folder:
        status = guest.run(Path(kernel), Path(folder), WITHIN_S, sys.stdout.buffer)
        if status == 0:
            check(chosen(trials(Path(folder) / "run")))
    return status


def chosen(ran: Sequence[Trial]) -> Trial:
    """Return the trial to judge, priming aside: a failed one, else a completed one, else an unmeasured one."""
    rank = {Ending.COMPLETED: 1, Ending.INVALID: 2}
    return min(ran[1:], key=lambda trial: rank.get(trial.ending, 0))


def check(trial: Trial) -> None:
    """Make sure that the trial was a good one, and that it really ran on the other kernel and version.

    Raises:
        Refused: it did not.
    """
    host = trial.host
    if trial.ending is not Ending.COMPLETED:
        raise Refused(
            f"the guest's trial ended {trial.ending.value}, {trial.reason}. "
            f"Mend what the target's last lines name:\n{trial.log_tail}"
        )
    if host.cgroup_version != "v2" or host.kernel == platform.release():
        raise Refused(
            f"the trial ran on cgroup {host.cgroup_version} of Linux {host.kernel}, which is not the guest. "
            "Correct what tests/cgroup2/init.sh mounts."
        )
    sys.stdout.write(f"passed under cgroup v2 of Linux {host.kernel}\n")


def interrupt(_number: int, _frame: object) -> None:
    """Turn a request to end into the interrupt that unwinds every context manager."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main())
    except (Refused, guest.Aborted) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: the guest is gone")
