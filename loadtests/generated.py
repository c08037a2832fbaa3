"""Turns the generator's raw rows into the record's rows; reads no file, knows no process.

Every scheduled user gets a row, whatever became of the generator, and every figure is None when nobody measured it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.orders import Orders
from loadtests.record import ImportRow, RequestRow
from loadtests.rows import Ended, Import, Ready, Released, Request, Row

_R = TypeVar("_R", bound=Row)
Outcome = Literal["finished", "timed_out", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Generated:
    """What the load generator saw of one trial, in seconds from the trial's origin."""

    imports: tuple[ImportRow, ...]  # one per scheduled user, in the order of the load
    requests: tuple[RequestRow, ...]
    load_started_s: float | None  # the users were released
    load_ended_s: float | None  # the last of them was done
    cpu_s: float | None  # processor time of the generator between these two
    waited_s: float | None  # time the generator was ready to run between these two and had no processor
    wall_s: float  # time between these two; 0 when the users were never released
    locust_version: str
    outcome: Outcome
    message: str
    start_up_cpu_s: float | None  # what starting Locust cost before anything was sent


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How the generator's process ended."""

    at_s: float
    cpu_s: float | None  # of its whole life
    exit_code: int | None  # negative: the signal that ended it
    asked: bool  # it was asked to stop before it was done
    log_tail: str
    locust_version: str


class _Progress(BaseModel):
    """The figures of an import object; what a target leaves out, or says in another form, was not measured."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    import_id: str | None = None
    queue_position: int | None = None
    queue_wait_s: float | None = None
    first_game_after_s: float | None = None
    elapsed_s: float | None = None
    fetched: int | None = None
    stored: int | None = None
    duplicates: int | None = None
    rejected: int | None = None
    error: str | None = None


def assemble(rows: Sequence[Row], orders: Orders, end: ProcessEnd, origin_s: float) -> Generated:
    """Put together what a generator with these *orders* left behind."""
    ready = _last(rows, Ready)
    released = _last(rows, Released)
    ended = _last(rows, Ended)
    started_s = released.at_s if released else None
    ended_s = None if started_s is None else max(started_s, ended.at_s if ended else end.at_s)
    outcome = _outcome(ended, end)
    latest = {row.user: row for row in rows if isinstance(row, Import)}
    blank = [Import(user, _scheduled_s(place, orders, started_s, end)) for place, user in enumerate(orders.users)]
    imports = tuple(_import_row(latest.get(row.user, row), origin_s) for row in blank)
    return Generated(
        imports=imports,
        requests=tuple(_request_row(row, origin_s) for row in rows if isinstance(row, Request)),
        load_started_s=None if started_s is None else started_s - origin_s,
        load_ended_s=None if ended_s is None else ended_s - origin_s,
        cpu_s=_load_cpu_s(released, ended, end),
        waited_s=_load_waited_s(released, ended),
        wall_s=0.0 if started_s is None or ended_s is None else ended_s - started_s,
        locust_version=end.locust_version,
        outcome=outcome,
        message=_message(outcome, imports, orders, end),
        start_up_cpu_s=ready.cpu_s if ready else None,
    )


def _last(rows: Sequence[Row], kind: type[_R]) -> _R | None:
    return next((row for row in reversed(rows) if isinstance(row, kind)), None)


def _scheduled_s(place: int, orders: Orders, started_s: float | None, end: ProcessEnd) -> float:
    if started_s is None:
        return end.at_s
    return started_s + orders.offset_s(place)


def _load_cpu_s(released: Released | None, ended: Ended | None, end: ProcessEnd) -> float | None:
    last_s = ended.cpu_s if ended else end.cpu_s
    if released is None or last_s is None:
        return None
    return max(0.0, last_s - released.cpu_s)


def _load_waited_s(released: Released | None, ended: Ended | None) -> float | None:
    if released is None or ended is None or released.waited_s is None or ended.waited_s is None:
        return None
    return max(0.0, ended.waited_s - released.waited_s)


def _outcome(ended: Ended | None, end: ProcessEnd) -> Outcome:
    if ended is not None:
        return ended.reason
    return "stopped" if end.asked else "failed"


def _message(outcome: Outcome, imports: Sequence[ImportRow], orders: Orders, end: ProcessEnd) -> str:
    done = sum(row.done_s is not None for row in imports)
    told = f"{done} of {len(imports)} imports were watched to their end"
    if outcome == "timed_out":
        return f"{told} within the {orders.time_limit_s:g} s of the load."
    if outcome == "failed":
        return f"{told}: Locust ended with {end.exit_code} in the middle of the load. {end.log_tail}".strip()
    return f"{told}, then the load was stopped." if outcome == "stopped" else f"{told}."


def _import_row(row: Import, origin_s: float) -> ImportRow:
    accepted, latest = _progress(row.accepted), _progress(row.latest)
    return ImportRow(
        user=row.user,
        scheduled_s=row.scheduled_s - origin_s,
        sent_s=_since(origin_s, row.sent_s),
        accepted_s=_since(origin_s, row.accepted_s),
        done_s=_since(origin_s, row.done_s),
        import_id=accepted.import_id,
        state=row.state,
        queue_position=accepted.queue_position,
        queue_wait_s=latest.queue_wait_s,
        first_game_after_s=latest.first_game_after_s,
        elapsed_s=latest.elapsed_s,
        fetched=latest.fetched,
        stored=latest.stored,
        duplicates=latest.duplicates,
        rejected=latest.rejected,
        error=row.error or latest.error,
    )


def _request_row(row: Request, origin_s: float) -> RequestRow:
    return RequestRow(
        name=row.name, sent_s=row.sent_s - origin_s, response_s=row.response_s, status=row.status, error=row.error
    )


def _progress(answer: dict[str, object] | None) -> _Progress:
    fields = dict(answer or {})
    try:
        return _Progress.model_validate(fields)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            fields.pop(str(problem["loc"][0]), None)
        return _Progress.model_validate(fields)


def _since(origin_s: float, at_s: float | None) -> float | None:
    return None if at_s is None else at_s - origin_s
