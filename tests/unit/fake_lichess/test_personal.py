"""What a game in JSON says only to its reader."""

import json

import pytest

from fake_lichess.personal import personally, player_id

OWN = (
    b'{"id":"abcdefgh","players":{"white":{"user":{"name":"Anna","id":"anna"}},"black":{"aiLevel":3}},"moves":"e4",'
    b'"import":{}}\n'
)


def keys(game: bytes) -> list[str]:
    return list(json.loads(game))


def test_players_are_told_the_way_to_their_side() -> None:
    """The full id stands behind the players, and begins with the game's."""
    [seen] = personally(iter([OWN]), "anna")
    assert keys(seen) == ["id", "players", "fullId", "moves", "import"]
    assert json.loads(seen)["fullId"] == "abcdefgh" + player_id("abcdefgh", "white")
    assert seen.endswith(b"}\n")
    assert player_id("abcdefgh", "white") != player_id("abcdefgh", "black")


def test_bookmarked_games_say_so_before_where_they_came_from() -> None:
    """The order of the keys is Lichess's, whoever played."""
    [seen] = personally(iter([OWN]), "bert", frozenset({"abcdefgh"}))
    assert keys(seen) == ["id", "players", "moves", "bookmarked", "import"]
    [other] = personally(iter([OWN.replace(b',"import":{}', b"")]), "bert", frozenset({"abcdefgh"}))
    assert keys(other) == ["id", "players", "moves", "bookmarked"]


@pytest.mark.parametrize("game", [OWN, b'{"id":"abcd\n', b"\xff" + OWN])
def test_other_people_s_games_and_damaged_ones_stay_as_they_are(game: bytes) -> None:
    """Not a byte changes where there is nothing to say, or nothing to read."""
    assert list(personally(iter([game]), "bert" if game == OWN else "anna", frozenset({"other"}))) == [game]


def test_a_name_in_another_place_is_no_player() -> None:
    """Only who played is told of his side."""
    game = OWN.replace(b'"aiLevel":3', b'"aiLevel":3,"note":{"id":"bert"}')
    [seen] = personally(iter([game]), "bert")
    assert "fullId" not in keys(seen)
