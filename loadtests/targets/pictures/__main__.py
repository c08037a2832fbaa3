"""A small Starlette app that holds one decoded picture in memory for each request in flight, and nothing else.

A worked example of a server that imports nothing: how much a request holds is known, so the answer can be checked.
"""

import argparse
import asyncio
import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

BYTES_PER_MIB = 1024 * 1024
# A choice: long enough that requests sent at the same moment are all in flight at once for most of it.
WORK_S = 0.5
DEFAULT_PICTURE_MIB = "10"


def make_app(picture_mib: str) -> Starlette:
    """Make the app, whose pictures have so many MiB each when they are decoded."""

    async def thumbnail(_: Request) -> Response:
        pixels = bytearray(b"\xff") * (
            int(picture_mib) * BYTES_PER_MIB
        )  # every byte is written, so every page is there
        await asyncio.sleep(WORK_S)
        return PlainTextResponse(f"a thumbnail of {len(pixels)} bytes\n")

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready\n")

    async def config(_: Request) -> Response:
        return JSONResponse({"settings": {"PICTURE_MIB": picture_mib}})

    return Starlette(
        routes=[Route("/thumbnail", thumbnail), Route("/ready", ready), Route("/config", config)],
    )


def main() -> None:
    """Serve on loopback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    app = make_app(os.environ.get("PICTURE_MIB", DEFAULT_PICTURE_MIB))
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
