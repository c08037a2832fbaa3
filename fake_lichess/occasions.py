"""Why a game was played: tournaments, friends, the computer, passers-by, imports; no I/O and no clock.

An ordinary game between two users who were paired in the lobby has no occasion at all: most games are such.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

DRAW = 1 << 16  # as in the games module: every random draw is one of so many
# Shares of all games. Tournaments: 10.9 % of the analysed games of 2024-07 (deepyaman/lichess-live-win-probability), of
# which one in eight is taken to be a Swiss. Imports: one real account of 1 201 games had 19 %, most have none, so 1 %;
# the computer, passers-by without an account and friends: choices, orders of magnitude.
SHARES = (("ai", 0.010), ("anonymous", 0.004), ("import", 0.010), ("friend", 0.020), ("swiss", 0.014), ("arena", 0.095))
UNRATED = ("ai", "anonymous", "import")
# One arena game in twenty is berserked: a choice.
BERSERK_EVERY = 20
AI_LEVELS = 8
# Names as Lichess's tournaments have them; some are not ASCII, as there ("≤2000 Rapid Arena").
ARENAS = ("Hourly {} Arena", "Daily {} Arena", "Weekly {} Arena", "≤2000 {} Arena", "Eastern {} Arena")
SWISS = ("{} Swiss", 'The "Open" {} Swiss', "Équipe {} Swiss")
PICKS = len(ARENAS) * len(SWISS)  # draws that make a difference
IMPORTED = (
    "Fischer, Robert J.", "Spassky, Boris V.", "Réti, Richard", "Capablanca, José Raúl", "Tal, Mikhail",
    "Polgár, Judit", "Müller, Karsten", "Дубов, Даниил", 'O\'Kelly "Al", Albéric',
)  # fmt: skip
IMPORTED_EVENTS = ("World Championship 28th", "Hastings 1934/35", "Club Cup", "Import")


NO_TITLES = (None, None)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What sets a game apart from an ordinary one of the lobby."""

    source: str  # Lichess's word: lobby, friend, ai, arena, swiss, import, position
    event: str | None = None  # the tournament's name, or the imported Event
    titles: tuple[str | None, str | None] = NO_TITLES  # White's, Black's
    berserk: tuple[bool, bool] = (False, False)  # White, Black
    ai_level: int | None = None
    played_on: str | None = None  # the date an imported game says it was played on


def _ends() -> dict[str, int]:
    ends, reached = {}, 0.0
    for name, share in SHARES:
        reached += share
        ends[name] = round(reached * DRAW)
    return ends


ENDS = _ends()  # draws below a name's end, and not below the one before it, are of that kind
KINDS, KIND_ENDS = (*ENDS, "lobby"), tuple(ENDS.values())
UNRATED_BELOW = ENDS["import"]
SPECIAL_BELOW = ENDS["arena"]


def kind_of(draw: int) -> str:
    """Say which kind of game a draw means; lobby when none of the special ones."""
    return KINDS[bisect_right(KIND_ENDS, draw)]


# The same few hundred occasions occur again and again.
@lru_cache(maxsize=4096)
def paired(source: str, perf: str, pick: int, berserk: int, titles: tuple[str | None, str | None]) -> Occasion:
    """Pair two users: in the lobby, as friends, or in the tournament picked; *berserk* is 1 for White, 2 for Black."""
    names = {"arena": ARENAS, "swiss": SWISS}.get(source)
    event = None if names is None else names[pick % len(names)].format(perf[0].upper() + perf[1:])
    return Occasion(source, event, titles, (berserk == 1, berserk == 2))  # noqa: PLR2004 - explained above


def imported(draw: int) -> Occasion:
    """Take a game from somebody's file; every other one says when it was played."""
    played_on = f"{1900 + draw % 120}.{1 + draw % 12:02}.{1 + draw % 28:02}" if draw & 1 else None
    return Occasion("import", IMPORTED_EVENTS[draw % len(IMPORTED_EVENTS)], played_on=played_on)


def imported_names(draw: int) -> tuple[str, str]:
    """Name the two players of an imported game."""
    white = draw % len(IMPORTED)
    return IMPORTED[white], IMPORTED[(white + 1 + draw // 16 % (len(IMPORTED) - 1)) % len(IMPORTED)]


def event_id(event: str, at_ms: int) -> str:
    """Return the id of the tournament of this name that was held at this hour."""
    return blake2b(f"{event}:{at_ms // 3_600_000}".encode(), digest_size=4).hexdigest()
