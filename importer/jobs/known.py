"""Remembers which game ids are stored, at eight bytes each; does no I/O.

A set of strings takes 100 bytes an id and more: 50 MB for an account of 500 000 games, here 4 MB.
"""

from array import array
from bisect import bisect_left
from hashlib import blake2b

_BYTES = 8

# Ids are kept apart by the first byte of their number. Ids that come in no order, as digests do, would otherwise move
# half of a large set each: 500 000 of them 500 GB in all, and so 2 GB.
_SHELF_SHIFT = 8 * (_BYTES - 1)


class KnownIds:
    """A growing set of game ids."""

    def __init__(self) -> None:
        self._shelves: dict[int, array[int]] = {}  # each sorted

    def add(self, game_id: str) -> None:
        """Add an id; cheapest in the order in which the database sorts them."""
        code = _code(game_id)
        shelf = self._shelves.get(code >> _SHELF_SHIFT)
        if shelf is None:
            shelf = self._shelves[code >> _SHELF_SHIFT] = array("Q")
        if not shelf or code > shelf[-1]:
            shelf.append(code)
        elif shelf[place := bisect_left(shelf, code)] != code:
            shelf.insert(place, code)

    def __contains__(self, game_id: str) -> bool:
        code = _code(game_id)
        shelf = self._shelves.get(code >> _SHELF_SHIFT, ())
        place = bisect_left(shelf, code)
        return place < len(shelf) and shelf[place] == code

    def __len__(self) -> int:
        return sum(map(len, self._shelves.values()))


def _code(game_id: str) -> int:
    """Return the id as a number that sorts as the id does; longer ids than Lichess's eight characters by their digest.

    Two digests among a million ids are alike with a chance of 1 in 10 million.
    """
    raw = game_id.encode()
    if len(raw) > _BYTES:
        raw = blake2b(raw, digest_size=_BYTES).digest()
    return int.from_bytes(raw.ljust(_BYTES, b"\0"))
