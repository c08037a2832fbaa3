"""What can happen in one game: a pre-played sequence under a time control, with its ending and clocks; no I/O.

A track is a sequence played under one time control: result, ending, clocks and duration all fit together. Games choose
among a few thousand tracks, so their text can be rendered once and reused; nothing here knows accounts or players.
"""

from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from random import Random
from sys import intern

# Tracks in the pool, a choice: each sequence is met under four time controls. More cost memory when rendered
# (about 5 KB each), fewer repeat sooner.
TRACKS = 4000
TRACKS_A_CONTROL_LEAST = 8
TRACKS_A_VARIANT = 40  # each of a variant's sequences once
DAY_MS = 86_400_000
POINTS = {"1-0": 2, "1/2-1/2": 1, "0-1": 0}
COUNTS_FROM_PLIES = 2  # ratings change once both have moved
BUSY_MS_MOST = 3_600_000  # nobody sits by a correspondence game until it ends


@dataclass(frozen=True, slots=True)
class TimeControl:
    """How long the players may think, and how common that is."""

    speed: str  # the rating category
    initial_s: int
    increment_s: int
    share: float  # of all games, per cent
    days_per_move: int | None = None
    variant: str = "standard"  # Lichess's key

    @property
    def perf(self) -> str:
        """Return which rating a game counts for: its speed's, or that of a variant with rules of its own."""
        return self.speed if self.variant in ("standard", "fromPosition") else self.variant

    @property
    def text(self) -> str:
        """Return the value of the TimeControl tag."""
        if self.days_per_move is not None:
            return f"{self.days_per_move} days per move" if self.days_per_move > 1 else "1 day per move"
        return f"{self.initial_s}+{self.increment_s}"


