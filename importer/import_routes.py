"""The routes of imports: ask for one, look at one or at many, cancel one.

Must not hold any state: everything is asked of the imports and of the admission to them.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Query, Response, status
from starlette.exceptions import HTTPException

from importer.admission import Admission, Wanted
from importer.errors import KeyReused, PlatformUnready, QueueFull
from importer.jobs import Imports, ImportView
from importer.messages import (
    AFTER_RULE,
    REQUEST_RULES,
    USER_RULE,
    ImportRequest,
    ImportsPage,
    ImportState,
    ImportStatus,
)
from importer.problems import Rules, no_import
from importer.store import USER_ID_PATTERN, Account, ImportFilter, Status

# Choices: how many imports a page holds unless told, and at most.
IMPORTS_USUALLY, IMPORTS_MOST = 50, 200

# A choice: at the upstream's 20 games/s an import of some hundred games ends within half a minute.
_QUEUE_RETRY_S = "30"

# Printable characters without blanks; the length is a choice.
_KEY_PATTERN = r"^[!-~]{1,255}$"

# What the parameters must be, in the words of an error.
_LIST_RULES = {
    ("query", "user_id"): USER_RULE,
    ("query", "status"): "must be queued, running, completed, failed or cancelled",
    ("query", "after"): AFTER_RULE,
    ("query", "limit"): f"must be a whole number from 1 to {IMPORTS_MOST}",
}
_KEY_RULES = {("header", "idempotency-key"): "must be 1 to 255 printable characters without blanks"}

IMPORT_RULES = {
    "/api/v1/import-more-games": Rules(
        {**REQUEST_RULES, **_KEY_RULES}, "user_id, platform and limit", frozenset({"upstream_token"})
    ),
    "/api/v1/imports": Rules(_LIST_RULES),
}

_UNFINISHED = {Status.QUEUED, Status.RUNNING}
_ID = Annotated[str, Path(examples=["5f0c9e1b7a3d2468"])]
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "There is no import of that id."}}


def add_import_routes(app: FastAPI, imports: Imports, admission: Admission) -> None:
    """Serve imports."""
    _add_request(app, admission)
    _add_looking(app, imports)


def _add_request(app: FastAPI, admission: Admission) -> None:
    @app.post(
        "/api/v1/import-more-games",
        status_code=status.HTTP_202_ACCEPTED,
        responses={
            202: {"headers": _ACCEPTED_HEADERS},
            409: {
                "description": "The key came with another request before, or the server is not set up for the platform."
            },
            408: {"description": "The body did not come in time."},
            413: {"description": "The body is larger than a request can be."},
            415: {"description": "The body is not application/json."},
            422: {"description": "The request cannot be understood."},
            503: {"description": "As many imports wait as may; Retry-After says when to ask again."},
        },
    )
    async def import_more_games(
        request: ImportRequest,
        response: Response,
        idempotency_key: Annotated[
            str | None,
            Header(pattern=_KEY_PATTERN, description="asked again with the same key, the same import is the answer"),
        ] = None,
    ) -> ImportState:
        """Import games of a player that are not stored yet: the newer ones first, then the older."""
        token = None if request.upstream_token is None else request.upstream_token.get_secret_value()
        wanted = Wanted(Account(request.platform, request.user_id), request.limit, token)
        try:
            admitted = await admission.admit(wanted, idempotency_key)
        except QueueFull as full:
            retry = {"Retry-After": _QUEUE_RETRY_S}
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(full), retry) from full
        except (KeyReused, PlatformUnready) as refused:
            raise HTTPException(status.HTTP_409_CONFLICT, str(refused)) from refused
        response.headers["Location"] = f"/api/v1/imports/{admitted.view.row.import_id}"
        if admitted.replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return ImportState.of(admitted.view)


_ACCEPTED_HEADERS = {
    "Location": {"description": "where the import can be looked at", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` where an earlier request with this key has asked for the import",
        "schema": {"type": "string"},
    },
}


@dataclass(frozen=True, slots=True)
class _Page:
    """Which page of which imports."""

    wanted: ImportFilter
    after: str | None
    most: int


def _add_looking(app: FastAPI, imports: Imports) -> None:
    @app.get("/api/v1/imports", responses={404: {"description": "There is no import to go on from."}})
    async def list_imports(
        user_id: Annotated[str | None, Query(pattern=USER_ID_PATTERN)] = None,
        status: Annotated[ImportStatus | None, Query()] = None,
        after: Annotated[str | None, Query(max_length=64, description="`next` of an earlier answer")] = None,
        limit: Annotated[int, Query(ge=1, le=IMPORTS_MOST)] = IMPORTS_USUALLY,
    ) -> ImportsPage:
        """List imports, newest first."""
        wanted = ImportFilter(user_id=user_id, status=None if status is None else Status(status))
        return await _page(imports, _Page(wanted, after, limit))

    @app.get("/api/v1/imports/{import_id}", responses=_UNKNOWN)
    async def get_import(import_id: _ID) -> ImportState:
        """Report how far an import has come."""
        view = await imports.get(import_id)
        if view is None:
            raise no_import(import_id)
        return ImportState.of(view)

    @app.delete(
        "/api/v1/imports/{import_id}",
        responses={
            **_UNKNOWN,
            202: {"model": ImportState, "description": "The import ends once the games it has can be stored."},
            409: {"description": "The import is over already."},
        },
    )
    async def cancel_import(import_id: _ID, response: Response) -> ImportState:
        """Cancel an import: waiting, it leaves the queue; running, it stores the games it has and ends."""
        view = await _cancel(imports, import_id)
        if view.row.status is not Status.CANCELLED:
            response.status_code = status.HTTP_202_ACCEPTED
        return ImportState.of(view)


async def _page(imports: Imports, page: _Page) -> ImportsPage:
    """Return a page, and where the next begins."""
    if page.after is not None and await imports.get(page.after) is None:
        raise no_import(page.after)
    views = await imports.list(page.wanted, page.after, page.most + 1)
    shown = views[: page.most]
    return ImportsPage(
        imports=[ImportState.of(view) for view in shown],
        next=shown[-1].row.import_id if len(views) > len(shown) else None,
    )


async def _cancel(imports: Imports, import_id: str) -> ImportView:
    """Cancel an import that is not over; one that ends by itself meanwhile was over."""
    view = await imports.get(import_id)
    if view is None:
        raise no_import(import_id)
    if view.row.status in _UNFINISHED:
        view = await imports.cancel(import_id) or view
        if view.row.status in {*_UNFINISHED, Status.CANCELLED}:
            return view
    detail = f"The import is {view.row.status} already: there is nothing to cancel."
    raise HTTPException(status.HTTP_409_CONFLICT, detail)
