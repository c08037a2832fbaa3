"""What it means that both forms of a game agree; fast enough to be asked of ten thousand games.

Each game is read once by python-chess, whose reader plays every move on a board; all else is compared as text.
"""

import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import chess
import chess.pgn
from hypothesis.strategies import text

from fake_lichess.games import Game
from fake_lichess.ndjson import JsonRenderer
from fake_lichess.pgn import SHOWS_FEN, VARIANT_NAMES, Options, Renderer, clock_text, evaluation_text
from fake_lichess.play.details import lichess_fen
from tests.made_up_world import details

# GameApiV2 of lila, in its order.
KEYS = [
    "id", "rated", "variant", "speed", "perf", "createdAt", "lastMoveAt", "status", "source", "players", "fullId",
    "initialFen", "winner", "opening", "moves", "clocks", "pgn", "daysPerTurn", "analysis", "arenaTour", "swissTour",
    "clock", "lastFen", "lastMove", "division", "bookmarked", "import",
]  # fmt: skip
PLAYER_KEYS = ["user", "rating", "ratingDiff", "name", "provisional", "aiLevel", "blindfold", "analysis", "team"]
USER_KEYS = ["name", "title", "flair", "patron", "patronColor", "id"]
EVERYTHING = Options(
    clocks=True, evals=True, opening=True, as_json=True, pgn_in_json=True, last_fen=True, accuracy=True, division=True
)  # fmt: skip
JSON, PGN = JsonRenderer(EVERYTHING, details()), Renderer(EVERYTHING)
EVALUATION, CLOCK = re.compile(r"\[%eval ([^]]+)\]"), re.compile(r"\[%clk ([^]]+)\]")
COMMENT_OR_NUMBER = re.compile(r"\{[^}]*\}|\d+\.+")
LINE_PLIES_MOST = 12
names = text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=2, max_size=30)


class Line:
    """What may be played next where some game was before: moves found legal there, and where they lead."""

    def __init__(self) -> None:
        self.moves: dict[str, tuple[chess.Move, Line]] = {}


# By how games begin. The made-up games share a thousand sequences of moves: whether a move is legal depends on those
# before it alone, and to find that out again for every game took half of the time of these laws.
KNOWN: dict[tuple[type[chess.Board], bool, str], Line] = {}