# Shares of 2.8 million games of 2019-04 (chessvillage blog): 1+0 25 %, 3+0 18 %, 5+0 17 %, 10+0 11 %, 15+15 4 %, bullet
# and blitz together 79 %. What those leave is spread by choice over the other usual controls; ultraBullet 0.65 % is
# from the analysed games of 2024-07 (deepyaman/lichess-live-win-probability).
TIME_CONTROLS = (
    TimeControl("ultraBullet", 15, 0, 0.7),
    TimeControl("bullet", 60, 0, 25.0),
    TimeControl("bullet", 120, 1, 6.0),
    TimeControl("blitz", 180, 0, 18.0),
    TimeControl("blitz", 180, 2, 10.0),
    TimeControl("blitz", 300, 0, 17.0),
    TimeControl("blitz", 300, 3, 2.3),
    TimeControl("rapid", 600, 0, 11.0),
    TimeControl("rapid", 600, 5, 2.5),
    TimeControl("rapid", 900, 10, 1.5),
    TimeControl("classical", 900, 15, 4.0),
    TimeControl("classical", 1800, 0, 0.5),
    TimeControl("classical", 1800, 20, 0.5),
    TimeControl("correspondence", 0, 0, 0.7, days_per_move=3),
    TimeControl("correspondence", 0, 0, 0.3, days_per_move=1),
    # Variants: no share of all games is published; 3 % together is a choice, and so is what each of them gets.
    TimeControl("blitz", 180, 2, 0.6, variant="chess960"),
    TimeControl("rapid", 600, 5, 0.2, variant="chess960"),
    TimeControl("rapid", 600, 0, 0.4, variant="fromPosition"),
    TimeControl("blitz", 180, 0, 0.4, variant="crazyhouse"),
    TimeControl("blitz", 180, 0, 0.4, variant="antichess"),
    TimeControl("bullet", 60, 0, 0.3, variant="atomic"),
    TimeControl("blitz", 180, 2, 0.15, variant="horde"),
    TimeControl("blitz", 180, 2, 0.25, variant="kingOfTheHill"),
    TimeControl("blitz", 180, 2, 0.15, variant="racingKings"),
    TimeControl("blitz", 180, 2, 0.25, variant="threeCheck"),
)
PERFS = tuple(dict.fromkeys(control.perf for control in TIME_CONTROLS))
PERF_OF_CONTROL = tuple(PERFS.index(control.perf) for control in TIME_CONTROLS)
# Games that end in ways few games do, among those that did not end on the board: choices, a trace of each, so that an
# importer meets them all. Of analysed games less than 0.01 % ended so in 2024-07 (same notebook), so none does here.
TIMEOUT_RATIO, CHEAT_RATIO = 0.01, 0.001
# A correspondence game is over within so many days: a choice, which bounds how far the order by last move can differ
# from the order by creation.
LASTS_DAYS_MOST = 30
# Spreads luck evenly over the tracks: the square root of three, which keeps in no step with lengths and results.
STEP_LUCK = 0.7320508075688772
# Lost on time among decided games that did not end on the board. Of analysed games 24 % are time forfeits then, as in
# 2024-07 (same notebook), and of all games, which are faster, a third; how it falls with slower play is a choice.
TIME_FORFEIT_RATIO = {
    "ultraBullet": 0.75, "bullet": 0.67, "blitz": 0.43, "rapid": 0.22, "classical": 0.12, "correspondence": 0.15,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sequence:
    """One pre-played game: moves, evaluations, opening and how it came to an end."""

    result: str
    ending: str  # mate, stalemate, draw, noStart, or open: resigned or lost on time
    eco: str
    opening: str
    opening_ply: int
    moves: tuple[str, ...]
    evals: tuple[str, ...]
    variant: str = "standard"
    fen: str | None = None  # where the game began, unless where all standard games begin
    row: int = 0  # among all rows of the data files, as their details are listed

    @property
    def black_first(self) -> bool:
        """Say whether Black makes the first move."""
        return self.fen is not None and self.fen.split()[1] == "b"

    @property
    def first_ply(self) -> int:
        """Return how many plies were played before the first move shown."""
        return 0 if self.fen is None else 2 * (int(self.fen.split()[-1]) - 1) + self.black_first


@dataclass(frozen=True, slots=True)
class Track:
    """A sequence played under one time control."""

    number: int
    sequence: Sequence
    control: TimeControl
    status: str  # Lichess's word: mate, resign, outoftime, timeout, stalemate, draw, variantEnd, cheat, noStart
    plies: int
    points: int | None  # half points White scored; None when too few moves were made for the game to count
    duration_ms: int
    busy_ms: int = 0  # how long the players do nothing else

    @property
    def is_drawn(self) -> bool:
        """Say whether nobody won."""
        return self.sequence.result == "1/2-1/2"

    @property
    def is_analysable(self) -> bool:
        """Say whether anybody asks for its analysis: not without moves, nor once a player is known for a cheat."""
        return self.plies > 0 and self.status != "cheat"

    @property
    def moves(self) -> tuple[str, ...]:
        """Return the moves in SAN."""
        return self.sequence.moves[: self.plies]

    @property
    def evals(self) -> tuple[str, ...]:
        """Return the evaluation after each ply; one fewer than the moves when the last one mates."""
        return self.sequence.evals[: self.plies]


def read_sequences(text: str) -> tuple[Sequence, ...]:
    """Read the rows of ``sequences.tsv``, or of it and ``variants.tsv`` one after the other."""
    rows = (row.split("\t") for row in text.splitlines() if row and not row.startswith("#"))
    return tuple(_sequence(number, row) for number, row in enumerate(rows))


def _sequence(number: int, row: Items[str]) -> Sequence:
    result, ending, eco, opening, ply, moves, evals, *rest = row
    # The same few thousand words fill the whole pool: interning keeps one copy of each.
    words, values = tuple(map(intern, moves.split())), tuple(map(intern, evals.split()))
    variant, fen = (intern(rest[0]), rest[1]) if rest else ("standard", None)
    return Sequence(intern(result), intern(ending), eco, opening, int(ply), words, values, variant, fen, number)


class Pool:
    """All tracks, made when first met: a start must not wait for thousands of clocks."""

    def __init__(self, sequences: Items[Sequence]) -> None:
        by_variant: dict[str, list[Sequence]] = {}
        for sequence in sequences:
            by_variant.setdefault(sequence.variant, []).append(sequence)
        self._sequences = [by_variant.get(control.variant, [*sequences]) for control in TIME_CONTROLS]
        total = sum(control.share for control in TIME_CONTROLS if control.variant == "standard")
        counts = [
            max(TRACKS_A_CONTROL_LEAST, round(TRACKS * control.share / total))
            if control.variant == "standard"
            else TRACKS_A_VARIANT
            for control in TIME_CONTROLS
        ]
        self._first = [sum(counts[:position]) for position in range(len(counts))]
        # By time control; None until made.
        self.rows: tuple[list[Track | None], ...] = tuple([None] * count for count in counts)

    def make(self, control: int, position: int) -> Track:
        """Make a track that was not there yet."""
        number, sequence = self._found(control, position)
        track = make_track(number, sequence, TIME_CONTROLS[control])
        self.rows[control][position] = track
        return track

    def ranks(self, control: int) -> list[int]:
        """Return each track's rank among those of its control, when they are sorted by ending, result and length."""
        found = [self._found(control, position) for position in range(len(self.rows[control]))]
        keys = [
            (_ending(number, sequence, TIME_CONTROLS[control]), sequence.result, len(sequence.moves))
            for number, sequence in found
        ]
        ranks = [0] * len(keys)
        for rank, position in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
            ranks[position] = rank
        return ranks

    def _found(self, control: int, position: int) -> tuple[int, Sequence]:
        number = self._first[control] + position
        return number, self._sequences[control][number % len(self._sequences[control])]


def make_track(number: int, sequence: Sequence, control: TimeControl) -> Track:
    """Decide how a sequence ends under this time control and how long that takes."""
    status, plies = _ending(number, sequence, control), len(sequence.moves)
    white_moved_last = (plies % 2 == 1) != sequence.black_first
    if status == "outoftime" and white_moved_last != (sequence.result == "1-0"):
        plies -= 1  # the one whose flag falls is the one to move
    points = POINTS[sequence.result] if plies >= COUNTS_FROM_PLIES else None
    track = Track(number, sequence, control, status, plies, points, duration_ms=0)
    if control.days_per_move is not None:
        duration_ms = min(LASTS_DAYS_MOST * DAY_MS, max(1, plies) * control.days_per_move * DAY_MS // 4)
    else:
        duration_ms = 1000 + 10 * sum(_used_cs(side, control) for side in _both_clocks(track))
    return replace(track, duration_ms=duration_ms, busy_ms=min(duration_ms, BUSY_MS_MOST))


def _ending(number: int, sequence: Sequence, control: TimeControl) -> str:
    """Say how a game ends; those that the board did not end by luck."""
    if sequence.ending != "open":
        return sequence.ending
    luck = (number + 0.5) * STEP_LUCK % 1.0
    if luck < TIME_FORFEIT_RATIO[control.speed]:
        return "outoftime"
    left = (luck - TIME_FORFEIT_RATIO[control.speed]) / (1.0 - TIME_FORFEIT_RATIO[control.speed])
    return "cheat" if left < CHEAT_RATIO else "timeout" if left < CHEAT_RATIO + TIMEOUT_RATIO else "resign"


def clocks_cs(track: Track) -> tuple[int, ...]:
    """Return both clocks after each ply, interleaved, in centiseconds; nothing where there is no clock."""
    if track.control.days_per_move is not None:
        return ()
    white, black = _both_clocks(track)
    clocks = [0] * track.plies
    clocks[0::2], clocks[1::2] = white, black
    return tuple(clocks)


def berserked_cs(track: Track, berserk: tuple[bool, bool]) -> tuple[int, ...]:
    """Return the clocks when one side gave up half of his time at the start; only where there is no increment."""
    clocks = list(clocks_cs(track))
    for side, halved in enumerate(berserk):
        if halved:
            first = side ^ track.sequence.black_first
            clocks[first::2] = [clock_cs // 2 + 2 for clock_cs in clocks[first::2]]  # 3 hundredths more at the start
    return tuple(clocks)


def _both_clocks(track: Track) -> tuple[list[int], list[int]]:
    flags_if = {"1-0": (False, True), "0-1": (True, False)}.get(track.sequence.result, (False, False))
    flags = flags_if if track.status == "outoftime" else (False, False)
    if track.sequence.black_first:
        flags = flags[::-1]
    white = _one_clock(2 * track.number, track.control, (track.plies + 1) // 2, flags=flags[0])
    return white, _one_clock(2 * track.number + 1, track.control, track.plies // 2, flags=flags[1])


# How players spend their time, a choice throughout: think times are log-normal, the first moves are quick, and a player
# uses up the clock in about 45 moves. Only the look of the clocks depends on it. Every clock takes its think times from
# a stretch of one table, for drawing them anew would make up half the cost of a game's first rendering.
SPREAD = 0.8
QUICK_MOVES, QUICK_RATIO = 6, 0.4
CLOCK_LASTS_MOVES = 45
STRETCHES = 4093
THINKING = tuple(map(Random(0).lognormvariate, [0.0] * (STRETCHES + 200), [SPREAD] * (STRETCHES + 200)))


def _one_clock(number: int, control: TimeControl, moves: int, *, flags: bool) -> list[int]:
    """Return one player's clock after each of his moves, in centiseconds."""
    if moves == 0:
        return []
    start = number * 211 % STRETCHES
    weights = [0.0, *THINKING[start : start + moves - 1]]  # the clock starts with the second move
    weights[:QUICK_MOVES] = [weight * QUICK_RATIO for weight in weights[:QUICK_MOVES]]
    increment_cs, initial_cs = control.increment_s * 100, control.initial_s * 100
    share = 0.98 if flags else min(0.93, moves / CLOCK_LASTS_MOVES * (0.6 + number % 101 / 202))
    a_weight_cs = (initial_cs + increment_cs * (moves - 1)) * share / (sum(weights) or 1.0)
    # Every first clock entry shows 30 ms more than the initial time (official app's fixture qVChCOTc: 18003).
    left = initial_cs + 3
    clocks = [left]
    for weight in weights[1:]:
        left += increment_cs - min(int(weight * a_weight_cs), left - 10)
        clocks.append(left)
    return clocks


def _used_cs(clocks: Items[int], control: TimeControl) -> int:
    """Return the centiseconds one player thought for."""
    return control.initial_s * 100 + control.increment_s * 100 * (len(clocks) - 1) - clocks[-1] if clocks else 0
