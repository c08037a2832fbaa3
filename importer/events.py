"""An import's way as server-sent events, until it is over.

Must not know how an import changes: it is told, and tells on. Nothing of a stream outlives its client.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Header, Path, Response
from fastapi.responses import StreamingResponse

from importer.jobs import Imports, ImportView
from importer.messages import ImportState
from importer.problems import no_import
from importer.store import Status

_OVER = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}

# What a browser sends back when it connects again: after the last event there is nothing to connect for.
LAST_ID = "over"

_HEARTBEAT = b": still here\n\n"  # a comment, which clients pass over
_EXAMPLE = 'event: progress\ndata: {"import_id":"5f0c9e1b7a3d2468","status":"running","fetched":120}\n\n'

# One event; OpenAPI 3.1 has no word for a stream of them.
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"const": LAST_ID, "description": "of the last event, which has the final state"},
        "event": {"enum": ["state", "progress"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/ImportState"},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something is sent."""

    # A choice: proxies cut connections that are silent for a minute, some for half of one.
    silent_most_s: float = 15.0
    # A choice: four steps a second look smooth, and cost little where an unpaced import makes hundreds.
    between_s: float = 0.25


class Closing:
    """Whether the server is stopping, which ends every stream of events."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def close(self) -> None:
        """End the streams."""
        self._event.set()

    async def wait(self) -> None:
        """Wait until the server stops."""
        await self._event.wait()


def add_events_route(app: FastAPI, imports: Imports, closing: Closing, pace: Pace = Pace()) -> None:
    """Serve an import's events."""

    @app.get(
        "/api/v1/imports/{import_id}/events",
        response_class=StreamingResponse,
        responses={
            200: {"description": "Events, the last with the final state.", "content": _content()},
            204: {"description": "The import is over, and this client has seen its last event."},
            404: {"description": "There is no import of that id."},
        },
    )
    async def watch_import(
        import_id: Annotated[str, Path(examples=["5f0c9e1b7a3d2468"])],
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Send the import as it stands, then again with every change, until it is over."""
        view = await imports.get(import_id)
        if view is None:
            raise no_import(import_id)
        if last_event_id == LAST_ID and view.row.status in _OVER:
            return Response(status_code=204)
        stream = event_stream(imports.watch(import_id), closing, pace)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _content() -> dict[str, object]:
    return {"text/event-stream": {"schema": _EVENT, "example": _EXAMPLE}}


async def event_stream(views: AsyncIterator[ImportView], closing: Closing, pace: Pace) -> AsyncGenerator[bytes, None]:
    """Write views as events, and a heartbeat where there is nothing to write.

    `state` says that status, phase or place in the queue changed or that something holds the import up, `progress`
    that only counts did. When the server stops the stream ends without a final state, so clients connect again.
    """
    last: ImportView | None = None
    stop = asyncio.ensure_future(closing.wait())
    coming = asyncio.ensure_future(_next(views))
    try:
        while not stop.done():
            await asyncio.wait({coming, stop}, timeout=pace.silent_most_s, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                if not stop.done():
                    yield _HEARTBEAT
                continue
            view = coming.result()
            if view is None:
                return
            yield _event(view, last)
            last = view
            if view.row.status not in _OVER:
                await asyncio.wait({stop}, timeout=pace.between_s)
            coming = asyncio.ensure_future(_next(views))
    finally:
        coming.cancel()
        stop.cancel()


async def _next(views: AsyncIterator[ImportView]) -> ImportView | None:
    return await anext(views, None)


def _event(view: ImportView, last: ImportView | None) -> bytes:
    """Write one event."""
    kind = "progress" if last is not None and _state(view) == _state(last) else "state"
    name = f"id: {LAST_ID}\n" if view.row.status in _OVER else ""
    return f"{name}event: {kind}\ndata: {ImportState.of(view).model_dump_json()}\n\n".encode()


def _state(view: ImportView) -> tuple[object, ...]:
    return view.row.status, view.row.phase, view.queue_position, view.held_up
