"""Game ids: eight base-62 characters, distinct within an account by construction; no I/O.

The number of a game goes through a bijection of 0 .. 62**8 - 1 that depends on the account's key, so two games can only
share an id if they share a number.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
PAIR = len(PAIRS)
HALF = PAIR * PAIR
WHOLE = HALF * HALF
# Knuth's multiplicative-hash constants (2**64 and 2**32 over the golden ratio): odd and well spread, nothing more.
STRIDE = 0x9E3779B97F4A7C15 % WHOLE
MIX = 2654435761
SHIFT = 15


class IdSequence:
    """The ids of one account, by game number."""

    __slots__ = ("_left", "_right", "_start")

    def __init__(self, key: bytes) -> None:
        self._start = int.from_bytes(key[:8], "big") % WHOLE
        self._left = int.from_bytes(key[8:12], "big") | 1
        self._right = int.from_bytes(key[12:16], "big") | 1

    def __getitem__(self, number: int) -> str:
        """Return the id of a game.

        Each of the three steps is a bijection: STRIDE shares no factor with 62, and a Feistel round adds to one half
        something that depends on the other alone.
        """
        high, low = divmod((self._start + number * STRIDE) % WHOLE, HALF)
        high = (high + (low * self._left * MIX >> SHIFT)) % HALF
        low = (low + (high * self._right * MIX >> SHIFT)) % HALF
        a, b = divmod(high, PAIR)
        c, d = divmod(low, PAIR)
        return PAIRS[a] + PAIRS[b] + PAIRS[c] + PAIRS[d]
