"""Starts the fake Lichess from the command line; the only place that reads arguments, binds a port or exits."""

import json
import signal
import socket
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from fake_lichess.accounts import Accounts
from fake_lichess.app import make_app
from fake_lichess.people import make_world
from fake_lichess.settings import (
    EVALS_SHARE_RATIO,
    GAMES_DEFAULT,
    GAMES_MOST,
    PROFILES,
    ProfileName,
    Settings,
)
from fake_lichess.tracks import Pool, read_sequences

# Open streams get this long after SIGTERM before they are cut, as a restarted server cuts them: a choice.
GRACE_S = 1
PORT_TAKEN = 3  # exit code


class Server(uvicorn.Server):
    """Uvicorn, saying where it listens once it does."""

    def __init__(self, config: uvicorn.Config, url: str, *, as_json: bool) -> None:
        super().__init__(config)
        self._url = url
        self._as_json = as_json

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce the address: on standard output for machines, else on standard error for people."""
        await super().startup(sockets)
        if self._as_json:
            typer.echo(json.dumps({"listening": self._url}))
            sys.stdout.flush()
        else:
            typer.echo(f"listening on {self._url}", err=True)


def main(  # noqa: PLR0913 - one parameter an option
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")] = 8964,
    profile: Annotated[ProfileName, typer.Option(help="Which Lichess to play.")] = ProfileName.LICHESS,
    speed: Annotated[float, typer.Option(help="How many times faster than the real server time runs.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Other seeds make other games.")] = 0,
    games: Annotated[
        int, typer.Option(min=0, max=GAMES_MOST, help='Games of every account named "player...".')
    ] = GAMES_DEFAULT,
    replay: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='.pgn or .pgn.zst that every "player..." account serves.'),
    ] = None,
    max_streams: Annotated[
        int | None, typer.Option(min=0, help="Streams an address may hold; 0 = no limit. [default: the profile's]")
    ] = None,
    evals_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of games with computer analysis; 1 = the worst case.")
    ] = EVALS_SHARE_RATIO,
    as_json: Annotated[bool, typer.Option("--json", help="Announce the address as JSON on standard output.")] = False,  # noqa: FBT002
) -> None:
    """Serve made-up or replayed games exactly as Lichess serves them.

    Example: python -m fake_lichess --port 8964 --profile lichess --speed 20
    """
    if not speed > 0:
        raise typer.BadParameter(f"--speed is {speed}; give a number above 0, or --profile unlimited for no pacing")
    chosen = PROFILES[profile]
    settings = Settings(
        chosen,
        speed,
        seed,
        games,
        evals_share,
        replay,
        chosen.max_streams if max_streams is None else max_streams or None,
    )
    serve(settings, port, as_json=as_json)


def serve(settings: Settings, port: int, *, as_json: bool) -> None:
    """Serve until told to stop.

    Raises:
        typer.Exit: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        typer.echo(
            f"cannot listen on port {port}: {error.strerror}. Choose another --port, or 0 for a free one.", err=True
        )
        raise typer.Exit(PORT_TAKEN) from error
    pool = Pool(read_sequences((files("fake_lichess") / "data" / "sequences.tsv").read_text(encoding="utf-8")))
    accounts = Accounts(make_world(settings.seed, pool, settings.evals_share_ratio), settings.games)
    config = uvicorn.Config(
        make_app(settings, accounts),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    # Uvicorn raises the signal again once it has stopped; being told to stop is a normal end here.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: None)
    Server(config, f"http://127.0.0.1:{listener.getsockname()[1]}", as_json=as_json).run(sockets=[listener])


if __name__ == "__main__":
    typer.run(main)
