"""What Lichess says about a user: ratings, counts, times, in its key order; no I/O and no clock.

Source: UserApi.scala and user/JsonView.scala of lila; the counts as in the July 2026 sample of the API description.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fake_lichess.badges import badges_of
from fake_lichess.games import Game
from fake_lichess.history import NEWEST_MS
from fake_lichess.selection import moved_ms
from fake_lichess.tracks import POINTS

# Always listed; the others once a game was played (PerfType.scala).
STANDARD_PERFS = ("bullet", "blitz", "rapid", "classical", "correspondence")
# In this order, as in the samples of the API description.
PERF_ORDER = (
    "ultraBullet", *STANDARD_PERFS, "chess960", "kingOfTheHill", "threeCheck", "antichess", "atomic", "horde",
    "racingKings", "crazyhouse",
)  # fmt: skip
# Glicko's certainty, roughly: it begins at 500 and sinks with every game; from 110 on the rating is provisional. How
# fast it sinks is a choice.
NEW_RD, RD_A_GAME, LEAST_RD, PROVISIONAL_RD = 500, 20, 45, 110
NEW_RATING = 1500
SITE = "https://lichess.org"
PROGRESS_GAMES = 12  # `prog` is what the last twelve rated games changed
JOINED_BEFORE_MS = 86_400_000  # people play their first game within a day of joining: a choice


@dataclass(frozen=True, slots=True)
class Perf:
    """One rating."""

    games: int
    rating: int
    progress: int

    def shown(self) -> dict[str, object]:
        """Return it as Lichess shows it."""
        rd = max(LEAST_RD, NEW_RD - RD_A_GAME * self.games)
        shown: dict[str, object] = {"games": self.games, "rating": self.rating, "rd": rd, "prog": self.progress}
        return shown | ({"prov": True} if rd >= PROVISIONAL_RD else {})


@dataclass(frozen=True, slots=True)
class Summary:
    """What the games of one user come to."""

    perfs: tuple[tuple[str, Perf], ...]
    counts: tuple[tuple[str, int], ...]
    oldest_ms: int
    seen_ms: int
    played_s: int


def summed_up(owner: str, games: Iterable[Game]) -> Summary:
    """Go through a user's games once, newest first."""
    played, changes = Counter[str](), dict[str, list[int]]()
    ratings, counts = dict[str, int](), Counter[str]()
    oldest_ms, seen_ms, played_ms = NEWEST_MS, 0, 0
    for game in games:
        oldest_ms, seen_ms = game.created_at_ms, max(seen_ms, moved_ms(game))
        counts["all"] += 1
        counts["rated"] += game.rated
        if game.white_elo is None and game.black_elo is None:
            counts["import"] += 1
            continue
        white = game.white == owner
        counts[outcome(game, white=white)] += 1
        if game.track.control.days_per_move is None:
            played_ms += game.track.duration_ms
        perf, rating = game.track.control.perf, game.white_elo if white else game.black_elo
        change = (game.change or 0) * (1 if white else -1)
        played[perf] += game.rated
        ratings.setdefault(perf, (rating or NEW_RATING) + change)
        if game.rated and len(changes.setdefault(perf, [])) < PROGRESS_GAMES:
            changes[perf].append(change)
    perfs = [
        (perf, Perf(played[perf], ratings.get(perf, NEW_RATING), sum(changes.get(perf, []))))
        for perf in PERF_ORDER
        if perf in STANDARD_PERFS or played[perf]
    ]
    shown = tuple((name, counts[name]) for name in COUNTS)
    return Summary(tuple(perfs), shown, oldest_ms, seen_ms or NEWEST_MS, played_ms // 1000)


# Nobody here plays with who asks, so `me` is always 0; what is bookmarked and played now is told, not counted.
COUNTS = ("all", "rated", "draw", "loss", "win", "bookmark", "playing", "import", "me")


def outcome(game: Game, *, white: bool) -> str:
    """Say how a game went for White or Black."""
    points = POINTS[game.track.sequence.result]
    return "draw" if points == 1 else "win" if (points == 2) == white else "loss"  # noqa: PLR2004 - half points


def public(name: str, summary: Summary) -> dict[str, object]:
    """Return a user as in lists of users."""
    return {
        "id": name.lower(),
        "username": name,
        "perfs": {perf: rating.shown() for perf, rating in summary.perfs},
        **badges_of(name.lower()).shown(),
        "createdAt": summary.oldest_ms - JOINED_BEFORE_MS,
        "seenAt": summary.seen_ms,
        "playTime": {"total": summary.played_s, "tv": 0},
    }


def extended(name: str, summary: Summary, playing: Sequence[Game] = (), bookmarks: int = 0) -> dict[str, object]:
    """Return a user as on his own page, with the game he plays and how many he plays and bookmarked."""
    game = playing[0] if playing else None
    now = {} if game is None else {"playing": f"{SITE}/{game.id}/{'white' if game.white == name else 'black'}"}
    return {
        **public(name, summary),
        "url": f"{SITE}/@/{name}",
        **now,
        "count": dict(summary.counts) | {"bookmark": bookmarks, "playing": len(playing)},
    }


def disabled(name: str) -> dict[str, object]:
    """Return a user who closed his account."""
    return {"id": name.lower(), "username": name, "disabled": True}
