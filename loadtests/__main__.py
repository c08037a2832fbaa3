"""Command line of the harness: says which commands there are; the only place that ends the process."""

import os
import signal
import sys
from types import FrameType

import typer

from loadtests.commands import checking, explaining, running, searching, watching
from loadtests.commands.surroundings import Surroundings
from loadtests.errors import LoadTestError

EXAMPLE = "Example: python -m loadtests"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=f"{EXAMPLE} sweep --plan quick",
)
app.command("doctor", epilog=f"{EXAMPLE} doctor --json")(checking.doctor)
app.command("sweep", epilog=f"{EXAMPLE} sweep --plan quick --limit-mib 256")(running.sweep_command)
app.command("run", epilog=f"{EXAMPLE} run --users 3 --profile recommended --set IMPORT_BATCH_SIZE=30")(
    running.run_command
)
app.command("find", epilog=f"{EXAMPLE} find --limit-mib 64 --max-users 100")(searching.find_command)
app.command("squeeze", epilog=f"{EXAMPLE} squeeze --users 3 --profile before")(searching.squeeze_command)
app.command("smoke", epilog=f"{EXAMPLE} smoke --url http://127.0.0.1:8000 --user player1 --user player2 ...")(
    checking.smoke
)
app.command("watch", epilog=f"{EXAMPLE} watch --pid 4711 --url http://127.0.0.1:8000 --for-s 3600")(
    watching.watch_command
)
app.command("explain", epilog=f"{EXAMPLE} explain --users 3 --profile before")(explaining.explain_command)
app.command("calibrate", epilog=f"{EXAMPLE} calibrate --per-request-mib 25 --users 2 --users 4")(
    checking.calibrate_command
)
app.command("clean", epilog=f"{EXAMPLE} clean")(checking.clean)


def main() -> None:
    """Run the command line; every foreseen error becomes one sentence and an exit code by its class."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app(obj=Surroundings(os.environ, tuple(sys.argv[1:])))
    except LoadTestError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Turn a request to end into the interrupt that unwinds every context manager."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
