"""Sheets: what can happen in 64 games on end, worked out once and played by every account; no I/O and no clock.

A game is made of what many games share and of what is its own. What is shared lies on a bounded number of sheets, made
when first met and kept: the track, who was White, ratings and times relative to where the block begins, why the game
was played. What an account adds is stamped in: names, ids, dates, its own strength. Without them
most of a game's cost would be to draw again what another account drew before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import shake_128
from itertools import accumulate
from struct import iter_unpack
from typing import NamedTuple

from fake_lichess.dealing import Card, Deal
from fake_lichess.history import BLOCK_GAMES
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

# Sheets in a world, a choice and a power of two: an account meets none of them again within 32 768 games. More would
# cost memory, about 22 KB each and 15 KB more for every choice of options; far fewer would show in the statistics.
SHEETS = 512
FIELDS = 7  # draws a game: session, gap, opponent, rated, strength and colour, free, occasion
SHEET_BYTES = BLOCK_GAMES * FIELDS * 2
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


class Rules(NamedTuple):
    """What the draws of all sheets mean."""

    pool: Pool
    controls: tuple[int, ...]  # each time control as often as it is played
    analysed: tuple[tuple[float, float], ...]  # the share that is, by time control, of decided and of drawn games
    opponents: tuple[str, ...]  # those with a title first
    titles: tuple[str, ...] = ()  # of the first opponents; the others have none


class Entry(NamedTuple):
    """What a game is before anyone plays it. Ratings count from the owner's strength where the block begins."""

    track: Track
    perf: int
    owner_is_white: bool
    white_ahead: int
    black_ahead: int
    change: int | None  # what White's rating gained and Black's lost; None when the game did not count
    rated: bool
    analysed: bool
    opponent: int  # which of the people without a title, counted from one who is each block's own
    occasion: Occasion | None = None
    white: str | None = None  # names that are the same whoever owns the account
    black: str | None = None
    white_has_rating: bool = True
    black_has_rating: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """64 games, newest first."""

    entries: tuple[Entry, ...]
    opponents: tuple[int, ...]
    # From the end of the block back to each game: how much of it is play and short pauses, how much long pauses between
    # sessions (in parts of the last one's), which stretch over whatever time the block has.
    close_ms: tuple[int, ...]
    apart: tuple[int, ...]


class Sheets:
    """All sheets of one world, each made when first met."""

    def __init__(self, seed: int, rules: Rules) -> None:
        self._seed = seed
        self._rules = rules
        self._made: list[Sheet | None] = [None] * SHEETS
        self._untitled = len(rules.opponents) - len(rules.titles)
        # Three times round, so that one of them counted from another is found without a division.
        self._circle = rules.opponents[len(rules.titles) :] * 3

    def of(self, number: int) -> Sheet:
        """Return a sheet."""
        sheet = self._made[number]
        if sheet is None:
            cards = self._deal.cards(range(number * BLOCK_GAMES, (number + 1) * BLOCK_GAMES))
            sheet = self._made[number] = make_sheet(self._seed, self._rules, number, cards)
        return sheet

    @cached_property
    def _deal(self) -> Deal:
        """Deal to all sheets, the first time one is met: it takes some hundredths of a second."""
        draws = (draw for number in range(SHEETS) for draw in enumerate(_draws(self._seed, number)))
        opening = (opens(draw[0], place) for place, draw in draws)
        ranks = [self._rules.pool.ranks(control) for control in range(len(TIME_CONTROLS))]
        return Deal(self._seed, opening, self._rules.controls, ranks)

    def others(self, sheet: Sheet, first: int) -> list[str]:
        """Name the opponents on a sheet, counted from this one."""
        circle, first = self._circle, first % self._untitled
        return [circle[first + opponent] for opponent in sheet.opponents]


def make_sheet(seed: int, rules: Rules, number: int, cards: Sequence[Card]) -> Sheet:
    """Draw 64 games: their sessions, results, ratings and occasions."""
    draws = _draws(seed, number)
    tracks = [_track(rules.pool, card) for card in cards]
    entries = _entries(rules, draws, cards, tracks)
    gaps = [_gap_ms(draw[1], track) for draw, track in zip(draws, tracks, strict=True)]
    apart = [1 + draw[1] if opens(draw[0], place) else 0 for place, draw in enumerate(draws)]
    opponents = tuple(entry.opponent for entry in entries)
    return Sheet(tuple(entries), opponents, tuple(accumulate(gaps)), tuple(accumulate(apart)))


