"""The arithmetic behind known answers."""

from hypothesis import given
from hypothesis import strategies as st

from loadtests.standards.weights import MIB, PAGE_BYTES, fitting_bytes, mapped_bytes


def test_page_tables_are_part_of_the_truth() -> None:
    """90 MiB of pages need 45 pages of page table; a single byte needs a page, and one of page table."""
    assert mapped_bytes(90 * MIB) == 90 * MIB + 45 * PAGE_BYTES
    assert mapped_bytes(1) == 2 * PAGE_BYTES
    assert mapped_bytes(0) == 0


@given(charged_bytes=st.integers(0, 4096 * MIB))
def test_what_fits_is_as_much_as_fits(charged_bytes: int) -> None:
    """What fits is charged at most what was given, and two pages more would not fit."""
    size_bytes = fitting_bytes(charged_bytes)
    assert size_bytes % PAGE_BYTES == 0
    assert mapped_bytes(size_bytes) <= charged_bytes + PAGE_BYTES
    assert mapped_bytes(size_bytes + 2 * PAGE_BYTES) > charged_bytes
