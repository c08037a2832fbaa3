"""Promises of attributing memory to lines, on the real importer and the fake, under memray."""

import json
from pathlib import Path

from tests.runs import harness, run_folder


def test_the_lines_that_held_most_are_named() -> None:
    """A small load under memray gives a flame graph, ten lines, and says that this is no measurement."""
    with run_folder() as run:
        done = harness("explain", "--users", "1", "--games", "20", "--stored", "0", "--json", "--out", str(run))
        assert done.returncode == 0, done.stderr
        assert "<html" in (run / "flamegraph.html").read_text()[:1000]
        assert sorted(file.name for file in run.iterdir()) == ["explain.json", "flamegraph.html"]
        told = json.loads(done.stdout)
        assert json.loads((run / "explain.json").read_text()) == told
    assert "attribution, not measurement" in done.stderr
    assert told["measured"] is False
    assert told["states"] == ["completed"]
    for name, held_bytes in (("sites", told["held_bytes"]), ("work_sites", told["work_bytes"])):
        sizes = [site["size_bytes"] for site in told[name]]
        assert len(sizes) == 10
        assert sizes == sorted(sizes, reverse=True)
        assert sum(sizes) <= held_bytes
    assert 0 < told["work_bytes"] < told["held_bytes"]
    assert any((site["called_by"] or site["line"])["file"].startswith("importer/") for site in told["work_sites"])


def test_what_is_no_python_program_is_refused(tmp_path: Path) -> None:
    """A target whose command is not run by {python} cannot be explained, and is told so in a sentence."""
    target = tmp_path / "other.toml"
    target.write_text('name = "other"\npython = ".venv/bin/python"\ncommand = ["sh", "-c", "true"]\nready_path = "/"\n')
    done = harness("explain", "--target", str(target), "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "only {python} followed by a file" in done.stderr
