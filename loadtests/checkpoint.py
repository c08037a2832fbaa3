"""What a run was told, kept beside its records, so that a run that was killed can go on as the same run.

Reads and writes files in a run's folder; runs nothing.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.errors import UsageError
from loadtests.guard import runs, stale_folders
from loadtests.plan import Plan
from loadtests.record import Host, RecordUnreadable, Run, Trial, from_lines
from loadtests.settings import Settings
from loadtests.target import Target

FILE = "order.json"
RECORDS = "records.jsonl"


class Checkpoint(BaseModel):
    """What decides which trials a run has and what each of them does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan_file: str  # as it can be named again
    plan: Plan
    profiles: dict[str, dict[str, str]]
    target_file: str
    target: Target
    seed: int
    limit_bytes: int
    reserve_bytes: int
    replay: str | None
    settings: Settings

    def decisive(self) -> dict[str, Any]:
        """Return what must not change: not how files are named, nor the words of a plan for people."""
        return self.model_dump(mode="json", exclude={"plan_file": True, "target_file": True, "plan": {"description"}})


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run's records hold already."""

    run: Run | None  # None when not even the first line was written whole
    trials: tuple[Trial, ...]
    whole_bytes: int  # of the file, up to the end of its last whole line
    torn: bool  # a last line was cut off while it was written


NOTHING = Finished(None, (), 0, torn=False)


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Keep *checkpoint* in the run's folder; it is there whole or not at all."""
    made = folder / f"{FILE}.new"
    made.write_text(checkpoint.model_dump_json(indent=1) + "\n", encoding="utf-8")
    made.replace(folder / FILE)


def read(folder: Path) -> Checkpoint:
    """Return what the run in *folder* was told.

    Raises:
        UsageError: there is no run that can go on.
    """
    try:
        return Checkpoint.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"--resume {folder} holds no run of this version that could go on: {_short(error)}. "
            "Name the folder of an interrupted sweep."
        ) from error


def finished(folder: Path) -> Finished:
    """Return what the run in *folder* has finished; a last line that was cut off counts as nothing.

    Raises:
        UsageError: the records cannot be read.
    """
    try:
        content = (folder / RECORDS).read_bytes()
    except FileNotFoundError:
        return NOTHING
    whole = content[: content.rfind(b"\n") + 1]
    try:
        records = list(from_lines(whole.decode().split("\n")))
    except (RecordUnreadable, UnicodeDecodeError) as error:
        raise UsageError(f"--resume {folder}: {RECORDS} cannot be read: {error}") from error
    runs_found = [record for record in records if isinstance(record, Run)]
    trials = tuple(record for record in records if isinstance(record, Trial))
    return Finished(runs_found[0] if runs_found else None, trials, len(whole), torn=len(whole) < len(content))


def require_same(before: Checkpoint, now: Checkpoint) -> None:
    """Refuse to go on with another plan, target or limit.

    Raises:
        UsageError: something differs; says what.
    """
    _require_equal(before.decisive(), now.decisive(), "run")


def require_same_host(before: Host, now: Host) -> None:
    """Refuse to go on where trials could not be pooled with the finished ones.

    Raises:
        UsageError: a fact differs; says which.
    """
    _require_equal(before.model_dump(), now.model_dump(), "host")


def make_ready(folder: Path, done: Finished) -> None:
    """Cut off a torn last line, and remove what a dead harness left in the folder.

    Raises:
        UsageError: a harness is still at work there.
    """
    stale = stale_folders(folder)
    busy = [work.name for work in folder.glob("work-*") if work not in stale and runs(int(work.name[5:]))]
    own = f"work-{os.getpid()}"
    if [name for name in busy if name != own]:
        raise UsageError(f"--resume {folder}: process {busy[0][5:]} is still at work there. Wait for it, or end it.")
    for work in stale:
        shutil.rmtree(work, ignore_errors=True)
    if (folder / RECORDS).exists():
        os.truncate(folder / RECORDS, done.whole_bytes)


def _require_equal(before: Mapping[str, Any], now: Mapping[str, Any], what: str) -> None:
    for name, there, here in _differences(before, now):
        raise UsageError(
            f"cannot go on with this run: {what} {name} was {there!r} and is {here!r}. "
            "Restore it, or begin a new run in another folder."
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys([*before, *now]):
        there, here = before.get(key), now.get(key)
        name = f"{path}{key}"
        if isinstance(there, Mapping) and isinstance(here, Mapping):
            yield from _differences(there, here, f"{name}.")
        elif there != here:
            yield name, there, here


def _short(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return f"{FILE}: {error.strerror}"
    first = error.errors(include_url=False)[0]
    return f"{FILE}, key {'.'.join(map(str, first['loc']))!r}: {first['msg']}"
