"""What a game in JSON says only to the one who asks: the way to his own side of it, and whether he marked it; no I/O.

Source: GameApiV2.scala of lila (``fullId``, ``bookmarked``).
"""

import json
from collections.abc import Collection, Iterator
from hashlib import blake2b

from fake_lichess.ids import ALPHABET

PLAYER_ID_LENGTH = 4  # what is added to a game's id to name one side of it


def personally(games: Iterator[bytes], reader: str, bookmarks: Collection[str] = ()) -> Iterator[bytes]:
    """Yield games as this user sees them; *bookmarks* are the ids of games to be shown as bookmarked."""
    return (_seen(game, reader, bookmarks) for game in games)


def _seen(game: bytes, reader: str, bookmarks: Collection[str]) -> bytes:
    if f'"id":"{reader}"'.encode() not in game and not any(name.encode() in game for name in bookmarks):
        return game
    try:
        read = json.loads(game)
    except ValueError:  # damaged on purpose
        return game
    keys: dict[str, object] = {}
    for name, value in read.items():
        if name == "import" and read["id"] in bookmarks:
            keys["bookmarked"] = True
        keys[name] = value
        if name == "players":
            keys.update(_own_side(read["id"], value, reader))
    if read["id"] in bookmarks:
        keys["bookmarked"] = True
    return json.dumps(keys, separators=(",", ":"), ensure_ascii=False).encode() + game[len(game.rstrip()) :]


def _own_side(game_id: str, players: dict[str, dict[str, dict[str, str]]], reader: str) -> dict[str, str]:
    side = next((color for color, player in players.items() if player.get("user", {}).get("id") == reader), None)
    return {} if side is None else {"fullId": game_id + player_id(game_id, side)}


def player_id(game_id: str, color: str) -> str:
    """Return what names one side of a game."""
    drawn = blake2b(f"{game_id}:{color}".encode(), digest_size=PLAYER_ID_LENGTH).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in drawn)
