"""Game ids: eight base-62 characters, distinct within an account by construction; no I/O.

The first four characters are a bijection of the game's number that depends on the account, so two games of one account
can only share an id if they share a number. The last four are free: they make ids look as random as real ones.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
PAIR = len(PAIRS)
# Numbers that can be told apart: 62**4, thirty times the largest account.
NUMBERS = PAIR * PAIR
# About NUMBERS over the golden ratio, which spreads neighbours furthest; odd and no multiple of 31, so it shares no
# factor with 62 and stepping by it visits every number once.
STRIDE = 9132277
BACKWARDS = pow(STRIDE, -1, NUMBERS)
ID_LENGTH = 8
ID_CHARACTERS = frozenset(ALPHABET)


def game_id(start: int, number: int, left: int, right: int) -> str:
    """Return the id of a game: *start* is the account's, *left* and *right* are random draws of the game."""
    high, low = divmod((start + number * STRIDE) % NUMBERS, PAIR)
    return PAIRS[high] + PAIRS[low] + PAIRS[left % PAIR] + PAIRS[right % PAIR]


def number_of(start: int, text: str) -> int | None:
    """Return which game of the account would have this id, if any; None for what is no id."""
    if len(text) != ID_LENGTH or not ID_CHARACTERS.issuperset(text):
        return None
    value = 0
    for character in text[: ID_LENGTH // 2]:
        value = value * len(ALPHABET) + ALPHABET.index(character)
    return (value - start) * BACKWARDS % NUMBERS
