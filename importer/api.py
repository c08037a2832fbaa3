"""The HTTP interface: every route, every refusal and their description, put together.

Must not hold any state: everything is asked of the parts it was given.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from fastapi import FastAPI

from importer.access import BODY_BYTES_MOST, OPEN_PATHS
from importer.admission import Admission
from importer.events import Closing, add_events_route
from importer.games_feed import GAMES_RULES, add_games_route
from importer.import_routes import IMPORT_RULES, add_import_routes
from importer.openapi import describe
from importer.operations import Operated, add_operations_routes
from importer.problems import answer_problems
from importer.strict import StrictRoute

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the interface is a face of."""

    operated: Operated
    admission: Admission
    closing: Closing


def create_app(parts: Parts, lifespan: Lifespan) -> FastAPI:
    """Build the application around its parts."""
    app = FastAPI(
        title="importer",
        version="0.1.0",
        lifespan=lifespan,
        max_body_size=BODY_BYTES_MOST,
        redirect_slashes=False,  # to an address made of the Host header, which whoever asks may choose
        docs_url=None,  # the framework's pages load scripts from elsewhere; the document itself is at /openapi.json
        redoc_url=None,
    )
    answer_problems(app, {**IMPORT_RULES, **GAMES_RULES})
    imports = parts.operated.imports
    app.router.route_class = StrictRoute
    add_import_routes(app, imports, parts.admission)
    add_events_route(app, imports, parts.closing)
    add_games_route(app, parts.operated.reading)
    add_operations_routes(app, parts.operated)
    describe(app, OPEN_PATHS)
    return app