class Reading(chess.pgn.BaseVisitor["Reading"]):
    """One game as python-chess reads it: every move found legal and played, every error kept."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.tags: dict[str, str] = {}
        self.sans: list[str] = []
        self.comments: list[str] = []
        self.errors: list[Exception] = []
        self.board = chess.Board()
        self.last_uci: str | None = None

    def visit_header(self, tagname: str, tagvalue: str) -> None:
        """Keep a tag."""
        self.tags[tagname] = tagvalue

    def parse_san(self, board: chess.Board, san: str) -> chess.Move:
        """Keep a move as it is written, and find it among the legal ones."""
        self.sans.append(san)
        line = self.line or KNOWN.setdefault((type(board), board.chess960, board.fen()), Line())
        if san not in line.moves:
            line.moves[san] = super().parse_san(board, san), Line()
        move, self.line = line.moves[san]
        return move

    def visit_move(self, board: chess.Board, move: chess.Move) -> None:
        """Keep the latest move."""
        self.last_uci = board.uci(move)

    def visit_board(self, board: chess.Board) -> None:
        """Keep the latest position."""
        self.board = board

    def visit_comment(self, comment: str) -> None:
        """Keep a comment."""
        self.comments.append(comment)

    def handle_error(self, error: Exception) -> None:
        """Keep an error."""
        self.errors.append(error)

    def result(self) -> "Reading":
        """Return what was kept."""
        return self


def all_agree(games: Iterable[Game]) -> int:
    """Assert of each of these games that both forms of it are true and say the same; return how many there were."""
    count = 0
    for count, game in enumerate(games, start=1):  # noqa: B007 - how many there were is what is returned
        agree(game)
    return count


def agree(game: Game) -> None:
    """Assert that both forms of a game are true and say the same."""
    line, pgn = JSON.render(game).decode(), PGN.render(game).decode()
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    found = json.loads(line)
    assert found["pgn"] == pgn
    assert in_order(found, KEYS)
    for player in found["players"].values():
        assert in_order(player, PLAYER_KEYS)
        assert in_order(player.get("user", {}), USER_KEYS)
    file = io.StringIO(pgn)
    read = chess.pgn.read_game(file, Visitor=Reading)
    assert read is not None
    assert read.errors == []
    assert file.read() == "\n"  # of the two blank lines after a game the reader takes one
    moves_agree(found, read)
    analyses_agree(found, read)
    tags_agree(found, read.tags)


def in_order(found: Mapping[str, Any], keys: list[str]) -> bool:
    """Say whether these keys are known ones, in their order."""
    return list(found) == [key for key in keys if key in found]


def moves_agree(found: Mapping[str, Any], read: Reading) -> None:
    """Moves and clocks are the same, and the moves lead to the last position."""
    sans = found["moves"].split()
    *written, result = COMMENT_OR_NUMBER.sub("", found["pgn"].split("\n\n")[1]).split()
    assert (written, result) == (sans, read.tags["Result"])
    assert [san.rstrip("+#") for san in sans] == read.sans  # the reader leaves out checks and mates
    assert found["lastFen"] == lichess_fen(read.board)
    assert found.get("lastMove") == read.last_uci
    clocks = [clock_text(round(cs / 100 + 1e-6)) for cs in found.get("clocks", [])]
    assert clocks == [match[1] for comment in read.comments for match in CLOCK.finditer(comment)]
    assert len(clocks) in (0, len(read.sans))
    assert all(0 <= ply <= len(read.sans) for ply in found["division"].values())


def analyses_agree(found: Mapping[str, Any], read: Reading) -> None:
    """Evaluations are the same, and what is judged has a better line."""
    entries = found.get("analysis", [])
    evals = [f"#{entry['mate']}" if "mate" in entry else str(entry["eval"]) for entry in entries]
    shown = [match[1] for comment in read.comments for match in EVALUATION.finditer(comment)]
    assert list(map(evaluation_text, evals)) == shown
    for san, entry in zip(read.sans, entries, strict=False):
        judged = "judgment" in entry
        assert judged == ("best" in entry) == ("variation" in entry)
        if judged:
            line, judgment = entry["variation"].split(), entry["judgment"]
            assert judgment["name"] in ("Inaccuracy", "Mistake", "Blunder")
            assert judgment["comment"].endswith(f" {line[0]} was best.")
            assert line[0].rstrip("+#") != san
            assert len(line) <= LINE_PLIES_MOST


def tags_agree(found: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    """Players, ratings, result, variant and time control are the same."""
    assert tags["GameId"] == found["id"]
    assert tags["Variant"] == VARIANT_NAMES[found["variant"]]
    assert ("FEN" in tags) == ("initialFen" in found) == (found["variant"] in SHOWS_FEN)
    assert {"1-0": "white", "0-1": "black"}.get(tags["Result"]) == found.get("winner")
    for side, player in found["players"].items():
        tag = side.capitalize()
        name = player.get("user", {}).get("name") or player.get("name")
        nameless = f"lichess AI level {player['aiLevel']}" if "aiLevel" in player else "Anonymous"
        assert tags[tag].replace('\\"', '"') == (name or nameless)  # the reader leaves escapes as they are
        assert tags[f"{tag}Elo"] == str(player.get("rating", "?"))
        assert int(tags.get(f"{tag}RatingDiff", "0")) == player.get("ratingDiff", 0)
        assert tags.get(f"{tag}Title") == player.get("user", {}).get("title")
    clock, days = found.get("clock"), found.get("daysPerTurn")
    timed = f"{clock['initial']}+{clock['increment']}" if clock else None
    assert tags["TimeControl"] == (timed or (f"{days} day{'s' * (days > 1)} per move" if days else "-"))
    assert found.get("arenaTour", {"name": tags["Event"]})["name"] == tags["Event"]
    assert found["lastMoveAt"] >= found["createdAt"]
