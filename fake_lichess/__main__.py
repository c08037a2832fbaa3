"""Starts the fake Lichess from the command line; the only place that reads arguments, binds a port or exits."""

import json
import logging
import signal
import socket
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from fake_lichess.accounts import Accounts, Replay
from fake_lichess.app import make_app
from fake_lichess.details import Details
from fake_lichess.faults import Fault
from fake_lichess.people import make_world
from fake_lichess.settings import (
    EVALS_SHARE_RATIO,
    GAMES_DEFAULT,
    GAMES_MOST,
    PROFILES,
    SLOT_MEMORY_S,
    Leaks,
    ProfileName,
    Settings,
)
from fake_lichess.tracks import Pool, read_sequences
from fake_lichess.troubles import FaultsUnreadable, read_faults

# Open streams get this long after SIGTERM before they are cut, as a restarted server cuts them: a choice.
GRACE_S = 1
# How long an idle connection is kept: nginx's default, which clients with a pool rely on. Uvicorn's 5 s would close
# connections under them.
KEEP_ALIVE_S = 75
# Exit codes.
PORT_TAKEN = 3
REPLAY_UNREADABLE = 4
FAULTS_UNREADABLE = 5


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
            print(json.dumps({"listening": self._url}), flush=True)  # noqa: T201 - the one line machines read
        else:
            say(f"listening on {self._url}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; open streams are cut as a restarting server cuts them, which is no error to report."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def main(  # noqa: PLR0913, PLR0917 - one parameter an option
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
    leaks: Annotated[Leaks, typer.Option(help="Places of streams that are only forgotten.")] = Leaks.REJECTED,
    slot_memory_s: Annotated[
        float, typer.Option(min=0.001, help="How long such a place is remembered, before --speed.")
    ] = SLOT_MEMORY_S,
    trust_client_header: Annotated[  # noqa: FBT002
        bool, typer.Option("--trust-client-header", help="Take a caller's address from X-Forwarded-For.")
    ] = False,
    faults: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file: what goes wrong for which user.")
    ] = None,
    reader_patience_s: Annotated[
        float | None, typer.Option(min=0.001, help="Cut off readers who take nothing for so long. [default: never]")
    ] = None,
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
        leaks,
        slot_memory_s,
        faults,
        reader_patience_s,
        trust_client_header=trust_client_header,
    )
    serve(settings, port, as_json=as_json)


def serve(settings: Settings, port: int, *, as_json: bool) -> None:
    """Serve until told to stop.

    Raises:
        typer.Exit: the port is taken, the file to replay holds no game, or that of the faults no faults.
    """
    listener = listen(port)
    config = uvicorn.Config(
        make_app(settings, make_accounts(settings), faults_of(settings.faults)),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For from loopback, asked or not
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    # A stream that a fault cuts is meant to end without an end, which uvicorn reports as an error.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing" not in record.getMessage())
    # Uvicorn raises the signal again once it has stopped; being told to stop is a normal end here.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: None)
    Server(config, f"http://127.0.0.1:{listener.getsockname()[1]}", as_json=as_json).run(sockets=[listener])


def listen(port: int) -> socket.socket:
    """Take the port before anything slow is done."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        say(f"cannot listen on port {port}: {error.strerror}. Choose another --port, or 0 for a free one.")
        raise typer.Exit(PORT_TAKEN) from error
    return listener


def make_accounts(settings: Settings) -> Accounts:
    """Read the data files and gather what accounts are made of."""
    data = files("fake_lichess") / "data"
    rows = [(data / f"{name}.tsv").read_text(encoding="utf-8") for name in ("sequences", "variants")]
    pool = Pool(read_sequences("".join(rows)))
    world = make_world(settings.seed, pool, settings.evals_share_ratio)
    details = Details(lambda: (data / "details.tsv").read_text(encoding="utf-8"))
    return Accounts(world, settings.games, details, None if settings.replay is None else replayed(settings.replay))


def faults_of(path: Path | None) -> dict[str, tuple[Fault, ...]]:
    """Read the faults to begin with."""
    try:
        return {} if path is None else read_faults(path)
    except FaultsUnreadable as error:
        say(str(error))
        raise typer.Exit(FAULTS_UNREADABLE) from error


def replayed(path: Path) -> Replay:
    """Read the file to replay and say what was left out of it."""
    # Here, because reading foreign games needs a chess library and 10 MB that synthetic games do without.
    from fake_lichess.replay import ReplayAccount, ReplayUnreadable, read_file  # noqa: PLC0415

    say(f"reading {path}; games that are not from Lichess are replayed move by move, some 400 a second")
    try:
        file = read_file(path)
    except (ReplayUnreadable, OSError) as error:
        say(str(error))
        raise typer.Exit(REPLAY_UNREADABLE) from error
    for reason, games in file.left_out.most_common():
        say(f"{path}: {games} games left out: {reason}")
    if file.cut:
        say(f"{path}: the file goes on, but only these first {len(file.games)} games are served")
    return lambda name: ReplayAccount(file, name)


def say(text: str) -> None:
    """Tell people something, on standard error."""
    typer.echo(text, err=True)


if __name__ == "__main__":
    typer.run(main)
