"""Promises about how allocations are added up by line."""

from hypothesis import given
from hypothesis import strategies as st

from loadtests.explain.sites import OUTSIDE, Allocation, Line, Site, largest, while_loading

PARSE = Line("parse", "importer/game.py", 10)
MAIN = Line("main", "importer/__main__.py", 3)
LIBRARY = Line("loads", "/usr/lib/python3.11/json/__init__.py", 346)
PACKAGE = Line("push", ".venv/lib/python3.11/site-packages/chess/__init__.py", 5)
LOADER = Line("_load_unlocked", "<frozen importlib._bootstrap>", 690)
LINES = (PARSE, MAIN, LIBRARY, PACKAGE, LOADER)


def test_what_one_line_held_is_one_figure() -> None:
    """Stacks that end in the same line count together, with their share of everything, the largest first."""
    found = largest(
        [Allocation(10, 1, (PARSE, MAIN)), Allocation(25, 2, (LIBRARY, PARSE)), Allocation(5, 1, (PARSE,))], most=10
    )
    assert found == (Site(LIBRARY, PARSE, 25, 2, 0.625), Site(PARSE, None, 15, 2, 0.375))


def test_a_librarys_line_is_told_with_the_programs_own() -> None:
    """The innermost line of the program itself that led there most is named, however deep the library."""
    stacks = [Allocation(10, 1, (PACKAGE, LIBRARY, MAIN)), Allocation(11, 1, (PACKAGE, PARSE, MAIN))]
    assert [site.called_by for site in largest(stacks, most=1)] == [PARSE]
    assert largest([Allocation(1, 1, (LIBRARY,))], most=1)[0].called_by is None


def test_only_as_many_as_wanted_and_none_that_held_nothing() -> None:
    """The list ends where it was asked to, and lines that held nothing are left out."""
    stacks = [Allocation(size, 1, (line,)) for size, line in enumerate(LINES)]
    assert [site.line for site in largest(stacks, most=2)] == [LOADER, PACKAGE]
    assert len(largest(stacks, most=10)) == 4
    assert largest([], most=10) == ()


def test_what_no_line_made_is_kept_apart() -> None:
    """Memory that was taken while no Python line ran has a place of its own."""
    [site] = largest([Allocation(7, 1, ())], most=10)
    assert site.line == OUTSIDE
    assert site.line.words() == "(outside Python) (-:0)"


def test_loading_is_told_from_work() -> None:
    """Whatever was allocated beneath the loading of a module is loading; the rest is work."""
    assert while_loading(Allocation(1, 1, (PACKAGE, LOADER, MAIN)))
    assert not while_loading(Allocation(1, 1, (PACKAGE, MAIN)))


@given(
    st.lists(
        st.builds(Allocation, st.integers(1, 1000), st.integers(1, 9), st.lists(st.sampled_from(LINES)).map(tuple))
    )
)
def test_nothing_is_lost_or_counted_twice(stacks: list[Allocation]) -> None:
    """The lines' sizes and counts add up to everything, and the shares to the whole."""
    found = largest(stacks, most=100)
    assert sum(site.size_bytes for site in found) == sum(one.size_bytes for one in stacks)
    assert sum(site.count for site in found) == sum(one.count for one in stacks)
    assert not stacks or abs(sum(site.share_ratio for site in found) - 1) < 1e-9
