"""Command line of the standards: ``python -m loadtests.standards NAME --port P``; reads argv and environment.

Every option can also be given as an environment variable, as the harness does, which records them; an option has the
last word.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from loadtests.standards.failing import ChildHog, Crasher, SlowStart
from loadtests.standards.filing import CacheWriter, Thrasher
from loadtests.standards.holding import Exact, Leaker, Shared, Spiky
from loadtests.standards.memory import BaseTooSmall, fill_up
from loadtests.standards.serving import Server, Standard
from loadtests.standards.weights import MIB

DEFAULTS = {
    "STANDARD": "",
    "BASE_MIB": "16",  # a choice: well above the 6 MiB that the interpreter takes, and small beside any need
    "PER_REQUEST_MIB": "10",
    "HOLD_S": "0.5",  # a choice: ten readings of the harness
    "READY_AFTER_S": "1",
    "FOLDER": ".",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """What a standard may be told."""

    size_bytes: int
    folder: Path
    ready_after_s: float


STANDARDS: dict[str, Callable[[Weights], Standard]] = {
    "exact": lambda weights: Exact(weights.size_bytes),
    "shared": lambda weights: Shared(weights.size_bytes),
    "spiky": lambda weights: Spiky(weights.size_bytes),
    "leaker": lambda weights: Leaker(weights.size_bytes),
    "cache_writer": lambda weights: CacheWriter(weights.size_bytes, weights.folder),
    "thrasher": lambda weights: Thrasher(weights.size_bytes, weights.folder),
    "child_hog": lambda weights: ChildHog(weights.size_bytes),
    "crasher": lambda _: Crasher(),
    "slow_start": lambda weights: SlowStart(weights.ready_after_s),
}


def main() -> None:
    """Serve one standard until SIGTERM."""
    settings = {name: os.environ.get(name, default) for name, default in DEFAULTS.items()}
    options = _options(settings)
    settings |= {name: str(getattr(options, name.lower())) for name in DEFAULTS}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    weights = Weights(round(options.per_request_mib * MIB), options.folder, options.ready_after_s)
    standard = STANDARDS[options.standard](weights)
    server = Server(standard, options.port, options.hold_s, settings)
    try:
        base = fill_up(round(options.base_mib * MIB))
    except BaseTooSmall as error:
        sys.exit(f"error: {error}")
    _tell(server.url, as_json=options.json)
    server.run()
    del base


def _options(settings: dict[str, str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.standards", description="A server of known need.")
    parser.add_argument("standard", nargs="?", choices=sorted(STANDARDS), default=settings["STANDARD"] or None)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--base-mib", type=float, default=settings["BASE_MIB"], help="what the idle server is to need")
    parser.add_argument("--per-request-mib", type=float, default=settings["PER_REQUEST_MIB"], help="each in flight")
    parser.add_argument("--hold-s", type=float, default=settings["HOLD_S"], help="counted from the last request")
    parser.add_argument("--ready-after-s", type=float, default=settings["READY_AFTER_S"], help="of slow_start")
    parser.add_argument("--folder", type=Path, default=settings["FOLDER"], help="for files, on disk")
    parser.add_argument("--json", action="store_true", help="say for machines where it listens")
    options = parser.parse_args()
    if options.standard is None:
        parser.error(f"name a standard: {', '.join(sorted(STANDARDS))}")
    return options


def _tell(url: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"listening": url}) + "\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(f"listening on {url}\n")


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
