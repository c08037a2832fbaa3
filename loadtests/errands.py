"""Runs a target's own commands outside its trials, and reads what its own check of the truth says.

Never inside a trial's cgroup: nothing of this is charged to the server.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import UsageError
from loadtests.process import Cores, on_cores
from loadtests.record import TruthCheck
from loadtests.settings import REPOSITORY
from loadtests.target import Target, Truth, filled, filled_environment

# A choice: adding 10 000 trusted games takes under a second; a slow target of a user's own may take minutes.
COMMAND_WITHIN_S = 600.0
# What a check says that prints no counts, as diff and grep do: 0 is agreed, 1 is differs, all else is trouble.
AGREED, DIFFERS = 0, 1
COUNTS = ("expected", "stored", "missing", "unexpected", "doubled")
SAID_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Errands:
    """What every command of the target starts from."""

    target: Target
    python: str
    environment: Mapping[str, str]
    cores: Cores | None = None  # no trial runs meanwhile, so they may be the target's as well

    def run(
        self, words: Sequence[str], folder: Path, values: Mapping[str, str], codes: Sequence[int] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end in the target's environment.

        Raises:
            UsageError: it could not be started, took too long, or ended with none of *codes*.
        """
        known = {"python": self.python, "folder": str(folder), "upstream": "http://127.0.0.1:9", "port": "0", **values}
        command = filled(words, known)
        environment = {**self.environment, **filled_environment(self.target.environment, known)}
        try:
            with on_cores(self.cores):
                done = subprocess.run(
                    command,
                    env=environment,
                    cwd=REPOSITORY,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=COMMAND_WITHIN_S,
                )
            if done.returncode not in codes:
                done.check_returncode()
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1:]
            raise UsageError(
                f"target {self.target.name}: {command[:4]} failed: {' '.join(said)}. Try the command by hand."
            ) from error
        return done


def own_check(errands: Errands, truth: Truth, values: Mapping[str, str], folder: Path) -> TruthCheck:
    """Let the target's own command say whether what its users were told is so; *values* fill its placeholders.

    Raises:
        UsageError: the command could not be run, or ended with neither 0 nor 1.
    """
    done = errands.run(truth.command, folder, values, (AGREED, DIFFERS))
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
    counts = _counts(" ".join(said))
    wrong = int(done.returncode == DIFFERS and not any(counts[name] for name in COUNTS[2:]))
    return TruthCheck(**{**counts, "missing": counts["missing"] + wrong}, said=" ".join(said)[:SAID_CHARACTERS])


def _counts(line: str) -> dict[str, int]:
    """Read the counts in a last line like ``{"expected": 3, "stored": 2, "missing": 1}``; others are 0."""
    try:
        told = json.loads(line)
    except ValueError:
        told = {}
    numbers = told if isinstance(told, dict) else {}
    return {name: numbers[name] if isinstance(numbers.get(name), int) else 0 for name in COUNTS}
