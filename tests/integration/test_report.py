"""The command: what it writes, twice the same, and what it says to bad input."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports.__main__ import main
from tests.synthetic_plan import Scenario
from tests.synthetic_records import lines

SCENARIOS = {
    "quiet": Scenario(),
    "killed while loading": Scenario(limit_mib=64),
    "killed while starting": Scenario(limit_mib=40),
    "killed at some levels": Scenario(base_mib=150, need_mib=100, spread_mib=12),
    "void": Scenario(void=frozenset(f"t{number:02d}" for number in range(30))),
    "interrupted": Scenario(keep=6),
    "one trial": Scenario(keep=2),
    "coarse": Scenario(interval_s=5.0),
}
PARTS = ("anon_bytes", "shmem_bytes", "kernel_bytes", "socket_bytes")
PICTURES = {"capacity.png", "timeline.png", "throughput.png", "grid.png", "profiles.png", "tiers.png"}


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: object
    out: str
    err: str


def run(*arguments: str) -> Done:
    """Run the command in this process, which spares importing the plotting library each time."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["report", *arguments])
    return Done(ended.value.code, out.getvalue(), err.getvalue())


def run_apart(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, any warning being an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "reports", "report", *arguments],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """What the command made of a scenario."""

    records: Path
    out: Path
    told: dict[str, Any]
    err: str


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reported]:
    """Give the report of a scenario, made once."""

    @cache
    def make(name: str) -> Reported:
        folder = tmp_path_factory.mktemp("report")
        records = write(folder, SCENARIOS[name])
        done = run(str(records), "--out", str(folder / "out"), "--json")
        assert done.code == 0, done.err
        return Reported(records, folder / "out", json.loads(done.out), done.err)

    return make


Report = Callable[[str], Reported]


def write(folder: Path, scenario: Scenario) -> Path:
    records = folder / "records.jsonl"
    records.write_text("".join(lines(scenario)), encoding="utf-8")
    return records


class Page(HTMLParser):
    """Collects what the page refers to, its headings, ids, and pictures without a name."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.nameless = 0
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        values = dict(attrs)
        self.references += [value for name in ("src", "href", "xlink:href") if (value := values.get(name))]
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []
        self.ids += [value] if (value := values.get("id")) else []
        self.nameless += tag == "svg" and not values.get("aria-label")
        self.scripts += tag == "script"


def test_the_same_records_give_the_same_bytes(tmp_path: Path, reported: Report) -> None:
    """Another process writes the same report from the same records, picture for picture and byte for byte."""
    quiet = reported("quiet")
    done = run_apart(str(quiet.records), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "SAFE" in done.stdout
    first, second = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in (quiet.out, tmp_path))
    assert set(first) == {"report.html", "summary.md", "summary.json", "trials.csv", *PICTURES}
    assert first == second


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_run_gets_a_whole_report(name: str, reported: Report) -> None:
    """Quiet, killed, void and interrupted runs all end in a page that stands alone and names its pictures."""
    made = reported(name)
    html = (made.out / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    assert [link for link in page.references if not link.startswith(("#", "data:"))] == []
    assert page.scripts == page.nameless == 0
    assert page.headings == [1, *[2] * (len(page.headings) - 1)]
    assert len(page.ids) == len(set(page.ids))
    sentence = made.told["verdict"]["sentence"]
    assert sentence in html
    assert sentence in made.err
    assert f"**{sentence}**" in (made.out / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("quiet", "safe"),
        ("killed while loading", "not safe"),
        ("killed while starting", "not safe"),
        ("void", "cannot be told"),
        ("one trial", "cannot be told"),
    ],
)
def test_the_verdict_is_that_of_the_records(name: str, state: str, reported: Report) -> None:
    """What the imaginary server does is what the report says."""
    assert reported(name).told["verdict"]["state"] == state


def test_an_interrupted_run_says_so(reported: Report) -> None:
    """A run with fewer trials than planned is reported, and the page says what is missing."""
    html = (reported("interrupted").out / "report.html").read_text(encoding="utf-8")
    assert "This run was interrupted: 6 of 27 planned trials were recorded." in html


def test_figures_come_from_the_records_alone(reported: Report) -> None:
    """Peaks, counts and base of the summary are those that the rows give when they are read by hand."""
    made = reported("quiet")
    rows = [json.loads(line) for line in made.records.read_text(encoding="utf-8").splitlines()]
    raw = {row["trial_id"]: row for row in rows if row["kind"] == "trial"}
    for level in made.told["levels"]:
        readings = [raw[trial_id]["samples"] for trial_id in level["trial_ids"]]
        totals = [max(map(sum, zip(*(columns[part] for part in PARTS), strict=True))) for columns in readings]
        assert level["highest_peak_bytes"] == max(totals)
        assert level["passed"] == len(totals)
    assert made.told["trials"]["recorded"] == len(raw)
    line = made.told["line"]
    fitted = [raw[trial_id] for trial_id in line["trial_ids"]]
    peaks = [max(map(sum, zip(*(one["samples"][part] for part in PARTS), strict=True))) for one in fitted]
    columns = [
        [1, min(one["users"], 3 if one["series"] != ["users"] else 5), one["users"] > 3 and one["series"] != ["users"]]
        for one in fitted
    ]
    base, need, _ = np.linalg.lstsq(np.array(columns, dtype=float), np.array(peaks, dtype=float))[0]
    assert line["base_bytes"]["value"] == pytest.approx(base)
    assert line["need_bytes"]["value"] == pytest.approx(need)


@pytest.mark.parametrize("name", ["quiet", "killed while starting", "one trial"])
def test_the_summary_names_only_pictures_that_exist(name: str, reported: Report) -> None:
    """Every picture of the Markdown summary lies beside it, and every picture is in the summary."""
    out = reported(name).out
    named = re.findall(r"\]\(([a-z]+\.png)\)", (out / "summary.md").read_text(encoding="utf-8"))
    assert set(named) == {file.name for file in out.glob("*.png")}


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (None, 2, "cannot read"),
        (b"", 12, "no complete line"),
        (b"\xff\xfe\x00", 2, "is not text"),
        (b'{"kind": "trial"}\n', 2, "is not a version 1 record"),
        (b"people wrote this\n", 2, "is not a version 1 record"),
        ("".join(lines(Scenario(keep=1))).encode(), 12, "all of them priming"),
    ],
    ids=["missing", "empty", "binary", "half a record", "prose", "priming only"],
)
def test_bad_input_gets_a_sentence_and_a_code(content: bytes | None, code: int, sentence: str, tmp_path: Path) -> None:
    """What cannot be reported on is said in one line, without a traceback, and nothing is written."""
    records = tmp_path / "records.jsonl"
    if content is not None:
        records.write_bytes(content)
    done = run(str(records), "--out", str(tmp_path / "out"))
    assert done.code == code
    assert done.err.startswith("error: ")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(reported: Report) -> None:
    """An output path that is a file ends with a sentence, not a traceback."""
    records = str(reported("one trial").records)
    done = run(records, "--out", records)
    assert done.code == 2
    assert "cannot write to" in done.err


def test_help_shows_an_example() -> None:
    """The command explains itself with a line to copy."""
    done = run("--help")
    assert done.code == 0
    assert "python -m reports report reports/out/latest/records.jsonl" in re.sub(r"\s+", " ", done.out)
