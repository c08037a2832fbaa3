"""What the standards take, by the process's own account."""

from pathlib import Path

import pytest

from loadtests.standards.memory import BaseTooSmall, fill_up, own_bytes, take
from loadtests.standards.weights import MIB, mapped_bytes


@pytest.mark.parametrize("shared", [False, True])
def test_every_page_is_touched(shared: bool) -> None:  # noqa: FBT001 - pytest names the parameter
    """Taken memory is resident to the last page, and given back whole."""
    size_bytes = 3 * MIB + 4096
    area = take(size_bytes, shared=shared)
    assert len(area) == size_bytes
    assert all(area[at] == 1 for at in range(0, size_bytes, 4096))
    area.close()


def test_the_own_account_counts_what_is_taken() -> None:
    """8 MiB more show as 8 MiB and their page tables, within half a MiB, as this process is busy with other things."""
    before_bytes = own_bytes()
    area = take(8 * MIB)
    assert own_bytes() - before_bytes == pytest.approx(mapped_bytes(8 * MIB), abs=MIB // 2)
    area.close()


def test_filling_up_makes_the_base() -> None:
    """What is missing to the base is taken."""
    wanted_bytes = own_bytes() + 5 * MIB
    area = fill_up(wanted_bytes)
    assert own_bytes() == pytest.approx(wanted_bytes, abs=MIB // 2)
    assert area is not None
    area.close()


def test_a_base_below_the_interpreter_is_refused() -> None:
    """A base that cannot be had is an error with both figures, and never a larger base in silence."""
    with pytest.raises(BaseTooSmall, match=r"1048576 bytes is below the \d+ .* larger base"):
        fill_up(MIB)


def test_an_account_without_its_lines_is_refused(tmp_path: Path) -> None:
    """A kernel that does not tell is named, and nothing is guessed in its place."""
    (tmp_path / "smaps_rollup").write_text("Rss: 1 kB\n")
    with pytest.raises(OSError, match=r"Anonymous.*Linux 4.14"):
        own_bytes(tmp_path)
