"""Command line of the importer: the server, and the tools around its database.

The only module that reads argv, prints or exits. argparse, because every megabyte counts against the imports.
"""

import argparse
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict

from importer.errors import ImporterError, SettingsError
from importer.readers import replay_by
from importer.settings import Settings
from importer.store import USER_ID_PATTERN, Account, Store, statements
from importer.tools.export import FORMS, Written, pieces, to_file
from importer.tools.filling import fill, pieces_of, reader
from importer.tools.opening import in_words, reading
from importer.tools.vacuum import vacuum
from importer.tools.verify import Tally, disagreements

_EXAMPLES = """examples:
  python -m importer --port 8000
  MAX_CONCURRENT_IMPORTS=4 HTTP_POOL_LIMIT_PER_HOST=4 python -m importer --port 8000
  API_TOKEN=$(openssl rand -hex 32) python -m importer --host 0.0.0.0
  python -m importer add-games --user player1 games.pgn
  python -m importer list-games --user player1 --json
  python -m importer export --user player1 --output player1.pgn
  python -m importer export --format ndjson | gzip > games.ndjson.gz
  python -m importer verify && python -m importer vacuum
"""


def main(argv: Sequence[str], environ: dict[str, str]) -> int:
    """Run what the command line asks for; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = Settings.from_env(environ)
        return int(arguments.run(arguments, settings))
    except ImporterError as error:
        _tell(f"importer: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has read enough
        return 0
    finally:
        sys.stdout.flush()


def _answer(line: str) -> None:
    """Write a line of what was asked for."""
    sys.stdout.write(line + "\n")


def _tell(line: str) -> None:
    """Write a line for people."""
    sys.stderr.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m importer",
        description="Import chess games of Lichess and Chess.com into SQLite, over HTTP. No tool's name: serve.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="other than loopback needs API_TOKEN (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="0 picks a free one (default: 8000)")
    parser.add_argument("--json", action="store_true", help="for machines: JSON on standard output")
    parser.set_defaults(run=_serve)
    tools = parser.add_subparsers(title="tools, which need no server")
    add = _add_tool(tools, "add-games", "read a PGN file into the database", _add_games)
    add.add_argument("--trusted", action="store_true", help="do not replay the moves: they were validated before")
    add.add_argument("file", help="a PGN file, or - for standard input")
    _of_user(add, required=True)
    listing = _add_tool(tools, "list-games", "print the ids of a user's stored games, newest first", _list_games)
    _of_user(listing, required=True)
    out = _add_tool(tools, "export", "write stored games, newest first, one user's or everyone's", _export)
    _of_user(out, required=False)
    out.add_argument("--format", choices=sorted(FORMS), default="pgn", help="default: pgn")
    out.add_argument("--output", default="-", help="a file, which appears when it is whole; - for standard output")
    _add_tool(tools, "verify", "recount games and imports, and compare what is stored with its digests", _verify)
    _add_tool(tools, "vacuum", "make the file as small as it can be; no server may be running", _vacuum)
    return parser


def _add_tool(
    tools: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace, Settings], int],
) -> argparse.ArgumentParser:
    """Add a tool with the arguments that all tools take."""
    tool = tools.add_parser(
        name, help=summary, description=summary, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tool.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="for machines: JSON lines")
    tool.set_defaults(run=run)
    return tool


def _of_user(tool: argparse.ArgumentParser, *, required: bool) -> None:
    """Let a tool be told whose games."""
    tool.add_argument("--user", required=required, type=_user_id, help="whose games; upper and lower case are the same")
    tool.add_argument("--platform", choices=["lichess", "chesscom"], default="lichess")


def _user_id(text: str) -> str:
    """Check a user id given on the command line."""
    if not re.fullmatch(USER_ID_PATTERN.strip("^$"), text):
        raise argparse.ArgumentTypeError(f"{text!r} is not 2 to 30 letters, digits, underscores or hyphens")
    return text


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    # Imported here so that the tools need neither the memory nor the start-up time of a server.
    from importer.server import LOOPBACK, listen, serve, url_of  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    has_token = bool(settings.api_token.get_secret_value())
    if arguments.host != LOOPBACK and not has_token:
        raise SettingsError("API_TOKEN", "", f"set before anyone outside may be listened to (--host {arguments.host})")
    for warning in settings.warnings():
        _tell(f"warning: {warning}")
    listener = listen(arguments.host, arguments.port)

    def say_ready() -> None:
        if arguments.json:
            _answer(json.dumps({"listening": url_of(listener)}))
            sys.stdout.flush()
        else:
            access = "" if has_token else " (no API_TOKEN is set: this machine only, and no token needed)"
            _tell(f"listening on {url_of(listener)}{access}")

    # The server stops on SIGTERM and then raises it once more; being asked to stop is no failure.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    serve(settings, listener, say_ready)
    return 0


def _add_games(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read a PGN file into the database."""
    account = Account(arguments.platform, arguments.user)
    read = reader(None if arguments.trusted else replay_by(settings.pgn_reader))
    with in_words(settings.database_path), closing(Store(settings.database_path)) as store:
        counts = fill(store, account, pieces_of(arguments.file, sys.stdin.buffer), read)
    if arguments.json:
        _answer(json.dumps({"user": arguments.user, "platform": arguments.platform, **counts}))
    else:
        text = ", ".join(f"{count} {name}" for name, count in counts.items())
        _answer(f"{arguments.user} on {arguments.platform}: {text}; in {settings.database_path}")
    return 0


def _list_games(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the stored ids of a user, newest first."""
    account = Account(arguments.platform, arguments.user)
    with reading(settings.database_path) as db:
        for game_id, created_at_s in db.execute(statements.NEWEST_FIRST, account.key()):
            if arguments.json:
                created_at_ms = None if created_at_s is None else created_at_s * 1000
                _answer(json.dumps({"id": game_id, "created_at_ms": created_at_ms}))
            else:
                _answer(game_id)
    return 0


def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write games to a file, or to standard output, where nothing else is written then."""
    account = None if arguments.user is None else Account(arguments.platform, arguments.user)
    written = Written()
    with reading(settings.database_path) as db:
        content = pieces(db, account, arguments.format, written)
        if arguments.output == "-":
            sys.stdout.buffer.writelines(content)
            sys.stdout.buffer.flush()
        else:
            to_file(arguments.output, content)
    say = _tell if arguments.output == "-" else _answer
    summary = {"output": arguments.output, **asdict(written)}
    say(json.dumps(summary) if arguments.json else f"{written.games} games, {written.bytes} bytes, {arguments.output}")
    return 0


def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """Recount the database; 1 when something does not agree."""
    tally = Tally()
    with reading(settings.database_path) as db:
        for one in disagreements(db, settings.database_path, tally):
            _answer(json.dumps(asdict(one)) if arguments.json else f"{one.kind}: {one.what}. {one.remedy}")
    if arguments.json:
        _answer(json.dumps(tally.summary()))
    else:
        for account in tally.accounts():
            _answer("{user_id} on {platform}: {games} games, digest {digest}".format(**account))
        _answer(tally.sentence())
    return 1 if tally.disagreements else 0


def _vacuum(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make the database small."""
    done = vacuum(settings.database_path)
    if arguments.json:
        _answer(json.dumps(asdict(done)))
    else:
        _answer(f"{done.before_bytes} bytes before, {done.after_bytes} after; {done.packed_games} games newly packed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
