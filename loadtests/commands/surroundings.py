"""What every command is given beside its options: the environment, read once, and the words it was called with."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from loadtests import options
from loadtests.errors import UsageError
from loadtests.safety import RESERVE_RATIO
from loadtests.settings import REPOSITORY, Settings, from_env

RUNS = REPOSITORY / "reports" / "out"
# What a target's processes start from; everything else of the caller's environment stays out of the measurement.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a command was called."""

    environ: Mapping[str, str]
    words: Sequence[str]

    def settings(self) -> Settings:
        """Return how trials are timed.

        Raises:
            UsageError: a ``LOADTEST_*`` variable cannot be used.
        """
        return from_env(self.environ)

    def environment(self) -> dict[str, str]:
        """Return what the target's processes start from."""
        return {key: self.environ[key] for key in PASSED_ON if key in self.environ}

    def command(self) -> str:
        """Return the command line, to be repeated."""
        return shlex.join(["python", "-m", "loadtests", *self.words])


def surroundings(context: typer.Context) -> Surroundings:
    """Return what the command line gave to this command."""
    given = context.obj
    if not isinstance(given, Surroundings):
        raise TypeError("a command needs its surroundings")
    return given


def folder(out: Path | None, name: str) -> Path:
    """Return the folder of a run called *name*, made up when none was named."""
    return (out or RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}").resolve()


def limits_bytes(limit_mib: int, reserve_mib: int | None) -> tuple[int, int]:
    """Return limit and reserve; the usual share of the limit where no reserve was named.

    Raises:
        UsageError: the reserve leaves nothing.
    """
    if reserve_mib is not None and reserve_mib >= limit_mib:
        raise UsageError(
            f"--reserve-mib {reserve_mib} leaves nothing of --limit-mib {limit_mib}. Lower it, or raise the limit."
        )
    limit_bytes = limit_mib * options.BYTES_PER_MIB
    return limit_bytes, round(limit_bytes * RESERVE_RATIO) if reserve_mib is None else (
        reserve_mib * options.BYTES_PER_MIB
    )


def require_file(replay: Path | None) -> None:
    """Refuse a game file that is none.

    Raises:
        UsageError: it is not there.
    """
    if replay is not None and not replay.is_file():
        raise UsageError(f"--replay {replay} is not a file. Name a .pgn or .pgn.zst file.")


def pairs(words: Sequence[str] | None) -> dict[str, str]:
    """Read the values of ``--set``.

    Raises:
        UsageError: one is not NAME=VALUE.
    """
    return dict(map(_pair, words or ()))


def shown(path: Path) -> str:
    """Name a path for people, from where they are."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def point_latest_at(out: Path) -> None:
    """Let ``reports/out/latest`` point to a run that has begun; runs kept elsewhere are named by whoever keeps them."""
    if out.parent != RUNS:
        return
    link = RUNS / "latest"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(out, RUNS))


def print_json(wanted: bool, value: Mapping[str, Any]) -> None:  # noqa: FBT001 - one call, one meaning
    """Print the result for machines, where it is wanted."""
    if wanted:
        typer.echo(json.dumps(value))


def _pair(words: str) -> tuple[str, str]:
    name, separator, value = words.partition("=")
    if not separator or not name:
        raise UsageError(f"--set {words!r} is not NAME=VALUE. Write for example --set IMPORT_BATCH_SIZE=30.")
    return name, value
