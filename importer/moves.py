"""Finds the moves of the main line in a game's movetext, and counts them; says nothing about whether they are legal.

Must not know the tags: whoever calls decides by which rules the moves are played.
"""

import re

# Comments, glyphs and move numbers carry nothing that legality needs.
_ASIDE = re.compile(r"\{[^}]*\}|;[^\n]*|\$\d+|\d+\.+|[!?]+")
_VARIATION = re.compile(r"\([^()]*\)")
# The last move number, its one or two moves with their comments, and the result: all within so many characters, or else
# the moves are counted one by one.
_LAST_MOVES = re.compile(
    r"\b(\d+)(\.+) ?[A-Za-z][^\s{};$]*(?: \{[^}]*\})?(?: ([A-Za-z][^\s{};$]*)(?: \{[^}]*\})?)? (?:1-0|0-1|1/2-1/2|\*)$"
)
_TAIL = 150
RESULTS = frozenset(("1-0", "0-1", "1/2-1/2", "*"))


class Damaged(ValueError):
    """The text is no valid game; the message is the reason."""


def main_line(movetext: str) -> list[str]:
    """Return the main line's moves in SAN, without the result that must end it.

    Raises:
        Damaged: no result ends it.
    """
    bare = _ASIDE.sub(" ", movetext)
    while "(" in bare and (shorter := _VARIATION.sub(" ", bare)) != bare:
        bare = shorter
    tokens = bare.split()
    if not tokens or tokens[-1] not in RESULTS:
        raise Damaged("it ends without a result, so it was cut")
    del tokens[-1]
    return tokens


def counted(movetext: str, *, from_start: bool) -> int:
    """Return how many moves the main line has, from its last move number where that can be relied on.

    *from_start* says that the numbers begin at 1 with White to move.

    Raises:
        Damaged: no result ends it.
    """
    last = None
    if from_start and "(" not in movetext:
        last = _LAST_MOVES.search(movetext, max(0, len(movetext) - _TAIL))
    if last is None:
        return len(main_line(movetext))
    number, dots, second = last.groups()
    return 2 * int(number) - (dots == "." and second is None)


def shown(text: str) -> str:
    """Return the beginning of a text as it may be quoted in a reason."""
    return repr(text[:60])
