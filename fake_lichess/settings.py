"""The frozen settings of one fake Lichess and the named profiles; reads nothing, every value is an argument."""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from pathlib import Path


class ProfileName(StrEnum):
    """Which Lichess is played; a closed list."""

    LICHESS = "lichess"
    DOCUMENTED = "documented"
    UNLIMITED = "unlimited"


class Leaks(StrEnum):
    """Which places of streams are not given back until they are forgotten; a closed list."""

    NONE = "none"
    REJECTED = "rejected"  # an address keeps a place for every stream that its token's own limit refused
    ABANDONED = "abandoned"  # and for every stream whose reader went away before the end


@dataclass(frozen=True, slots=True)
class Profile:
    """How fast games flow and how many streams one address may hold; None means without limit."""

    name: ProfileName
    anonymous_games_per_s: float | None
    token_games_per_s: float | None  # another user's games, asked for with a token
    own_games_per_s: float | None  # the token owner's own games
    max_streams: int | None  # an address, for games of anyone but the token's owner
    max_own_streams: int | None = None  # an address, for the token owner's own games
    max_token_streams: int | None = None  # a token's owner, from wherever


PROFILES = {
    profile.name: profile
    for profile in (
        # What the server does: app/controllers/Game.scala:58-62 (25, 30, 60) and app/controllers/Api.scala:345-408
        # (two downloads an address, twenty of own games, two a user) of lila at cmgchess/lila@eca6912a; 24.3 games/s
        # were measured from outside.
        Profile(ProfileName.LICHESS, 25.0, 30.0, 60.0, max_streams=2, max_own_streams=20, max_token_streams=2),
        # What the text promises: doc/specs/tags/games/api-games-user-username.yaml of lichess-org/api@f59dc80
        # (20, 30, 60) and "Only make one request at a time" in its lichess-api.yaml, which knows no exception.
        Profile(ProfileName.DOCUMENTED, 20.0, 30.0, 60.0, max_streams=1, max_own_streams=1, max_token_streams=1),
        # No real server: the worst case for the memory of an importer.
        Profile(ProfileName.UNLIMITED, None, None, None, max_streams=None),
    )
}

# Largest account: the largest known ones hold about 500 000 games, and the export's other back-end stops there
# (`Size(config.max.fold(500_000)...)` in lila); the calendar of the made-up games reaches back to 2013 with it.
GAMES_MOST = 500_000
GAMES_DEFAULT = 1000
# Computer analysis among games of people who use importers: 14.7 % (a public importer's production report, 2026-06).
EVALS_SHARE_RATIO = 0.147
# A counter of streams is forgotten this long after it last changed (`expireAfterWrite(1.hour)`, ConcurrencyLimit of
# lila), and with it any place that was never given back.
SLOT_MEMORY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything one fake Lichess is started with."""

    profile: Profile
    speed_ratio: float = 1.0  # how many times faster than the real server time runs
    seed: int = 0
    games: int = GAMES_DEFAULT  # held by every account whose name begins with "player"
    evals_share_ratio: float = EVALS_SHARE_RATIO
    replay: Path | None = None
    max_streams: int | None = None  # per address; None lifts every limit
    leaks: Leaks = Leaks.REJECTED
    slot_memory_s: float = SLOT_MEMORY_S  # before the speed multiplier
    faults: Path | None = None
    reader_patience_s: float | None = None  # how long a stalled reader is waited for; None means for ever
    _: KW_ONLY
    trust_client_header: bool = False  # take the caller's address from X-Forwarded-For

    @property
    def games_per_s(self) -> float | None:
        """Pace of one anonymous stream, after the speed multiplier; None when unpaced."""
        pace = self.profile.anonymous_games_per_s
        return None if pace is None else pace * self.speed_ratio
