"""The report in a real browser: every plot is there to be seen, on a desk and on a phone."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.docs.result_block import RECORDS
from tests.shape.pure_modules import ROOT

PLOTS = 6
PHONE_PX, DESK_PX = 390, 1200
# Measures the report inside a frame of the width asked for, and leaves what it found in the page.
PROBE = """<!doctype html><title>probe</title><pre id="found"></pre>
<iframe id="report" src="report.html" style="width:{width}px;height:900px;border:0"></iframe>
<script>
document.getElementById("report").onload = event => {{
  const page = event.target.contentDocument;
  const boxes = [...page.querySelectorAll("figure svg")].map(plot => plot.getBoundingClientRect());
  document.getElementById("found").textContent = JSON.stringify({{
    plots: boxes.map(box => [box.left, box.right, box.height]),
    names: [...page.querySelectorAll("figure svg")].filter(
      plot => plot.getAttribute("aria-label") || plot.getAttribute("aria-labelledby") || plot.querySelector("title")
    ).length,
    scroll_width: page.documentElement.scrollWidth,
    headline: page.querySelector("h1").textContent,
  }});
}};
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log line for each request."""

    def log_message(self, format: str, *_values: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Serve the example's report from loopback."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "reports", "report", str(RECORDS), "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def browse(url: str, profile: Path) -> subprocess.CompletedProcess[str]:
    """Open *url* in headless Chromium and return the page as it became, with the console on standard error."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert browser, "no Chromium is installed: install the package `chromium`"
    quiet = "--no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-gpu"
    options = [*quiet.split(), f"--user-data-dir={profile}", "--enable-logging=stderr", "--virtual-time-budget=10000"]
    return subprocess.run(
        [browser, "--headless", "--no-sandbox", *options, "--dump-dom", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


@pytest.mark.parametrize("width", [PHONE_PX, DESK_PX])
def test_every_plot_can_be_seen(site: tuple[Path, str], tmp_path: Path, width: int) -> None:
    """All plots begin inside the page, fit it on a desk, have a name, and the page itself never scrolls sideways."""
    folder, url = site
    (folder / f"probe-{width}.html").write_text(PROBE.format(width=width), encoding="utf-8")
    done = browse(f"{url}/probe-{width}.html", tmp_path / "profile")
    written = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert written, done.stdout[:500]
    assert written[1], "the report never loaded"
    found: dict[str, Any] = json.loads(unescape(written[1]))
    assert "512 MiB" in found["headline"]
    assert len(found["plots"]) == found["names"] == PLOTS
    assert all(0 <= left < width / 4 and right - left > width / 2 for left, right, _ in found["plots"])
    # On a phone a plot keeps a readable size and scrolls inside its own frame.
    assert width == PHONE_PX or all(right <= width for _, right, _ in found["plots"])
    assert all(height > 80 for *_, height in found["plots"])
    assert found["scroll_width"] <= width
    assert "CONSOLE" not in done.stderr
