"""How the harness times a trial: read once from the environment, and nowhere else."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.errors import UsageError

PREFIX = "LOADTEST_"
WORKERS = "locust_workers"  # the one that is no time, and is called as Locust calls it
REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseModel):
    """Times of a trial, in seconds, and processes of the load; override with ``LOADTEST_<NAME>`` on a slow machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # 50 ms: the sampler costs under 1 % of a core at this pace; see docs/method.md for what it can miss.
    interval_s: float = Field(0.05, gt=0, le=1)
    # A choice: ten samples of the idle server are enough for a base, since nothing moves.
    idle_s: float = Field(0.5, ge=0)
    # A choice: what falls back to base does so within a few collections; longer drains cost plan time.
    drain_s: float = Field(0.3, ge=0)
    # Start-up takes about a second; thirty tell a slow machine from a server that never gets ready.
    ready_within_s: float = Field(30.0, gt=0)
    # Five users of 500 games need about four seconds unpaced and twenty at the upstream's own pace.
    imports_within_s: float = Field(120.0, gt=0)
    stop_within_s: float = Field(10.0, gt=0)
    # One process holds thousands of waiting users; more are for users who keep it busy, where cores are to spare.
    locust_workers: int = Field(1, ge=1, le=64)


def from_env(environ: Mapping[str, str]) -> Settings:
    """Build the settings from ``LOADTEST_*`` variables; others are ignored.

    Raises:
        UsageError: a variable has no such setting or a value outside its range.
    """
    given = {field: environ[_variable(field)] for field in Settings.model_fields if _variable(field) in environ}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = _variable(str(first["loc"][0]))
        raise UsageError(f"{name}={first['input']!r} cannot be used: {first['msg']}. Correct or unset it.") from error


def _variable(field: str) -> str:
    return field.upper() if field == WORKERS else PREFIX + field.upper()
