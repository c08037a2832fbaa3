"""docs/targets.md does what it says, to whoever follows it word by word."""

import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.record import Ending
from loadtests.series import peak_bytes
from loadtests.target import Target
from tests.runs import ROOT, RUNS, trials

MIB = 2**20
TEXT = (ROOT / "docs" / "targets.md").read_text()
STEPS = TEXT.split("## In ten minutes\n")[1].split("\n## ")[0]
# The files in the order in which the page has the reader save them.
SAVED = ("server.py", "mine.toml", "plan.toml", "locustfile.py", "readers.toml")
RUN_WITHIN_S = 120


@pytest.fixture
def mine() -> Iterator[str]:
    """Yield the folder that stands for the page's ``mine``, on disk and within the repository as the page has it."""
    RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="test-mine-", dir=RUNS))
    try:
        yield str(folder.relative_to(ROOT))
    finally:
        shutil.rmtree(folder)


@pytest.mark.kernel
def test_the_steps_work_as_written(mine: str) -> None:
    """Files saved and commands run in the page's order measure what the page's server is known to hold."""
    blocks = re.findall(r"```(python|toml|sh)\n(.*?)```", STEPS.replace("mine/", f"{mine}/"), re.DOTALL)
    named = re.findall(r"`mine/(\w+\.\w+)`(?=[\s,.:])", STEPS)
    assert [name for name in dict.fromkeys(named) if name != "report.html"] == list(SAVED)
    names = iter(SAVED)
    for kind, text in blocks:
        if kind != "sh":
            (ROOT / mine / next(names)).write_text(text)
            continue
        for line in text.splitlines():
            done = subprocess.run(
                shlex.split(line), cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_WITHIN_S
            )
            assert done.returncode == 0, (line, done.stderr)
    assert list(names) == []
    assert (ROOT / mine / "swept" / "report.html").is_file()
    swept = [trial for trial in trials(ROOT / mine / "swept") if not trial.priming]
    peaks = {(trial.setting["PAGE_MIB"], trial.users): peak_bytes(trial) or 0 for trial in swept}
    assert {trial.ending for trial in swept} == {Ending.COMPLETED}
    assert (peaks["10", 2] - peaks["10", 1]) / MIB == pytest.approx(10, abs=1)
    assert (peaks["20", 2] - peaks["20", 1]) / MIB == pytest.approx(20, abs=1)
    [*_, read] = trials(ROOT / mine / "read")
    assert (read.ending, [request.name for request in read.requests]) == (Ending.COMPLETED, ["GET /page"] * 4)


def test_every_key_is_in_the_table_and_in_the_template() -> None:
    """The table names each key that a target file may have, and no other; the template shows each of them."""
    listed = set(re.findall(r"^\| `\[?(\w+)\]?` \|", TEXT.split("## Every key\n")[1].split("\n## ")[0], re.MULTILINE))
    assert listed == set(Target.model_fields)
    template = (ROOT / "loadtests" / "targets" / "template.toml").read_text()
    assert [name for name in sorted(listed) if not re.search(rf"^(# )?\[?{name}\b", template, re.MULTILINE)] == []


def test_the_template_is_right_with_all_that_is_optional() -> None:
    """What the template shows behind a comment sign is TOML too."""
    template = (ROOT / "loadtests" / "targets" / "template.toml").read_text()
    uncommented = re.sub(r"^# (?=\[|\w+ = )", "", template, flags=re.MULTILINE)
    assert set(tomllib.loads(uncommented)) == set(Target.model_fields)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Each relative link of the page names a file that is there."""
    assert (ROOT / "docs" / link).exists()
