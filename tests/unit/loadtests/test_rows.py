"""Promises of the rows that the load generator leaves behind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.errors import GeneratorUnusable
from loadtests.rows import Ended, Import, Ready, Released, Request, Row, RowsReader, from_line, to_line

SECONDS = st.floats(min_value=0, max_value=1e9)
MAYBE_SECONDS = st.none() | SECONDS
ANSWERS = st.none() | st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text())
ROWS: st.SearchStrategy[Row] = st.one_of(
    st.builds(Ready, SECONDS, SECONDS),
    st.builds(Released, SECONDS, SECONDS),
    st.builds(
        Import,
        user=st.text(),
        scheduled_s=SECONDS,
        sent_s=MAYBE_SECONDS,
        accepted_s=MAYBE_SECONDS,
        done_s=MAYBE_SECONDS,
        state=st.text(),
        accepted=ANSWERS,
        latest=ANSWERS,
        error=st.none() | st.text(),
    ),
    st.builds(Request, st.text(), SECONDS, SECONDS, st.none() | st.integers(100, 599), st.none() | st.text()),
    st.builds(Ended, SECONDS, SECONDS, st.sampled_from(["finished", "timed_out", "stopped"])),
)


@given(row=ROWS)
def test_a_row_survives_being_written(row: Row) -> None:
    """Whatever a row holds, one line carries it, and the same row is read back."""
    line = to_line(row)
    assert line.count("\n") == 1
    assert from_line(line) == row


@pytest.mark.parametrize("line", ["", "{", "[]", "3", '{"kind":"later"}', '{"kind":"ready"}', '{"kind":"ended","x":1}'])
def test_a_foreign_line_is_named(line: str) -> None:
    """A line that is no row of this version is refused, and the message shows it."""
    with pytest.raises(GeneratorUnusable, match="no row of this version"):
        from_line(line)


def test_rows_are_read_while_the_file_grows(tmp_path: Path) -> None:
    """A reader sees each row as soon as its line is complete, and never half of one."""
    file = tmp_path / "rows.jsonl"
    line = to_line(Ready(1.0, 0.5)).encode()
    file.write_bytes(line[:9])
    reader = RowsReader(file)
    assert reader.first(Ready) is None
    file.write_bytes(line)
    assert reader.first(Ready) == Ready(1.0, 0.5)
    with file.open("ab") as more:
        more.write(to_line(Released(2.0, 0.6)).encode() + b'{"kind":"en')
    assert reader.all() == (Ready(1.0, 0.5), Released(2.0, 0.6))
    assert reader.first(Ended) is None
