from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.errors import DataError
from neucocore.files.findings import messages
from neucocore.files.text_table import read_table, read_text_table

PROPERTY = settings(
    derandomize=True,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=6
).filter(lambda cell: cell.strip() == cell)


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str, name: str = "t.csv"):
        (tmp_path / name).write_bytes(text.encode())
        return read_text_table(tmp_path / name)

    return write_and_read


@PROPERTY
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_every_table_that_a_library_writes_is_read_as_written(tmp_path, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    (tmp_path / "t.csv").write_bytes(text.getvalue().encode())
    table = read_text_table(tmp_path / "t.csv")
    assert [tuple(row) for row in table.rows] == rows
    assert table.findings == []


def test_a_line_break_inside_quotes_is_part_of_the_cell(read):
    table = read('id,note\na,"two\nlines"\nb,one\n')
    assert table.rows == [["a", "two\nlines"], ["b", "one"]]
    assert table.lines == [2, 4]


def test_a_quote_that_stays_open_is_an_error_that_leaves_the_other_rows(read):
    table = read('id,note\na,"open\nb,one\nc,two\n')
    assert table.rows == [["b", "one"], ["c", "two"]]
    assert messages(table.findings, "error") == [
        "row without exactly 2 cells: line 2 has an open quote"
    ]


def test_old_line_ends_are_read(read):
    assert read("id,label\ra,1\rb,2\r").rows == [["a", "1"], ["b", "2"]]


def test_fault_80_a_nul_character_is_an_error_with_its_line(read):
    table = read("id,label\na,1\nb,2\0\n")
    assert messages(table.findings, "error") == ["line holds a NUL character: line 3"]


def test_form_feeds_and_unicode_separators_do_not_end_a_line(read):
    assert read("id,label\na\x0cb,1\nc\u2028d,2\n").rows == [["a\x0cb", "1"], ["c\u2028d", "2"]]


def test_a_parquet_table_is_read_as_text(tmp_path):
    table = pa.table(
        {
            "id": ["a", "b", None],
            "n": pa.array([1, None, 3], pa.int64()),
            "x": [0.1, 2.0, float("nan")],
            "flag": [True, False, None],
            "raw": pa.array([b"r", b"\xff", None]),
            "box": [[1.0], [2.0], [3.0]],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert read.columns == ("id", "n", "x", "flag", "raw")
    assert read.rows[0] == ["a", "1", "0.1", "True", "r"]
    assert read.rows[1:] == [["b", "", "2.0", "False", "ff"], ["", "3", "nan", "", ""]]
    assert read.place(1) == "row 2"
    assert messages(read.findings, "warning") == ["column of lists or structures left out: 'box'"]


def test_a_damaged_parquet_table_is_an_error(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "t.parquet")
