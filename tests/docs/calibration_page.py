"""Writes the calibration page's result from a recorded run, so that no figure in it was typed by hand.

``python -m loadtests calibrate --repeats 3 --json | python -m tests.docs.calibration_page`` keeps a new run beside the
page and rewrites it; a test compares the page with what this would write.
"""

import json
import re
import sys
from typing import Any

from loadtests.console import calibration_words
from loadtests.findings import Finding
from tests.shape.pure_modules import ROOT

PAGE = ROOT / "docs" / "calibration.md"
RUN = ROOT / "docs" / "calibration.json"
BYTES_PER_GIB = 2**30


def block(run: dict[str, Any]) -> str:
    """Return the page's result, made from a run."""
    found = [Finding(**each) for each in run["findings"]]
    right, host = sum(each.right for each in found), run["host"]
    head = (
        f"`{run['command']}` on {host['cpu_model']}, {host['cpu_count']} cores, "
        f"{host['memory_bytes'] / BYTES_PER_GIB:.0f} GiB, Linux {host['kernel']}, cgroup {host['cgroup_version']}, "
        f"Python {host['python']}: **{right} of {len(found)} answers right, {run['right_endings']} of {run['trials']} "
        f"trials ended as they must**, {run['elapsed_s']:.0f} s.\n\n"
        "Of several trials the one farthest from the truth is shown.\n\n"
        "| known answer | figure | known | measured | off by, of what is allowed |\n|---|---|---|---|---|\n"
    )
    return head + "".join(f"| {' | '.join(calibration_words(each))} |\n" for each in found)


def rewritten(page: str, run: dict[str, Any]) -> str:
    """Return *page* with its result made anew."""
    return re.sub(
        r"(<!-- result:[^\n]*-->\n).*?(<!-- /result -->)",
        lambda found: f"{found[1]}{block(run)}{found[2]}",
        page,
        flags=re.DOTALL,
    )


def kept(run: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a run: all but the places of its files, which mean nothing elsewhere."""
    command = re.sub(r" --(out \S+|json)", "", run["command"])
    return {**{key: value for key, value in run.items() if key != "records"}, "command": command}


if __name__ == "__main__":
    found = kept(json.load(sys.stdin))
    RUN.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(rewritten(PAGE.read_text(), found))
