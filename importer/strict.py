"""Refuses what a request says beside the point, before it is looked at: another kind of body, parameters nobody reads.

Must not know the routes: what each takes is its own declaration.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response, status
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from importer.problems import shown

# Health and metrics are asked by programs that add parameters of their own.
_STRICT = "/api/"


class StrictRoute(APIRoute):
    """A route that takes the query parameters it names, each once, and JSON where it takes a body."""

    def get_route_handler(self) -> Any:
        """Return the handler, with the checks in front."""
        handle = super().get_route_handler()
        known = [field.alias for field in self.dependant.query_params]

        async def check(request: Request) -> Response:
            if self.path.startswith(_STRICT):
                _check_parameters(request, known)
            if self.body_field is not None:
                _check_body(request)
            answer: Response = await handle(request)
            return answer

        return check


def _check_parameters(request: Request, known: Sequence[str]) -> None:
    """Refuse a parameter that would do nothing, such as a misspelt filter, and one that is given twice."""
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            takes = ", ".join(known) or "none"
            raise _beside_the_point(f"The parameter {shown(name)!r} is not known: this address takes {takes}.")
        if given.count(name) > 1:
            raise _beside_the_point(f"The parameter {name} is given {given.count(name)} times, and counts once.")


def _beside_the_point(detail: str) -> HTTPException:
    return HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail)


def _check_body(request: Request) -> None:
    """Refuse a body that does not say that it is JSON, or that would have to be unpacked first."""
    kind = request.headers.get("Content-Type", "")
    if kind.split(";", maxsplit=1)[0].strip().lower() != "application/json":
        found = repr(shown(kind)) if kind else "nothing named"
        detail = f"The body must be application/json, not {found}. Say so with the header Content-Type."
        raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, detail)
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.strip().lower() != "identity":
        detail = f"The body must be sent as it is, not in the coding {shown(coding)!r}."
        raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, detail, {"Accept-Encoding": "identity"})
