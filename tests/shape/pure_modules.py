"""Names the files of the pure core, as the import contract lists them: the contract is the only list.

``python -m tests.shape.pure_modules`` prints them for the coverage gate, separated by commas.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "The core does no I/O and reads no clock"


def pure_files() -> list[str]:
    """Return the paths of the pure modules, relative to the repository."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [modules] = [contract["source_modules"] for contract in contracts if contract["name"] == CONTRACT]
    return [module.replace(".", "/") + ".py" for module in modules]


if __name__ == "__main__":
    sys.stdout.write(",".join(pure_files()) + "\n")
