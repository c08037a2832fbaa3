"""Which games of a month an import takes."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from importer.jobs.course import Direction
from importer.jobs.months import Survey, ended, month_of, start_of
from tests.chesscom_pgn import pgn

GAMES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12)
WANTED = st.integers(0, 15)


def survey(games: list[tuple[int, bool]]) -> Survey:
    """Look at games that ended at these times, of which some are known."""
    found = Survey()
    for at, known in games:
        found.note(at, known=known)
    return found


def in_order(games: list[tuple[int, bool]]) -> list[int]:
    """Return the places of the games, oldest first."""
    return sorted(range(len(games)), key=lambda place: (games[place][0], place))


@given(games=GAMES, wanted=WANTED)
def test_older_games_are_the_newest_that_are_missing(games: list[tuple[int, bool]], wanted: int) -> None:
    """Whatever the order in which they come, and gaps between known games are filled too."""
    missing = [place for place in in_order(games) if not games[place][1]]
    assert survey(games).chosen(Direction.OLDER, wanted) == set(missing[::-1][:wanted])


@given(games=GAMES, wanted=WANTED)
def test_newer_games_are_the_oldest_after_all_that_are_known(games: list[tuple[int, bool]], wanted: int) -> None:
    """They continue the stored games without a gap; where none is known, all are newer."""
    order = in_order(games)
    after = max((at for at, place in enumerate(order, 1) if games[place][1]), default=0)
    assert survey(games).chosen(Direction.NEWER, wanted) == set(order[after:][:wanted])


@given(games=GAMES, wanted=st.integers(1, 15), direction=st.sampled_from(Direction))
def test_what_was_dealt_with_is_not_chosen_again(
    games: list[tuple[int, bool]], wanted: int, direction: Direction
) -> None:
    """Choosing until nothing is left deals with every game once; going back, the month is whole then."""
    found, dealt = survey(games), list[int]()
    while chosen := found.chosen(direction, wanted):
        for place in chosen:
            found.deal_with(place)
            dealt.append(place)
    assert len(dealt) == len(set(dealt))
    assert found.is_whole() or direction is Direction.NEWER
    assert found.known == sum(known for _, known in games)


def test_a_game_without_a_time_stands_where_it_came() -> None:
    """Between its neighbours, or before all when it came first."""
    found = survey([])
    for at in (None, 5, None, 3):
        found.note(at, known=False)
    assert [found.chosen(Direction.OLDER, wanted) for wanted in (1, 2, 3)] == [{2}, {1, 2}, {1, 2, 3}]


def test_the_tags_tell_when_a_game_ended() -> None:
    """Later games have greater numbers; without the tags there is none."""
    assert (ended(pgn(1, start_of("2024/12") - 1)) or 0) < (ended(pgn(2, start_of("2024/12"))) or 0)
    assert ended(pgn(1, 0, EndTime=None)) is None


@given(st.dates(min_value=date(1000, 2, 1)))
def test_a_month_begins_with_its_first_second(day: date) -> None:
    """Month and first second are each other's reverse."""
    month = f"{day:%Y/%m}"
    assert (month_of(start_of(month)), month_of(start_of(month) - 1) < month) == (month, True)
