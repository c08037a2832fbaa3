"""Tracks: a sequence, its time control, its ending, its clocks and its duration all fit together."""

from itertools import pairwise

import pytest

from fake_lichess.tracks import (
    COUNTS_FROM_PLIES,
    TIME_CONTROLS,
    Pool,
    Sequence,
    TimeControl,
    clocks_cs,
    make_track,
    read_sequences,
)
from tests.made_up_world import pool, sequences

BLITZ = TimeControl("blitz", 180, 2, 1.0)
MOVES = ("e4", "e5", "Nf3", "Nc6", "Bb5", "a6", "Ba4")


def sequence(result: str = "1-0", ending: str = "open", moves: tuple[str, ...] = MOVES) -> Sequence:
    """Make a short sequence."""
    return Sequence(result, ending, "C70", "Ruy Lopez", 5, moves, ("20",) * len(moves))


def test_rows_become_sequences_and_comments_are_skipped() -> None:
    """One row of the file is one game."""
    row = "0-1\tmate\tA00\tBarnes Opening: Fool's Mate\t4\tf3 e5 g4 Qh4#\t-10 -30 #-1"
    (found,) = read_sequences(f"# a comment\n\n{row}\n")
    assert found == Sequence(
        "0-1", "mate", "A00", "Barnes Opening: Fool's Mate", 4, ("f3", "e5", "g4", "Qh4#"), ("-10", "-30", "#-1")
    )


@pytest.mark.parametrize(
    ("control", "text"),
    [
        (TimeControl("blitz", 180, 2, 1.0), "180+2"),
        (TimeControl("correspondence", 0, 0, 1.0, days_per_move=3), "3 days per move"),
        (TimeControl("correspondence", 0, 0, 1.0, days_per_move=1), "1 day per move"),
    ],
)
def test_time_controls_read_as_on_lichess(control: TimeControl, text: str) -> None:
    """The TimeControl tag has Lichess's 2026 wording."""
    assert control.text == text


def test_speeds_follow_lichess_s_bounds() -> None:
    """Each time control is filed under the speed its initial time and 40 increments add up to (Speed.scala)."""
    bounds = {
        "ultraBullet": (0, 30),
        "bullet": (30, 180),
        "blitz": (180, 480),
        "rapid": (480, 1500),
        "classical": (1500, 21600),
    }
    for control in TIME_CONTROLS:
        if control.days_per_move is None:
            low, high = bounds[control.speed]
            assert low <= control.initial_s + 40 * control.increment_s < high


def test_an_open_game_is_resigned_or_lost_on_time_by_the_one_to_move() -> None:
    """When a flag falls, it is the flag of the side to move, and the winner made the last move."""
    tracks = [make_track(number, sequence(result), BLITZ) for number in range(60) for result in ("1-0", "0-1")]
    assert {track.status for track in tracks} >= {"resign", "outoftime"}
    for track in tracks:
        if track.status == "outoftime":
            assert (track.plies % 2 == 1) == (track.sequence.result == "1-0")


@pytest.mark.parametrize("ending", ["mate", "stalemate", "draw"])
def test_an_ending_on_the_board_is_kept_with_all_its_moves(ending: str) -> None:
    """Only open sequences get their ending here."""
    track = make_track(1, sequence(ending=ending), BLITZ)
    assert (track.status, track.moves) == (ending, MOVES)


def test_a_game_without_moves_counts_for_nobody_and_ends_at_once() -> None:
    """A no-show has no clocks and moves no rating."""
    track = make_track(1, sequence(ending="noStart", moves=()), BLITZ)
    assert (track.status, track.points, clocks_cs(track), track.duration_ms) == ("noStart", None, (), 1000)


def test_correspondence_has_no_clocks_but_lasts() -> None:
    """Days per move leave no clock comments; nobody sits by such a game for more than an hour."""
    track = make_track(1, sequence(), TimeControl("correspondence", 0, 0, 1.0, days_per_move=1))
    assert clocks_cs(track) == ()
    assert track.duration_ms > track.busy_ms == 3_600_000


def test_both_clocks_begin_at_the_initial_time() -> None:
    """The first entry of each side is the initial time and 30 ms, as in the official app's fixture."""
    assert clocks_cs(make_track(1, sequence(), BLITZ))[:2] == (18003, 18003)


def test_clocks_of_the_whole_pool_are_possible() -> None:
    """No clock is empty, none gains more than its increment a move, and a fallen flag was nearly out of time."""
    for control, row in enumerate(pool().rows):
        for position in range(0, len(row), 7):
            track = row[position] or pool().make(control, position)
            clocks = clocks_cs(track)
            assert len(clocks) in (track.plies, 0)
            for side in (clocks[0::2], clocks[1::2]):
                assert all(clock >= 10 for clock in side)
                assert all(later - sooner <= track.control.increment_s * 100 for sooner, later in pairwise(side))


def test_a_lost_flag_shows_on_the_clock() -> None:
    """Who lost on time had under a tenth of the initial time left after his last move."""
    lost = [make_track(number, sequence(moves=MOVES * 9), BLITZ) for number in range(40)]
    for track in (track for track in lost if track.status == "outoftime"):
        assert clocks_cs(track)[1::2][-1] < 0.1 * track.control.initial_s * 100 + track.control.increment_s * 100


def test_the_pool_spreads_its_sequences_over_all_time_controls() -> None:
    """Every sequence is met, under about four time controls, each in proportion to its share."""
    rows = Pool(sequences()).rows
    standard = [row for row, control in zip(rows, TIME_CONTROLS, strict=True) if control.variant == "standard"]
    assert sum(map(len, standard)) == pytest.approx(4000, rel=0.02)
    assert len(rows[1]) == pytest.approx(1000, rel=0.02)  # 60+0: a quarter of all games


def test_ratings_count_from_the_second_ply() -> None:
    """A game counts once both sides have moved."""
    counts = [
        make_track(1, sequence(ending="draw", result="1/2-1/2", moves=MOVES[:plies]), BLITZ).points
        for plies in range(4)
    ]
    assert counts == [None] * COUNTS_FROM_PLIES + [1, 1]


def test_tracks_are_ranked_by_how_they_end() -> None:
    """Neighbours in rank have the same ending and result, so that what is spread over ranks is spread over those."""
    for control in (0, 9, 20):  # ones with few tracks
        ranks = pool().ranks(control)
        assert sorted(ranks) == list(range(len(ranks)))
        tracks = {rank: pool().make(control, position) for position, rank in enumerate(ranks)}
        endings = [(track.status, track.sequence.result) for _, track in sorted(tracks.items())]
        assert endings == sorted(endings)
