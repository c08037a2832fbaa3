"""What JSON shows and what it does not, and that a game chosen at random agrees in both forms."""

import json

from hypothesis import given, settings
from hypothesis.strategies import integers

from fake_lichess.games import SyntheticAccount
from fake_lichess.ndjson import JsonRenderer
from fake_lichess.pgn import Options
from fake_lichess.settings import GAMES_MOST
from tests.laws.agreement import agree, names
from tests.made_up_world import details, world


@settings(deadline=None)
@given(seed=integers(0, 3), name=names, number=integers(0, GAMES_MOST - 1))
def test_both_forms_of_a_game_agree(seed: int, name: str, number: int) -> None:
    """PGN and JSON of any game of any account say the same, and its moves replay to the last position."""
    for game in SyntheticAccount(world(seed, 0.5), name, GAMES_MOST).games(range(number, number + 1)):
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
