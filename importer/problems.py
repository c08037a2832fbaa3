"""Every refusal and every fault as problem+json with a sentence that says what, the value found, and what to do.

Must not decide what is refused: it puts into words what the routes and the framework raise.
"""

import logging
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from importer.errors import StorageTrouble, StoreDamaged

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

# A choice: how much of what was sent an answer repeats.
_SHOWN_CHARACTERS = 60

# What is as long as a token is never repeated whole, wherever it was sent: answers end up in logs. Lichess's tokens
# have 24 characters of RFC 6750's alphabet; ids of imports have 16, and an answer that names one should.
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9._~+/=-]{20,}")
_BEGINNING_CHARACTERS = 3

# A choice: a disk that is full or a file that is held does not clear up within a second.
_STORAGE_RETRY_S = "10"

_TITLES = {
    status.HTTP_400_BAD_REQUEST: "The request cannot be read",
    status.HTTP_401_UNAUTHORIZED: "A token is needed",
    status.HTTP_404_NOT_FOUND: "Not found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Not a method of this address",
    status.HTTP_406_NOT_ACCEPTABLE: "Not to be had in that form",
    status.HTTP_408_REQUEST_TIMEOUT: "The request did not come in time",
    status.HTTP_409_CONFLICT: "At odds with what is",
    status.HTTP_413_CONTENT_TOO_LARGE: "The request is too large",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "Not a form that is understood",
    status.HTTP_422_UNPROCESSABLE_CONTENT: "The request cannot be understood",
    status.HTTP_500_INTERNAL_SERVER_ERROR: "A fault of this server",
    status.HTTP_503_SERVICE_UNAVAILABLE: "Not now",
}

# What the framework leaves without a sentence of its own.
_SENTENCES = {
    status.HTTP_413_CONTENT_TOO_LARGE: "The body is larger than any request needs to be.",
    status.HTTP_400_BAD_REQUEST: "The body must be a JSON object, as UTF-8, not nested deeper than a request is.",
    status.HTTP_404_NOT_FOUND: "There is nothing at this address; /openapi.json lists what there is.",
}


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    title: str
    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What each field of a route's requests must be, in the words of an error, by where it stands and its name."""

    fields: Mapping[tuple[str, str], str]
    body: str = "nothing"  # the fields that a body names
    secrets: frozenset[str] = frozenset()  # what was sent as one of these is never repeated

    def sentence(self, error: Mapping[str, object]) -> str:
        """Put one error of a validation into words."""
        loc = error.get("loc")
        where, name = (str(loc[0]), str(loc[-1])) if isinstance(loc, tuple) and loc else ("", "")
        rule = self.fields.get((where, name.lower()))
        if rule is None and error.get("type") == "extra_forbidden":
            return f"{shown(name)} is not known: a request names {self.body}."
        if rule is None:
            return f"The body must be a JSON object with {self.body}."
        if error.get("type") == "missing":
            return f"{name} is missing: it {rule}."
        if name in self.secrets:
            return f"{name} {rule}."
        return f"{name} {rule}, not {shown(str(error.get('input')))!r}."


NO_RULES = Rules({})


def shown(text: str) -> str:
    """Return the beginning of a text that was sent, without tokens: what a cut leaves of one is not known for one.

    As UTF-8 can say it, because JSON can name half a character.
    """
    sparing = _TOKEN_LIKE.sub(lambda found: f"{found[0][:_BEGINNING_CHARACTERS]}...", text)
    return sparing[:_SHOWN_CHARACTERS].encode("utf-8", "backslashreplace").decode()


def no_import(import_id: str) -> HTTPException:
    """Return the refusal of an id that no import has."""
    return HTTPException(status.HTTP_404_NOT_FOUND, f"There is no import {shown(import_id)!r}.")


def problem(code: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a refusal."""
    body = Problem(title=_TITLES.get(code, "Refused"), status=code, detail=detail)
    return JSONResponse(body.model_dump(), status_code=code, media_type=PROBLEM, headers=dict(headers or {}))


def answer_problems(app: FastAPI, rules: Mapping[str, Rules]) -> None:
    """Make the application answer everything that goes wrong with a problem; *rules* are those of each path."""

    async def refuse_request(request: Request, error: Exception) -> Response:
        errors = error.errors() if isinstance(error, RequestValidationError) else []
        of_path = rules.get(request.scope["route"].path, NO_RULES)
        return problem(status.HTTP_422_UNPROCESSABLE_CONTENT, of_path.sentence(errors[0] if errors else {}))

    app.add_exception_handler(RequestValidationError, refuse_request)
    app.add_exception_handler(HTTPException, _refuse)
    app.add_exception_handler(sqlite3.OperationalError, _admit_storage)
    app.add_exception_handler(StorageTrouble, _admit_storage)
    app.add_exception_handler(StoreDamaged, _admit_damage)
    app.add_exception_handler(Exception, _admit_fault)


async def _refuse(request: Request, error: Exception) -> Response:
    """Answer what a route or the framework refuses."""
    if not isinstance(error, HTTPException):
        raise error
    code = error.status_code
    if code == status.HTTP_405_METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        detail = f"{shown(request.method)} is not possible here: use {allowed}."
        return problem(code, detail, {"Allow": allowed})
    by_framework = error.detail in {"Not Found", "Content Too Large", "There was an error parsing the body"}
    return problem(code, _SENTENCES[code] if by_framework else error.detail, error.headers)


def _methods(request: Request) -> list[str]:
    """Return every method of the address; the framework itself names only those of its first route."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    found = {method for route in fitting for method in route.methods or ()}
    return sorted(found | {"HEAD"} if "GET" in found else found)


async def _admit_storage(_request: Request, error: Exception) -> Response:
    """Answer a database that cannot be used at the moment."""
    detail = f"The database cannot be used now: {error}. Ask again later; nothing was changed."
    return problem(status.HTTP_503_SERVICE_UNAVAILABLE, detail, {"Retry-After": _STORAGE_RETRY_S})


async def _admit_damage(_request: Request, error: Exception) -> Response:
    """Answer a part of the database that cannot be read; whoever runs the server is told too."""
    _log.error("%s", error)
    return problem(status.HTTP_500_INTERNAL_SERVER_ERROR, str(error))


async def _admit_fault(_request: Request, error: Exception) -> Response:
    """Answer a fault of this program; the server's log has the rest.

    The connection ends with the answer, and says so: the fault goes on to the web server, which logs it and hangs up,
    and a client that sent its next request on the same connection would find it reset.
    """
    detail = f"The request could not be carried out: {type(error).__name__}. The server's log says more."
    return problem(status.HTTP_500_INTERNAL_SERVER_ERROR, detail, {"Connection": "close"})
