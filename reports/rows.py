"""Flattens records into rows of plain values, for CSV files and databases: trials, imports, requests, samples. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from loadtests.record import Run, Samples, Trial
from reports.observation import Observation, Outcome

Value = str | int | float | None
Row = dict[str, Value]

# Fields of a trial that are plain values already, by their names in the record.
_PLAIN: Final = (
    "trial_id", "position", "repeat", "priming", "started_at", "target", "profile", "scenario", "users", "start",
    "games_per_user", "stored_games_per_user", "limit_bytes", "ending", "reason",
)  # fmt: skip


def run_row(run: Run) -> Row:
    """The run line, its host's facts beside it."""
    host = {f"host_{name}": value for name, value in run.host.model_dump().items()}
    return {**run.model_dump(exclude={"host"}), **host}


def trial_row(seen: Observation) -> Row:
    """One trial with what follows from its own readings; bytes and seconds, nothing rounded."""
    trial = seen.trial
    row: Row = {name: _plain(getattr(trial, name)) for name in _PLAIN}
    truth = trial.truth
    return row | {
        "series": ",".join(trial.series),
        "in_flight": seen.in_flight,
        "outcome": seen.outcome.value,
        "upstream_profile": trial.upstream.profile,
        "upstream_games_per_s": trial.upstream.games_per_s,
        "base_bytes": seen.base_bytes,
        "peak_bytes": seen.peak_bytes,
        "peak_is_a_lower_bound": int(seen.outcome is Outcome.FAILED),
        "games_per_s": seen.games_per_s,
        "wall_s": seen.wall_s,
        "load_cpu_s": seen.load_cpu_s,
        "oom_kills": trial.kernel.oom_kills if trial.kernel else None,
        "lost_games": truth.missing if truth else None,
        "doubled_games": truth.doubled if truth else None,
        **{f"set_{name}": value for name, value in sorted(trial.setting.items())},
    }


def import_rows(trial: Trial) -> Iterator[Row]:
    """One row for each user's import."""
    for row in trial.imports:
        yield {"trial_id": trial.trial_id, **row.model_dump()}


def request_rows(trial: Trial) -> Iterator[Row]:
    """One row for each request."""
    for row in trial.requests:
        yield {"trial_id": trial.trial_id, **row.model_dump()}


def sample_rows(trial: Trial) -> Iterator[Row]:
    """One row for each reading."""
    columns = {name: getattr(trial.samples, name) for name in Samples.model_fields}
    present = {name: column for name, column in columns.items() if column}
    for values in zip(*present.values(), strict=True):
        yield {"trial_id": trial.trial_id, **dict(zip(present, values, strict=True))}


def as_csv(rows: Sequence[Mapping[str, Value]]) -> str:
    """CSV with a heading line; a column for every name that any row has, empty where it has none."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _plain(value: object) -> Value:
    """A value as databases know it: a boolean as 0 or 1, a member of a closed list as its word."""
    if value is None:
        return None
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) else str(value)
