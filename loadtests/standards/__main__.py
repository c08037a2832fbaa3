"""Command line of the standards: ``python -m loadtests.standards NAME --port P``; reads argv and environment."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from loadtests.standards.holding import Exact, Shared
from loadtests.standards.memory import BaseTooSmall, fill_up
from loadtests.standards.serving import Server, Standard
from loadtests.standards.weights import MIB

# Each is made from the size that the weights below give it, in bytes.
STANDARDS: dict[str, Callable[[int], Standard]] = {
    "exact": Exact,
    "shared": Shared,
}
# By environment variable, as the harness sets and records them; an option of the same name has the last word.
# The base is a choice: well above the 6 MiB that the interpreter takes, and small beside any need.
DEFAULTS = {"STANDARD": "", "BASE_MIB": "16", "PER_REQUEST_MIB": "10", "HOLD_S": "0.5"}


def main() -> None:
    """Serve one standard until SIGTERM."""
    settings = {name: os.environ.get(name, default) for name, default in DEFAULTS.items()}
    options = _options(settings)
    settings |= {name: str(getattr(options, name.lower())) for name in DEFAULTS}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    standard = STANDARDS[options.standard](round(options.per_request_mib * MIB))
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