def opens(draw: int, place: int) -> bool:
    """Say whether a game is the first, counted back in time, of a session."""
    return draw < NEW_SESSION or not place


def _draws(seed: int, number: int) -> list[tuple[int, ...]]:
    return list(iter_unpack(f"<{FIELDS}H", shake_128(f"{seed}:sheet {number}".encode()).digest(SHEET_BYTES)))


def _track(pool: Pool, card: Card) -> Track:
    return pool.rows[card.control][card.track] or pool.make(card.control, card.track)


def _gap_ms(draw: int, track: Track) -> int:
    """Return how long before the next game this one began."""
    return 1 + draw % 1000 if draw < TOGETHER else track.busy_ms + draw % PAUSE_MS


def _entries(
    rules: Rules, draws: Sequence[tuple[int, ...]], cards: Sequence[Card], tracks: Sequence[Track]
) -> list[Entry]:
    """Play the games, the oldest first, for ratings follow results."""
    ahead, entries = [0] * len(PERFS), list[Entry]()
    for draw, card, track in reversed(list(zip(draws, cards, tracks, strict=True))):
        entry = _ordinary(rules, draw, card, track, ahead)
        opponent = draw[2] % len(rules.opponents)
        if draw[6] < SPECIAL_BELOW or opponent < len(rules.titles) or card.control in ALWAYS_CASUAL:
            title = rules.titles[opponent] if opponent < len(rules.titles) else None
            entry = _special(entry, draw, title, rules.opponents[opponent])
        entries.append(entry)
    return entries[::-1]


def _ordinary(rules: Rules, draw: tuple[int, ...], card: Card, track: Track, ahead: list[int]) -> Entry:
    """Play one game of the lobby; *ahead* is what the owner's ratings have gained since the block began."""
    _, _, opponent, casual, luck, _, why = draw
    control = card.control
    owner_is_white, perf = bool(luck & 1), PERF_OF_CONTROL[control]
    mine, apart = ahead[perf], (luck >> 1) % (2 * NEAR + 1)
    theirs = mine + apart - NEAR
    rated = casual >= CASUAL and why >= UNRATED_BELOW and control not in ALWAYS_CASUAL
    change = None
    if rated and track.points is not None:
        won = CHANGES[track.points if owner_is_white else 2 - track.points][apart]
        ahead[perf] = mine + won
        change = won if owner_is_white else -won
    is_analysed = card.analysed < rules.analysed[control][track.is_drawn] and track.is_analysable
    white, black = (mine, theirs) if owner_is_white else (theirs, mine)
    return Entry(track, perf, owner_is_white, white, black, change, rated, is_analysed, opponent % len(rules.opponents))


def _special(entry: Entry, draw: tuple[int, ...], title: str | None, named: str) -> Entry:
    """Give a game its occasion, and its players the names that go with it."""
    free, kind, control = draw[5], kind_of(draw[6]), entry.track.control
    if kind == "import":
        white, black = imported_names(free)
        return entry._replace(
            occasion=imported(free), white=white, black=black, white_has_rating=False, black_has_rating=False
        )
    if kind in ("ai", "anonymous"):
        level = 1 + free % AI_LEVELS if kind == "ai" else None
        name = "Anonymous" if level is None else f"lichess AI level {level}"
        occasion = Occasion("friend" if level is None else "ai", ai_level=level)
        if entry.owner_is_white:
            return entry._replace(occasion=occasion, black=name, black_has_rating=False)
        return entry._replace(occasion=occasion, white=name, white_has_rating=False)
    source = "friend" if kind == "friend" or control.variant == "fromPosition" else "lobby"
    berserk = 0
    if entry.rated and control.days_per_move is None and kind in ("arena", "swiss"):
        source = kind
        if kind == "arena" and control.increment_s == 0 and free % BERSERK_EVERY == 0:
            berserk = 1 + (free >> 6 & 1)
    titles = (None, title) if entry.owner_is_white else (title, None)
    entry = entry._replace(occasion=paired(source, control.perf, free % PICKS, berserk, titles))
    if title is None:
        return entry
    return entry._replace(black=named) if entry.owner_is_white else entry._replace(white=named)
