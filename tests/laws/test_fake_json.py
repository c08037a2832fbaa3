"""Laws of both forms of a game: they agree, every move replays, and the keys stand in Lichess's order."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import chess.pgn
from hypothesis import given, settings
from hypothesis.strategies import integers, sampled_from

from fake_lichess.games import Game, SyntheticAccount
from fake_lichess.ndjson import JsonRenderer
from fake_lichess.pgn import SHOWS_FEN, VARIANT_NAMES, Options, Renderer
from fake_lichess.play.details import board_of
from fake_lichess.settings import GAMES_MOST
from tests.made_up_world import details, world

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
# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)
# Ten thousand games take most of a minute to replay, move by move and in both forms; this many take some ten seconds.
SWEEP_GAMES = 2000


def in_order(found: Mapping[str, Any], keys: list[str]) -> bool:
    """Say whether these keys are known ones, in their order."""
    return list(found) == [key for key in keys if key in found]


def agree(game: Game) -> None:
    """Assert that both forms of a game are true and say the same."""
    line, text = JSON.render(game).decode(), PGN.render(game).decode()
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    found = json.loads(line)
    assert found["pgn"] == text
    assert in_order(found, KEYS)
    for player in found["players"].values():
        assert in_order(player, PLAYER_KEYS)
        assert in_order(player.get("user", {}), USER_KEYS)
    read = chess.pgn.read_game(io.StringIO(text))
    assert read is not None
    assert read.errors == []
    moves_agree(found, read)
    tags_agree(found, read.headers)


def moves_agree(found: Mapping[str, Any], read: chess.pgn.Game) -> None:
    """Moves, clocks and evaluations are the same, and the moves lead to the last position."""
    board = board_of(found["variant"], found.get("initialFen", ""))
    nodes, sans = list(read.mainline()), found["moves"].split()
    for san, node in zip(sans, nodes, strict=True):
        assert board.push_san(san) == node.move
    assert board_of(found["variant"], found["lastFen"]).fen() == board.fen()
    assert ("lastMove" in found) == bool(sans)
    clocks = [node.clock() for node in nodes]
    assert [round(cs / 100 + 1e-6) for cs in found.get("clocks", [])] == [
        clock for clock in clocks if clock is not None
    ]
    evals = list(filter(None, (node.eval() for node in nodes)))
    for entry, score in zip(found.get("analysis", []), evals, strict=True):
        assert (entry.get("eval"), entry.get("mate")) == (score.white().score(), score.white().mate())
        assert ("judgment" not in entry) or entry["judgment"]["name"] in ("Inaccuracy", "Mistake", "Blunder")


def tags_agree(found: Mapping[str, Any], tags: chess.pgn.Headers) -> None:
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
    clock = found.get("clock")
    timed = f"{clock['initial']}+{clock['increment']}" if clock else None
    days = found.get("daysPerTurn")
    assert tags["TimeControl"] == (timed or (f"{days} day{'s' * (days > 1)} per move" if days else "-"))
    assert found.get("arenaTour", {"name": tags["Event"]})["name"] == tags["Event"]
    assert found["lastMoveAt"] >= found["createdAt"]


def games_of(variant: str) -> Iterator[Game]:
    """Yield the games of one variant in a large account."""
    account = SyntheticAccount(world(0, 0.5), "player", GAMES_MOST)
    return (game for game in account.games(range(GAMES_MOST)) if game.track.control.variant == variant)


@unhurried
@given(seed=integers(0, 3), name=sampled_from(["player1", "Anna", "x_-9"]), number=integers(0, GAMES_MOST - 1))
def test_both_forms_of_a_game_agree(seed: int, name: str, number: int) -> None:
    """PGN and JSON of any game of any account say the same, and its moves replay to the last position."""
    for game in SyntheticAccount(world(seed, 0.5), name, GAMES_MOST).games(range(number, number + 1)):
        agree(game)


def test_a_long_run_of_games_agrees() -> None:
    """Over a run long enough to meet every occasion, every game is true in both forms."""
    met = Counter[str]()
    for game in SyntheticAccount(world(0, 0.5), "player", GAMES_MOST).games(range(SWEEP_GAMES)):
        agree(game)
        met[game.occasion.source if game.occasion else "ordinary"] += 1
    assert {"ordinary", "arena", "swiss", "ai", "friend", "import"} <= set(met)


def test_every_variant_agrees() -> None:
    """Twenty games of each variant, the rarest too, are true in both forms."""
    for variant in VARIANT_NAMES:
        for game, _ in zip(games_of(variant), range(20), strict=False):
            agree(game)


def test_plain_json_has_only_what_was_asked_for() -> None:
    """Without options there are moves and players, no clocks, analysis, opening, division or position."""
    [game] = SyntheticAccount(world(0, 1.0), "player", 1).games(range(1))
    found = json.loads(JsonRenderer(Options(as_json=True), details()).render(game))
    assert not {"clocks", "analysis", "opening", "division", "lastFen", "pgn"} & set(found)
    assert "analysis" not in found["players"]["white"]
    bare = json.loads(JsonRenderer(Options(as_json=True, moves=False, accuracy=True), details()).render(game))
    assert "moves" not in bare
    assert "accuracy" in bare["players"]["white"]["analysis"]
    assert "analysis" not in bare
    judged = json.loads(JsonRenderer(Options(as_json=True, evals=True), details()).render(game))
    assert "accuracy" not in judged["players"]["white"]["analysis"]
    assert len(judged["analysis"]) == len(game.track.evals)
