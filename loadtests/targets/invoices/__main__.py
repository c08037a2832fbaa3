"""Checks after a trial that every invoice was issued once: ``python loadtests/targets/invoices FILE USERS REQUESTS``.

Prints the counts that the harness puts into the record, and ends with 1 when they are not right.
"""

import json
import sys
from pathlib import Path


def main(file: Path, users: list[str], requests: int) -> int:
    """Compare the numbers in *file* with how many there must be: one for each request but the first of each user."""
    expected = len(users) * (requests - 1)
    issued = file.read_text().split()
    counts = {
        "expected": expected,
        "stored": len(issued),
        "missing": max(0, expected - len(set(issued))),
        "unexpected": max(0, len(set(issued)) - expected),
        "doubled": len(issued) - len(set(issued)),
    }
    sys.stdout.write(json.dumps(counts) + "\n")
    return int(any(counts[name] for name in ("missing", "unexpected", "doubled")))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3])))
