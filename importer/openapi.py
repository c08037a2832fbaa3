"""The OpenAPI document: what the routes say, with every refusal as a problem and the token where one is needed.

Must not know the routes: it completes what the framework writes about them.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from importer.problems import PROBLEM, Problem

DESCRIPTION = """Imports the chess games of Lichess and Chess.com players into a database and gives them back.

Errors are `application/problem+json` with a sentence that says what, the value found, and what to do next."""

# What any route may answer besides what it says itself.
_EVERYWHERE = {
    "400": "The request cannot be read.",
    "401": "The server has a token, and the request does not bear it.",
    "500": "A fault of this server.",
    "503": "The database cannot be used now; Retry-After says when to ask again.",
}


def describe(app: FastAPI, open_paths: frozenset[str]) -> None:
    """Make the application describe itself completely."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(
                get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes),
                open_paths,
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _completed(document: dict[str, Any], open_paths: frozenset[str]) -> dict[str, Any]:
    """Say of every operation how it refuses."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, is_open=path in open_paths)
    return document


def _complete(operation: dict[str, Any], *, is_open: bool) -> None:
    responses = operation["responses"]
    for code, text in ({} if is_open else _EVERYWHERE).items():
        responses.setdefault(code, {"description": text})
    if "422" in responses and responses["422"]["description"] == "Validation Error":
        responses["422"]["description"] = "A parameter is not what it must be."
    for code, response in responses.items():
        if int(code) >= 400:  # noqa: PLR2004 where errors begin
            response["content"] = _problem(int(code), response["description"])
        if code == "503":
            response["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "string"}}}
    if not is_open:
        operation["security"] = [{"token": []}, {}]


def _problem(code: int, text: str) -> dict[str, Any]:
    example = {"title": text.split(",", maxsplit=1)[0].rstrip("."), "status": code, "detail": text}
    return {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
