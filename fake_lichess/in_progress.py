"""Games that are being played now: part of no history, shown with a delay, gone when over; no I/O and no clock.

A game in progress is a made-up one of which all moves but the last were made. Source of the delay: ``applyDelay`` in
PgnDump.scala of lila.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from fake_lichess.games import Game, SyntheticAccount
from fake_lichess.history import NEWEST_MS
from fake_lichess.ids import NUMBERS
from fake_lichess.tracks import Track

# Games in progress at once, a choice: as many correspondence games as the busiest players have.
MOST = 100
# They began one minute after another once the history ends: a choice.
APART_MS = 60_000
# The last moves are not shown, the first ones always are (`delayMovesBy`, `delayKeepsFirstMoves`).
DELAYED_PLIES, KEPT_PLIES = 3, 5
# So many moves have been made at least, a choice: fewer would leave no delay to see.
PLIES_LEAST = 12
# Sets the tracks of unfinished games apart from those of finished ones, which are far fewer.
UNFINISHED = 1_000_000


def in_progress(account: SyntheticAccount, games: int) -> tuple[Game, ...]:
    """Return so many games that are being played, the newest first."""
    found = enumerate(islice(_suitable(account), games), start=1)
    return tuple(_unfinished(game, NEWEST_MS + number * APART_MS) for number, game in found)[::-1]


def _suitable(account: SyntheticAccount) -> Iterator[Game]:
    """Yield ordinary games between two users, numbered from the end of what ids tell apart: no history is there."""
    games = account.games(range(NUMBERS - 1, -1, -1))
    return (game for game in games if game.occasion is None and len(game.track.sequence.moves) > PLIES_LEAST)


def _unfinished(game: Game, created_at_ms: int) -> Game:
    return game._replace(created_at_ms=created_at_ms, change=None, analysed=False, track=_so_far(game.track))


def _so_far(track: Track) -> Track:
    """Return what is shown of a track: its position is the one before the last move, its moves end a little earlier."""
    made = len(track.sequence.moves) - 1
    shown = max(made - DELAYED_PLIES, min(made, KEPT_PLIES))
    unfinished = replace(track.sequence, result="*")
    lasts_ms = track.duration_ms * made // (made + 1)
    return replace(
        track,
        number=UNFINISHED + track.number,
        sequence=unfinished,
        status="started",
        plies=shown,
        points=None,
        duration_ms=lasts_ms,
    )
