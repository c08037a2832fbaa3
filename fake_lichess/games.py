"""The games of a synthetic account, computed from (seed, user, number) and never stored; no I/O and no clock.

Numbers count from the newest game (0) into the past. One block of 64 games is worked out at a time: its random bits
come from one hash, its sessions fill its span of time, its ratings follow its results.
"""

from collections.abc import Iterator
from hashlib import blake2b, shake_128
from struct import iter_unpack
from typing import NamedTuple

from fake_lichess.history import BLOCK_GAMES, block_at, block_end_ms
from fake_lichess.ids import IdSequence
from fake_lichess.tracks import TIME_CONTROLS, Pool, Track

DRAW = 1 << 16  # every random draw is one of so many
FIELDS = 8  # draws a game
# A session is eight games long on average, and two games of one lie at most a minute apart: choices, for the look.
NEW_SESSION = DRAW // 8
PAUSE_MS = 60_000
# About one pair of games in 400 starts within the same second, as challenges accepted together do: a choice; clients
# that take (user, second) for a key must break here.
TOGETHER = DRAW // 400
# Rated games are the rule; a choice, for no published count includes casual games.
CASUAL = DRAW * 4 // 100
K_FACTOR = 12.0  # an even game moves about six points, as in the samples of the API description


class Game(NamedTuple):
    """One game as Lichess knows it. A named tuple, because it is made hundreds of thousands of times a second."""

    id: str
    created_at_ms: int
    white: str
    black: str
    white_elo: int
    black_elo: int
    white_diff: int | None
    black_diff: int | None
    rated: bool
    analysed: bool
    track: Track


class Window(NamedTuple):
    """Which games are asked for; None leaves a side open."""

    since_ms: int | None = None  # included
    until_ms: int | None = None  # excluded
    most: int | None = None
    oldest_first: bool = False


class World(NamedTuple):
    """What all synthetic accounts of one server share."""

    seed: int
    pool: Pool
    controls: tuple[int, ...]  # which time control a draw means
    opponents: tuple[str, ...]
    analysed_below: tuple[int, ...]  # by time control: draws under it make an analysed game


class SyntheticAccount:
    """Every game of one made-up player."""

    def __init__(self, world: World, name: str, games: int) -> None:
        self.name = name
        self.size = games
        self._world = world
        self._key = blake2b(f"{world.seed}:{name.lower()}".encode(), digest_size=16).digest()
        self._ids = IdSequence(self._key)
        self._bases = tuple(1000 + byte * 5 for byte in blake2b(self._key, digest_size=len(TIME_CONTROLS)).digest())
        self._block_number, self._block = -1, list[Game]()

    def games(self, numbers: range) -> Iterator[Game]:
        """Compute these games, in this order."""
        for number in numbers:
            block, position = divmod(number, BLOCK_GAMES)
            if block != self._block_number:
                self._block_number, self._block = block, self._compute(block)
            yield self._block[position]

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for, without visiting the others."""
        newest = 0 if window.until_ms is None else self._not_before(window.until_ms)
        oldest = self.size if window.since_ms is None else self._not_before(window.since_ms)
        found = range(newest, max(newest, oldest))
        if window.oldest_first:
            found = found[::-1]
        return found[: window.most]

    def _not_before(self, at_ms: int) -> int:
        """Count the games created at this instant or later."""
        block = block_at(at_ms)
        if block * BLOCK_GAMES >= self.size:
            return self.size
        start = block * BLOCK_GAMES
        times = self._played(block)[1]
        return min(self.size, start + sum(time >= at_ms for time in times))

    def _played(self, block: int) -> tuple[list[tuple[int, ...]], list[int], list[Track], list[int]]:
        """Work out a block's random draws, and when, what and under which time control was played."""
        bits = shake_128(self._key + block.to_bytes(8, "big")).digest(BLOCK_GAMES * FIELDS * 2)
        draws = list(iter_unpack(f"<{FIELDS}H", bits))
        tracks, controls, gaps, openers = [], [], [], []
        pool, control_of = self._world.pool, self._world.controls
        control = -1
        for position, (session, control_draw, track_draw, gap, *_) in enumerate(draws):
            if position == 0 or session < NEW_SESSION:
                control = control_of[control_draw % len(control_of)]
                openers.append(position)
            track = pool.track(control, track_draw)
            tracks.append(track)
            controls.append(control)
            gaps.append(1 + gap % 1000 if gap < TOGETHER else min(track.duration_ms, 3_600_000) + gap % PAUSE_MS)
        return draws, _times(block, gaps, openers, draws), tracks, controls

    def _compute(self, block: int) -> list[Game]:
        draws, times, tracks, controls = self._played(block)
        first = block * BLOCK_GAMES
        name, ids, opponents, analysed_below = self.name, self._ids, self._world.opponents, self._world.analysed_below
        games: list[Game] = []
        gained = [0] * len(TIME_CONTROLS)
        for position in range(BLOCK_GAMES - 1, -1, -1):
            _, _, _, _, opponent, analysed, casual, luck = draws[position]
            track, control = tracks[position], controls[position]
            white = luck & 1
            mine = self._bases[control] + _drift(self._key, block) + gained[control]
            theirs = mine + (luck >> 1) % 161 - 80
            rated = casual >= CASUAL
            change = _change(track, white, theirs - mine) if rated else None
            if change is not None:
                gained[control] += change
            other = opponents[opponent % len(opponents)]
            opposite = None if change is None else -change
            game_id = ids[first + position]
            is_analysed = analysed < analysed_below[control] and track.plies > 0
            if white:
                game = Game(
                    game_id, times[position], name, other, mine, theirs, change, opposite, rated, is_analysed, track
                )
            else:
                game = Game(
                    game_id, times[position], other, name, theirs, mine, opposite, change, rated, is_analysed, track
                )
            games.append(game)
        games.reverse()
        return games


def _times(block: int, gaps: list[int], openers: list[int], draws: list[tuple[int, ...]]) -> list[int]:
    """Lay a block's games into its span: close together within a session, the rest of the time between sessions."""
    end = block_end_ms(block)
    span = end - block_end_ms(block + 1) - BLOCK_GAMES
    close = sum(gaps)
    if close * 10 > span * 9:  # dense accounts play more than fits: squeezed, so games overlap as simultaneous ones do
        gaps = [gap * span * 9 // (close * 10) for gap in gaps]
        close = sum(gaps)
    weights = [1 + draws[opener][3] for opener in openers]
    free, total = span - close, sum(weights)
    pauses = dict(zip(openers, (free * weight // total for weight in weights), strict=True))
    times, at = [], end
    for position, gap in enumerate(gaps):
        at -= pauses.get(position, 0) + max(1, gap)
        times.append(at)
    return times


def _drift(key: bytes, block: int) -> int:
    """How far the player's strength has wandered in this block: up to 150 points, over about a thousand games."""
    step, part = divmod(block, 16)
    before, after = (blake2b(key + (step + at).to_bytes(8, "little"), digest_size=1).digest()[0] for at in (0, 1))
    return ((before * (16 - part) + after * part) * 300 // (16 * 255)) - 150


def _change(track: Track, white: int, ahead: int) -> int | None:
    """Rating points won by the account's owner; None when no move was made, for such games do not count."""
    if track.plies < 2:  # noqa: PLR2004 - a game counts once both have moved
        return None
    result = track.sequence.result
    score = 0.5 if result == "1/2-1/2" else float((result == "1-0") == bool(white))
    return round(K_FACTOR * (score - 1.0 / (1.0 + 10.0 ** (ahead / 400.0))))
