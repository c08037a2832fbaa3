"""What operators ask: is it alive, is it ready, how is it set, what does it count.

Must not change anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI, Response

from importer.games_feed import GamesReading
from importer.jobs import Imports
from importer.messages import EffectiveSettings, Health
from importer.metrics import CONTENT_TYPE, Metrics, Now
from importer.settings import Settings
from importer.store import Status

_EXAMPLE = 'importer_games_total{outcome="stored"} 1200.0\nimporter_queue_length 0.0\n'


@dataclass(frozen=True, slots=True)
class Operated:
    """What operators may look at."""

    settings: Settings
    imports: Imports
    reading: GamesReading
    metrics: Metrics
    open_streams: Callable[[], int]


def add_operations_routes(app: FastAPI, operated: Operated) -> None:
    """Serve operators."""
    settings = operated.settings

    @app.get("/healthz")
    async def healthz() -> Health:
        """Answer as long as the event loop turns."""
        return Health(status="ok")

    @app.get("/readyz")
    async def readyz() -> Health:
        """Answer once imports are accepted, which is as soon as the server listens."""
        return Health(status="ready")

    @app.get("/api/v1/config")
    async def config() -> EffectiveSettings:
        """Report the effective settings."""
        return EffectiveSettings(settings=settings.as_environment(), warnings=list(settings.warnings()))

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
    )
    async def metrics() -> Response:
        """Report what the server counts, as Prometheus reads it."""
        return Response(operated.metrics.text(await _now(operated)), media_type=CONTENT_TYPE)


async def _now(operated: Operated) -> Now:
    """Return what stands now: a state that no import is in counts 0."""
    found = await operated.reading.imports_by_status()
    by_state = {status.value: found.get(status.value, 0) for status in Status}
    return Now(by_state, operated.imports.waiting, operated.open_streams())
