"""Game ids: eight base-62 characters that say whose game it is and which one, scrambled to look like real ones; no I/O.

An id is one number below 62**8: the account's own number and the game's, spread by a multiplication that can be undone.
So any game can be found by its id alone, nothing is remembered, and no two games of all accounts share an id.
"""

import re
from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
PAIR = len(PAIRS)
HALF = PAIR * PAIR  # four characters
VALUES = HALF * HALF
# Games that one account can have: the power of two above the largest account. What is above that is left for games
# that are no part of the history, such as those in progress.
NUMBERS = 1 << 19
# Accounts that can be told apart: 416 million.
ACCOUNTS = VALUES // NUMBERS
# About VALUES over the golden ratio, which spreads neighbours furthest; odd and no multiple of 31, so it shares no
# factor with 62 and multiplying by it loses nothing.
STRIDE = 134941606358707
STRIDE_HIGH, STRIDE_LOW = divmod(STRIDE, HALF)
BACKWARDS = pow(STRIDE, -1, VALUES)
ID_LENGTH = 8
# Names whose games are found by id without anybody having asked for the account: player0 to player9999999, a choice.
# Other names draw among 400 million numbers: two of a thousand such accounts share theirs on one server in 800.
COUNTED_NAMES = 10_000_000
COUNTED_NAME = re.compile(r"player(0|[1-9][0-9]{0,6})")
PLACE = {character: place for place, character in enumerate(ALPHABET)}


def game_ids(account: int, first: int, games: int, salt: int) -> list[str]:
    """Return the ids of so many games of an account, from number *first* on; another salt makes other ids."""
    high, low = divmod(((account * NUMBERS + first) * STRIDE + salt) % VALUES, HALF)
    pairs, found = PAIRS, list[str]()
    for _ in range(games):
        found.append(f"{pairs[high // PAIR]}{pairs[high % PAIR]}{pairs[low // PAIR]}{pairs[low % PAIR]}")
        # One stride on, half by half: numbers that fit one digit of Python's are added in half the time.
        low += STRIDE_LOW
        high += STRIDE_HIGH
        if low >= HALF:
            low -= HALF
            high += 1
        if high >= HALF:
            high -= HALF
    return found


def found_in(text: str, salt: int) -> tuple[int, int] | None:
    """Return the account and the number of the game that has this id, whether or not they exist; None for no id."""
    if len(text) != ID_LENGTH:
        return None
    value = 0
    for character in text:
        place = PLACE.get(character)
        if place is None:
            return None
        value = value * len(ALPHABET) + place
    return divmod((value - salt) * BACKWARDS % VALUES, NUMBERS)


def salt_of(seed: int) -> int:
    """Return what is added to every id of a world, so that other seeds make other ids."""
    return int.from_bytes(blake2b(f"ids:{seed}".encode(), digest_size=8).digest(), "big") % VALUES


def account_number(seed: int, name: str) -> int:
    """Return an account's own number in its games' ids: the one in its name, or for other names a drawn one."""
    user = name.lower()
    counted = COUNTED_NAME.fullmatch(user)
    if counted is not None:
        return int(counted[1])
    drawn = int.from_bytes(blake2b(f"{seed}:{user}".encode(), digest_size=8).digest(), "big")
    return COUNTED_NAMES + drawn % (ACCOUNTS - COUNTED_NAMES)


def named_by(number: int) -> str | None:
    """Return the only name that has this number in its ids; None for numbers that are drawn."""
    return f"player{number}" if number < COUNTED_NAMES else None
