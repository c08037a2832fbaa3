"""Loads the records of one run from the lines of a file, and refuses to pool unlike trials. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from loadtests.record import Host, RecordUnreadable, Run, Trial, from_lines
from reports.errors import NothingMeasured, RecordsUnusable, UnlikeTrials
from reports.observation import Observation, observe

Facts = Callable[[Trial], Iterator[tuple[str, object]]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that one records file holds; priming trials apart, since they are never pooled."""

    run: Run
    trials: tuple[Observation, ...]  # in the order in which they ran
    priming: tuple[Observation, ...]
    cut_short: bool  # the last line is incomplete: the writer was stopped in the middle of it

    @property
    def recorded(self) -> int:
        """Trials in the file, priming ones included, as the plan counts them."""
        return len(self.trials) + len(self.priming)


def load(lines: Iterable[str]) -> Evidence:
    """Read a records file.

    Raises:
        RecordsUnusable: a line cannot be read, there is no run line, or there are several runs or equal trial ids.
        UnlikeTrials: trials differ in the host, the limit or the target, or within a series in more.
        NothingMeasured: the file is empty or holds no trial beyond priming ones.
    """
    whole = _WholeLines(lines)
    runs: list[Run] = []
    trials: list[Observation] = []
    try:
        for record in from_lines(whole):
            if isinstance(record, Run):
                runs.append(record)
            else:
                trials.append(_observed(record))
    except RecordUnreadable as error:
        raise RecordsUnusable(str(error)) from error
    _check_file(runs, trials, whole)
    pooled = tuple(trial for trial in sorted(trials, key=lambda one: one.trial.position) if not trial.trial.priming)
    if not pooled:
        raise NothingMeasured(
            f"the records hold {len(trials)} trials, all of them priming ones, which are never pooled. "
            "Let the load test finish at least one more trial."
        )
    _check_alike(pooled)
    return Evidence(
        run=runs[-1],
        trials=pooled,
        priming=tuple(trial for trial in trials if trial.trial.priming),
        cut_short=whole.cut_short,
    )


def _observed(trial: Trial) -> Observation:
    """Observe a trial whose columns and numbers hold together, as the record's types alone do not promise."""
    try:
        seen = observe(trial)
        _ = seen.in_flight
    except ValueError as error:
        raise RecordsUnusable(f"trial {trial.trial_id} contradicts itself: {error}. Measure it again.") from error
    return seen


class _WholeLines:
    """Lines of a file without a last one that was cut off while it was written."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.cut_short = False
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if line.endswith("\n") or _is_json(line):
                self.count += bool(line.strip())
                yield line
            else:
                self.cut_short = True


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _check_file(runs: Sequence[Run], trials: Sequence[Observation], lines: _WholeLines) -> None:
    if lines.count == 0:
        raise NothingMeasured("the records file holds no complete line. Run the load test again.")
    if not runs:
        raise RecordsUnusable("the records have no run line, which says what was planned. Give a whole records file.")
    run_ids = sorted({run.run_id for run in runs} | {seen.trial.run_id for seen in trials})
    if len(run_ids) > 1:
        raise RecordsUnusable(f"the records mix the runs {', '.join(run_ids)}. Report each run by itself.")
    seen: set[str] = set()
    for one in trials:
        if one.trial_id in seen:
            raise RecordsUnusable(f"trial {one.trial_id} is recorded twice. Keep one of the two lines.")
        seen.add(one.trial_id)
    if not trials:
        raise NothingMeasured("the records hold no trial: the run ended before the first one. Run the load test again.")


def _check_alike(trials: Sequence[Observation]) -> None:
    """Refuse trials that would be pooled although a fact that changes the figures differs."""
    _same(trials, _run_facts)
    for series in dict.fromkeys(name for seen in trials for name in seen.trial.series):
        _same([seen for seen in trials if series in seen.trial.series], _series_facts)


def _same(trials: Sequence[Observation], facts: Facts) -> None:
    first = trials[0]
    for other in trials[1:]:
        for (name, value), (_, found) in zip(facts(first.trial), facts(other.trial), strict=True):
            if found != value:
                raise UnlikeTrials(name, (first.trial_id, value), (other.trial_id, found))


def _run_facts(trial: Trial) -> Iterator[tuple[str, object]]:
    for name in Host.model_fields:
        yield f"host {name}", getattr(trial.host, name)
    yield "limit_bytes", trial.limit_bytes
    yield "target", trial.target


def _series_facts(trial: Trial) -> Iterator[tuple[str, object]]:
    """Facts that a plan may change between series but not within one.

    The upstream's seed is none of them: other games of the same kind are what repeats are for.
    """
    for name in ("profile", "games_per_s", "speed_ratio", "max_streams"):
        yield f"upstream {name}", getattr(trial.upstream, name)
    for name in ("start", "games_per_user", "stored_games_per_user"):
        yield name, getattr(trial, name)
