"""The games of a synthetic account, computed from (seed, user, number) and never stored; no I/O and no clock.

Numbers count from the newest game (0) into the past. One block of 64 games is worked out at a time: its random bits
come from one hash, its sessions fill its span of time, its ratings follow its results.
"""

from collections.abc import Iterator
from hashlib import blake2b, shake_128
from struct import iter_unpack
from typing import NamedTuple

from fake_lichess.history import BLOCK_GAMES, block_at, block_end_ms
from fake_lichess.ids import account_number, found_in, game_ids, salt_of
from fake_lichess.occasions import (
    AI_LEVELS,
    BERSERK_EVERY,
    DRAW,
    PICKS,
    SPECIAL_BELOW,
    UNRATED_BELOW,
    Occasion,
    imported,
    imported_names,
    kind_of,
    paired,
)
from fake_lichess.tracks import PERF_OF_CONTROL, PERFS, TIME_CONTROLS, Pool, Track

FIELDS = 10  # draws a game: session, control, track, gap, opponent, analysed, rated, strength and colour, id, occasion
BLOCK_BYTES = BLOCK_GAMES * FIELDS * 2
# A session is eight games long on average, and two games of one lie at most a minute apart: choices, for the look.
NEW_SESSION = DRAW // 8
PAUSE_MS = 60_000
# About one pair of games in 400 starts within the same second, as challenges accepted together do: a choice; clients
# that take (user, second) for a key must break here.
TOGETHER = DRAW // 400
# Rated games are the rule; a choice, for no published count includes casual games.
CASUAL = DRAW * 4 // 100
# Opponents are paired within so many rating points, a choice: the pairing pool of a real server is about as narrow.
NEAR = 80
# Nobody's rating is at stake where the position was chosen.
ALWAYS_CASUAL = frozenset(number for number, control in enumerate(TIME_CONTROLS) if control.variant == "fromPosition")
CHANGE_MOST = 12  # an even game moves six points, as in the samples of the API description
# Rating points won, by half points scored and by how far (from -NEAR) the opponent is ahead: the Elo formula.
CHANGES = tuple(
    tuple(round(CHANGE_MOST * (points / 2 - 1.0 / (1.0 + 10.0 ** (ahead / 400.0)))) for ahead in range(-NEAR, NEAR + 1))
    for points in (0, 1, 2)
)


class Game(NamedTuple):
    """One game as Lichess knows it. A named tuple, because hundreds of thousands are made in a second."""

    id: str
    created_at_ms: int
    white: str
    black: str
    white_elo: int | None  # None for who has no rating: the computer, passers-by, names in imported games
    black_elo: int | None
    change: int | None  # what White's rating gained and Black's lost; None when the game did not count
    rated: bool
    analysed: bool
    track: Track
    occasion: Occasion | None = None  # None for ordinary games of the lobby


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
    titles: tuple[str, ...] = ()  # of the first opponents; the others have none


class Played(NamedTuple):
    """What was played in one block, newest first, and when; who won rating points is not worked out yet."""

    draws: list[tuple[int, ...]]
    controls: list[int]
    tracks: list[Track]
    times_ms: list[int]


