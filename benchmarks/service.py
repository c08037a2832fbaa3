"""Measures how the importer answers while it works: its health check, and how long its event loop is held."""

import time
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Figure, figure
from benchmarks.importing import GAMES, Importing, Setup, importing
from benchmarks.servers import fake, serving

MS_PER_S = 1000
IMPORTS, CROWD = 5, 100
# Choices: long enough for a 99th percentile of some hundred answers, and shorter than the imports take.
WATCHED_S = 8.0
ASK_EVERY_S = 0.01
LATE_S = 0.05


def service(folder: Path, repeats: int) -> list[Figure]:
    """Measure the health check while a few imports run, and the event loop while many do."""
    answers, late, held, on_time = list[float](), list[float](), list[float](), list[float]()
    with serving(fake(folder, 4 * GAMES, "--evals-share", "1")) as upstream:
        for _ in range(repeats):
            with importing(folder, upstream, Setup(IMPORTS, limit_bytes=None)) as run:
                _submit(run, IMPORTS)
                answers.append(quantiles(_answers_ms(run), n=100)[98])
            with importing(folder, upstream, Setup(CROWD, limit_bytes=None)) as run:
                _submit(run, CROWD)
                late.append(quantiles(_answers_ms(run), n=100)[98])
                metrics = run.metrics()
                held.append(metrics["importer_loop_held_most_seconds"] * MS_PER_S)
                beats = metrics["importer_loop_late_seconds_count"]
                on_time.append(metrics[f'importer_loop_late_seconds_bucket{{le="{LATE_S}"}}'] / beats * 100)
    asked = f"GET /healthz on a kept connection, {ASK_EVERY_S * MS_PER_S:g} ms after each answer for {WATCHED_S:g} s"
    lasted = (
        "every 20 ms the loop has an appointment; of the time it is late, what its own thread computed; the longest"
    )
    return [
        figure("health", f"importer: health at {IMPORTS} imports, 99th percentile", "ms", tuple(answers), asked),
        figure(None, f"importer: health at {CROWD} imports, 99th percentile", "ms", tuple(late), asked),
        figure("held", f"importer: event loop held at {CROWD} imports, at most", "ms", tuple(held), lasted),
        figure(
            None,
            f"importer: event loop less than {LATE_S * MS_PER_S:g} ms late at {CROWD} imports",
            "% of appointments",
            tuple(on_time),
            "the same appointments, by the clock: other programs' turns at the processor included",
        ),
    ]


def _submit(run: Importing, imports: int) -> None:
    for user in range(imports):
        run.submit(f"player{user}", 4 * GAMES)


def _answers_ms(run: Importing) -> list[float]:
    """Ask for the server's health again and again; return how long each answer took."""
    found = []
    ends_s = time.monotonic() + WATCHED_S
    while (began_s := time.monotonic()) < ends_s:
        run.client.get("/healthz").raise_for_status()
        found.append((time.monotonic() - began_s) * MS_PER_S)
        time.sleep(ASK_EVERY_S)
    return found
