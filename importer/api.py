"""The HTTP interface: routes, request and response models, and which status each outcome gets.

Must not hold any state: everything is asked of the imports and the settings it was given.
"""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal

from fastapi import FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from starlette.exceptions import HTTPException

from importer.jobs import Imports, ImportView
from importer.settings import Settings
from importer.store import USER_ID_PATTERN

PROBLEM = "application/problem+json"

GAMES_MOST = 100_000  # a choice: over an hour of streaming at the upstream's pace

# What each field must be, in the words of an error.
_RULES = {
    "user_id": "must be 2 to 30 letters, digits, underscores or hyphens",
    "platform": 'must be "lichess", the only platform there is so far',
    "limit": f"must be a whole number from 1 to {GAMES_MOST}",
    "upstream_token": "must be 1 to 512 letters, digits and -._~+/=, or left out",
}

# What an HTTP header can hold, and no more: an error about a header would show it.
# Source: RFC 6750, section 2.1, `b64token`; the length is a choice, far above Lichess's 24.
_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")


def _check_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not _TOKEN_PATTERN.fullmatch(token.get_secret_value()):
        raise ValueError("not a token")
    return token


class ImportRequest(BaseModel):
    """Which games to import."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: Annotated[str, Field(pattern=USER_ID_PATTERN)]
    platform: Literal["lichess"]
    limit: Annotated[int, Field(ge=1, le=GAMES_MOST, description="how many games that are not stored yet")]
    upstream_token: Annotated[
        SecretStr | None,
        AfterValidator(_check_token),
        Field(description="the player's own, for higher limits; used for this import alone and never stored"),
    ] = None


class ImportState(BaseModel):
    """An import as it stands."""

    import_id: str
    user_id: str
    platform: str
    limit: int
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    queue_position: Annotated[int, Field(description="from 1; 0 when it does not wait")]
    phase: Literal["queued", "reading_existing", "streaming", "finished"]
    fetched: Annotated[int, Field(description="games received whole, whatever became of them")]
    stored: Annotated[int, Field(description="games that are new and committed")]
    duplicates: int
    rejected: int
    queue_wait_s: float | None
    first_game_after_s: Annotated[float | None, Field(description="from running to the first game received")]
    elapsed_s: Annotated[float | None, Field(description="from running until now or until done")]
    held_up: Annotated[str | None, Field(description="what keeps it from going on at the moment")]
    error: str | None
    requested_at: str

    @classmethod
    def of(cls, view: ImportView) -> "ImportState":
        """Put an import into words of the interface."""
        row = view.row
        return cls(
            import_id=row.import_id,
            user_id=row.user_id,
            platform=row.platform,
            limit=row.games_wanted,
            status=row.status.value,
            queue_position=view.queue_position,
            phase=row.phase.value,
            fetched=row.fetched,
            stored=row.stored,
            duplicates=row.duplicates,
            rejected=row.rejected,
            queue_wait_s=row.queue_wait_s,
            first_game_after_s=row.first_game_after_s,
            elapsed_s=row.elapsed_s,
            held_up=view.held_up,
            error=row.error,
            requested_at=row.requested_at,
        )


class Health(BaseModel):
    """That the server answers."""

    status: str


class EffectiveSettings(BaseModel):
    """What the server runs with, and what those settings cannot do together."""

    settings: dict[str, str]
    warnings: list[str]


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    title: str
    status: int
    detail: str


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, imports: Imports, lifespan: Lifespan) -> FastAPI:
    """Build the application around the imports it serves."""
    app = FastAPI(title="importer", version="0.1.0", lifespan=lifespan)
    app.add_exception_handler(RequestValidationError, _refuse_request)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _admit_fault)
    _add_import_routes(app, imports)
    _add_server_routes(app, settings)
    return app


def _add_import_routes(app: FastAPI, imports: Imports) -> None:
    @app.post(
        "/api/v1/import-more-games",
        status_code=status.HTTP_202_ACCEPTED,
        responses={422: {"model": Problem, "description": "The request cannot be understood."}},
    )
    async def import_more_games(request: ImportRequest, response: Response) -> ImportState:
        """Import games of a player that are not stored yet: the newer ones first, then the older."""
        token = None if request.upstream_token is None else request.upstream_token.get_secret_value()
        view = await imports.submit(request.platform, request.user_id, request.limit, token)
        response.headers["Location"] = f"/api/v1/imports/{view.row.import_id}"
        return ImportState.of(view)

    @app.get(
        "/api/v1/imports/{import_id}",
        responses={404: {"model": Problem, "description": "There is no import of that id."}},
    )
    async def get_import(import_id: str) -> ImportState:
        """Report how far an import has come."""
        view = await imports.get(import_id)
        if view is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no import {import_id!r}.")
        return ImportState.of(view)


def _add_server_routes(app: FastAPI, settings: Settings) -> None:
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


def _problem(code: int, title: str, detail: str) -> JSONResponse:
    body = Problem(title=title, status=code, detail=detail)
    return JSONResponse(body.model_dump(), status_code=code, media_type=PROBLEM)


async def _refuse_request(_request: Request, error: Exception) -> Response:
    """Say in one sentence what is wrong with a request."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    return _problem(status.HTTP_422_UNPROCESSABLE_CONTENT, "The request cannot be understood", _sentence(first))


def _sentence(error: dict[str, object]) -> str:
    """Put the first error of a validation into words."""
    where = error.get("loc")
    name = where[-1] if isinstance(where, tuple) and where else ""
    if error.get("type") == "missing" and name in _RULES:
        return f"{name} is missing: it {_RULES[name]}."
    if name == "upstream_token":
        return f"{name} {_RULES[name]}."  # what was found is not shown: it may be a token after all
    if name in _RULES:
        return f"{name} {_RULES[name]}, not {str(error.get('input'))[:60]!r}."
    if error.get("type") == "extra_forbidden":
        return f"{name!s} is not known: a request names user_id, platform and limit."
    return "The body must be a JSON object with user_id, platform and limit."


async def _admit_fault(_request: Request, error: Exception) -> Response:
    """Answer a fault of this program; the server's log has the rest."""
    return _problem(
        status.HTTP_500_INTERNAL_SERVER_ERROR,
        "A fault of this server",
        f"The request could not be carried out: {type(error).__name__}.",
    )


async def _refuse_route(_request: Request, error: Exception) -> Response:
    """Answer what has no route, or no import, with the same kind of body."""
    if not isinstance(error, HTTPException):
        raise error
    return _problem(
        error.status_code,
        "Not found" if error.status_code == status.HTTP_404_NOT_FOUND else "Refused",
        f"{error.detail}",
    )