class SyntheticAccount:
    """Every game of one made-up player."""

    def __init__(self, world: World, name: str, games: int) -> None:
        self.name = name
        self.size = games
        self._world = world
        self._key = blake2b(f"{world.seed}:{name.lower()}".encode(), digest_size=16).digest()
        self.id_number, self._salt = account_number(world.seed, name), salt_of(world.seed)
        self._bases = tuple(1000 + 5 * byte for byte in blake2b(self._key, digest_size=len(PERFS)).digest())

    def games(self, numbers: range) -> Iterator[Game]:
        """Compute these games, in this order."""
        for block, positions in _by_block(numbers):
            yield from self._compute(block)[positions]

    def created(self, numbers: range) -> Iterator[tuple[str, int]]:
        """Yield only the id and the creation time in milliseconds of these games: several times faster."""
        for block, positions in _by_block(numbers):
            played = self._played(block)
            yield from list(zip(self._ids(block), played.times_ms, strict=True))[positions]

    def numbers(self, window: Window) -> range:
        """Say which games lie in a window, in the order asked for, without visiting the others."""
        newest = 0 if window.until_ms is None else self._not_before(window.until_ms)
        oldest = self.size if window.since_ms is None else self._not_before(window.since_ms)
        found = range(newest, max(newest, oldest))
        if window.oldest_first:
            found = found[::-1]
        return found[: window.most]

    def number_of(self, game_id: str) -> int | None:
        """Return which game has this id; None when none of this account has."""
        account, number = found_in(game_id, self._salt) or (None, 0)
        return number if account == self.id_number and number < self.size else None

    def _not_before(self, at_ms: int) -> int:
        """Count the games created at this instant or later."""
        block = block_at(at_ms)
        start = block * BLOCK_GAMES
        if start >= self.size:
            return self.size
        return min(self.size, start + sum(time >= at_ms for time in self._played(block).times_ms))

    def _played(self, block: int) -> Played:
        bits = shake_128(self._key + block.to_bytes(8, "big")).digest(BLOCK_BYTES)
        draws = list(iter_unpack(f"<{FIELDS}H", bits))
        pool, control_of = self._world.pool, self._world.controls
        controls, tracks, gaps, openers = list[int](), list[Track](), list[int](), list[int]()
        session = 0
        for position, (opener, control_draw, track_draw, gap, *_) in enumerate(draws):
            if opener < NEW_SESSION or not position:
                openers.append(position)
                control = control_of[control_draw % len(control_of)]
                row = pool.rows[control]
                session = len(row)
            chosen = track_draw % session
            track = row[chosen] or pool.make(control, chosen)
            controls.append(control)
            tracks.append(track)
            gaps.append(1 + gap % 1000 if gap < TOGETHER else track.busy_ms + gap % PAUSE_MS)
        return Played(draws, controls, tracks, _times(block, gaps, openers, draws))

    def _ids(self, block: int) -> list[str]:
        return game_ids(self.id_number, block * BLOCK_GAMES, BLOCK_GAMES, self._salt)

    def _compute(self, block: int) -> list[Game]:
        played = self._played(block)
        world, name = self._world, self.name
        opponents, analysed_below, titles = world.opponents, world.analysed_below, world.titles
        drift = _drift(self._key, block)
        strengths = [base + drift for base in self._bases]
        games, new = list[Game](), tuple.__new__
        rows = list(zip(self._ids(block), *played, strict=True))
        for own_id, draws, control, track, at_ms in reversed(rows):  # oldest first, for ratings follow results
            _, _, _, _, opponent, analysed, casual, luck, _, why = draws
            perf = PERF_OF_CONTROL[control]
            mine = strengths[perf]
            apart = (luck >> 1) % (2 * NEAR + 1)
            theirs = mine + apart - NEAR
            opponent %= len(opponents)
            other = opponents[opponent]
            is_analysed = analysed < analysed_below[control] and track.plies > 0
            rated = casual >= CASUAL and why >= UNRATED_BELOW and control not in ALWAYS_CASUAL
            change = None
            if rated and track.points is not None:
                points = track.points if luck & 1 else 2 - track.points
                change = CHANGES[points][apart]
                strengths[perf] = mine + change
            # Made as the class itself makes them, without the cost of calling it.
            if luck & 1:
                game = new(Game, (own_id, at_ms, name, other, mine, theirs, change, rated, is_analysed, track, None))
            else:
                change = None if change is None else -change
                game = new(Game, (own_id, at_ms, other, name, theirs, mine, change, rated, is_analysed, track, None))
            if why < SPECIAL_BELOW or opponent < len(titles) or control in ALWAYS_CASUAL:
                game = _special(game, draws, titles[opponent] if opponent < len(titles) else None)
            games.append(game)
        games.reverse()
        return games


def _special(game: Game, draws: tuple[int, ...], title: str | None) -> Game:
    """Give a game its occasion, and its players the names that go with it."""
    luck, free, kind = draws[7], draws[8], kind_of(draws[9])
    control = game.track.control
    owner_is_white = bool(luck & 1)
    if kind == "import":
        white, black = imported_names(free)
        return game._replace(white=white, black=black, white_elo=None, black_elo=None, occasion=imported(free))
    if kind in ("ai", "anonymous"):
        level = 1 + free % AI_LEVELS if kind == "ai" else None
        name = "Anonymous" if level is None else f"lichess AI level {level}"
        occasion = Occasion("friend" if level is None else "ai", ai_level=level)
        if owner_is_white:
            return game._replace(black=name, black_elo=None, occasion=occasion)
        return game._replace(white=name, white_elo=None, occasion=occasion)
    source = "friend" if kind == "friend" or control.variant == "fromPosition" else "lobby"
    berserk = 0
    if game.rated and control.days_per_move is None and kind in ("arena", "swiss"):
        source = kind
        if kind == "arena" and control.increment_s == 0 and free % BERSERK_EVERY == 0:
            berserk = 1 + (free >> 6 & 1)
    titles = (None, title) if owner_is_white else (title, None)
    return game._replace(occasion=paired(source, control.perf, free % PICKS, berserk, titles))


def _by_block(numbers: range) -> Iterator[tuple[int, slice]]:
    """Cut a run of numbers into blocks and the positions wanted of each, in the order of the run."""
    while numbers:
        block = numbers[0] // BLOCK_GAMES
        start = block * BLOCK_GAMES
        if numbers.step > 0:
            here = numbers[: start + BLOCK_GAMES - numbers[0]]
            yield block, slice(here[0] - start, here[-1] - start + 1)
        else:
            here = numbers[: numbers[0] - start + 1]
            yield block, slice(here[0] - start, here[-1] - start - 1 if here[-1] > start else None, -1)
        numbers = numbers[len(here) :]


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
        at -= pauses.get(position, 0) + (gap or 1)
        times.append(at)
    return times


def _drift(key: bytes, block: int) -> int:
    """How far the player's strength has wandered in this block: up to 150 points, over about a thousand games."""
    step, part = divmod(block, 16)
    before, after = (blake2b(key + (step + at).to_bytes(8, "little"), digest_size=1).digest()[0] for at in (0, 1))
    return ((before * (16 - part) + after * part) * 300 // (16 * 255)) - 150
